/** Options that nobody would read, and what stands where options belong. */

import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { getContext, ProcessPoolExecutor } from "../../mod.ts";
import type { Pool } from "../../mod.ts";
import * as work from "../fixtures/pool/work.ts";
import { describeMethods } from "../support/methods.ts";

// deno-lint-ignore no-explicit-any
const any = (value: unknown): any => value;

describeMethods("Options", (method) => {
  const { Condition, Event, Lock, Pipe, Pool: Pooled, Process, Queue } = getContext(method);
  let pool: Pool;
  before(() => void (pool = new Pooled(1)));
  after(() => pool.terminate());

  const told = (message: RegExp) => ({ name: "TypeError", message });

  it("with another name are refused with the right one", async () => {
    const called = (name: string) => told(new RegExp(`it is called ${name}$`));
    assert.throws(() => new Pooled(any({ maxtasksperchild: 2 })), called("maxTasksPerChild"));
    assert.throws(() => new Pooled(any({ initargs: [] })), called("initArgs"));
    assert.throws(() => new Process(any({ Target: work.square })), called("target"));
    const max_workers = any({ max_workers: 2 });
    assert.throws(() => new ProcessPoolExecutor(max_workers), called("maxWorkers"));
    await assert.rejects(pool.map(work.square, [1], any({ chunksize: 2 })), called("chunkSize"));
    const callbacks = any({ error_callback: () => {} });
    assert.throws(() => pool.applyAsync(work.square, [1], callbacks), called("errorCallback"));
    assert.throws(() => pool.imap(work.square, [1], any({ chunk_size: 1 })), called("chunkSize"));
  });

  it("that do not exist are refused with those that do", async () => {
    assert.throws(() => new Pooled(any({ workers: 2 })), told(/"workers": there are processes, /));
    const wrong = any({ timeoutMs: 3 });
    await assert.rejects(
      pool.apply(work.square, [1], wrong),
      told(/"timeoutMs": there are timeout, /),
    );
    await assert.rejects(pool.starmap(work.add, [], wrong), told(/starmap .*there are timeout, /));
    const progress = any({ onProgress() {} });
    assert.throws(() => pool.imap(work.square, [1], progress), told(/imap .*there are .*settle$/));
    assert.throws(() => new Process(any({ kwargs: {} })), told(/"kwargs": there are target, args/));
  });

  it("are an object", async () => {
    await assert.rejects(pool.map(work.square, [1], any(2)), told(/map with the options 2/));
    assert.throws(() => pool.imap(work.square, [1], any(null)), told(/imap with the options null/));
    assert.throws(() => pool.applyAsync(work.square, [1], any("x")), told(/with the options "x"/));
  });

  it("of a wait are an object, too", async () => {
    const wait = told(/with (?:false|5): give \{ timeout \} in milliseconds/);
    const queue = new Queue();
    await assert.rejects(async () => await queue.get(any(false)), wait);
    await assert.rejects(async () => await queue.put(1, any(5)), wait);
    await assert.rejects(async () => await new Lock().acquire(any(false)), wait);
    assert.throws(() => new Lock().acquireSync(any(false)), wait);
    await assert.rejects(async () => await new Event().wait(any(5)), wait);
    await assert.rejects(async () => await pool.applyAsync(work.square, [1]).get(any(5)), wait);
    const child = new Process({ target: work.square, args: [1] });
    child.start();
    await assert.rejects(async () => await child.join(any(5)), wait);
    await child.join();
  });

  it("of a wait that nobody reads are refused with what to write", async () => {
    const queue = new Queue();
    const [end] = Pipe();
    const condition = new Condition();
    const timeout = told(/"\w+": it is called timeout, in milliseconds$/);
    const noWait = told(/"block(?:ing)?": give \{ timeout: 0 \} not to wait$/);
    await assert.rejects(async () => await queue.get(any({ timeoutMs: 1 })), timeout);
    await assert.rejects(async () => await new Event().wait(any({ timeOut: 1 })), timeout);
    await assert.rejects(async () => await end.poll(any({ time_out: 1 })), timeout);
    const handle = pool.applyAsync(work.square, [1]);
    await assert.rejects(async () => await handle.get(any({ timeouts: 1 })), timeout);
    await assert.rejects(async () => await queue.get(any({ block: false })), noWait);
    assert.throws(() => new Lock().acquireSync(any({ blocking: false })), noWait);
    const unknown = told(/"after": there are timeout, in milliseconds, and signal$/);
    const never = () => false;
    await condition.acquire();
    await assert.rejects(async () => await condition.waitFor(never, any({ after: 1 })), unknown);
    assert.throws(() => condition.waitForSync(never, any({ after: 1 })), unknown);
    condition.release();
    await assert.rejects(async () => await end.poll(any(200)), told(/poll .*with 200: give/));
  });

  it("are not arguments in a row, as in Python", () => {
    const initializer = work.square;
    const given = [2, initializer, [1]] as const;
    assert.throws(() => new (any(Pooled))(...given), told(/3 arguments: .* \{ processes: 2, /));
    assert.throws(
      () => new (any(ProcessPoolExecutor))(...given),
      told(/3 arguments: .* \{ maxWorkers: 2, /),
    );
    for (const form of ["applyAsync", "mapAsync", "starmapAsync"] as const) {
      assert.throws(
        () => any(pool)[form](work.square, [], {}, () => {}),
        told(/4 arguments: .* \{ callback, errorCallback \}$/),
      );
    }
    assert.throws(() => any(Pipe)(false), told(/pipe from false: give \{ duplex: false \}/));
  });

  it("show a string as one", () => {
    assert.throws(() => new Pooled(any("2")), told(/from "2": .*, as Number\(\) makes it/));
    const processes = any({ processes: "2" });
    assert.throws(() => new Pooled(processes), told(/processes "2": give a number, as Number\(\)/));
    assert.throws(() => new Queue(any("3")), /maxSize of "3": give a whole number/);
    assert.throws(() => new Queue(any({ maxsize: 3 })), /maxSize of an object: give/);
  });

  it("that are left out are as good as none", async () => {
    assert.deepEqual(await pool.map(work.square, [2], undefined), [4]);
    assert.equal(await pool.apply(work.square, [2], { timeout: undefined }), 4);
  });
});

describeMethods("Rows that are no arrays", (method) => {
  it("are told of", async () => {
    await using pool = new (getContext(method).Pool)(1);
    await assert.rejects(pool.starmap(work.add, any([1, 2])), {
      name: "TypeError",
      message: /Cannot call the function with 1 as its arguments: give an array for each call/,
    });
    assert.deepEqual(await pool.starmap(work.add, any([new Set([1, 2])])), [3]);
  });
});
