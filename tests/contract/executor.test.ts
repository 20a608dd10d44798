import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import {
  CancelledError,
  Executor,
  Future,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  TimeoutError,
  WorkerLostError,
} from "../../mod.ts";
import { die, makeExecutor } from "../fixtures/executor/work.ts";
import { Handshake } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { describeMethods } from "../support/methods.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
// deno-lint-ignore no-explicit-any
const any = (value: unknown): any => value;

describeMethods("executor: submit", (method) => {
  let executor: Executor;
  before(() => executor = makeExecutor(method, 2));
  after(() => executor.shutdown());

  it("gives a future that is like a promise", async () => {
    const future = executor.submit(work.add, 2, 3);
    assert.ok(future instanceof Future);
    assert.equal(await future, 5);
    assert.equal(await future, 5, "again");
    assert.equal(await executor.submit(work.count), 0);
    assert.equal(await executor.submit(work.count, 1, undefined, null), 3);
    assert.equal(await executor.submit(work.nothing), undefined);
    assert.equal(await executor.submit(work.later, 1), 2);
    assert.deepEqual(
      await Promise.all(range(2000).map((x) => executor.submit(work.square, x))),
      range(2000).map((x) => x * x),
    );
  });

  it("fails with what the task throws, and goes on", async () => {
    const future = executor.submit(work.failIf, 1, 1);
    await assert.rejects(future.result(), { name: "RangeError", message: "no 1" });
    assert.equal((await future.exception() as Error).message, "no 1");
    assert.deepEqual([future.done(), future.cancelled(), future.running()], [true, false, false]);
    assert.equal(future.cancel(), false);
    assert.equal(await executor.submit(work.square, 3).exception(), null);
    const thrown = executor.submit(work.throwValue, "a string");
    assert.equal(await thrown.exception(), "a string");
  });

  it("tells an error of the task's from a cancelled call", async () => {
    const future = executor.submit(work.throwValue, new CancelledError("mine"));
    await assert.rejects(future.result(), { name: "CancelledError", message: "mine" });
    assert.equal(future.cancelled(), false);
    assert.ok(await future.exception() instanceof CancelledError);
  });

  it("fails one task for a result that cannot travel, or be rebuilt", async () => {
    const futures = range(3).map((x) => executor.submit(work.giveUnsendable, x));
    assert.equal(await futures[0], 0);
    await assert.rejects(futures[1].result(), { name: "SerializationError" });
    assert.equal(await futures[2], 2);
    await assert.rejects(executor.submit(work.giveFragile, 2).result(), /cannot rebuild main/);
    assert.equal(await executor.submit(work.square, 3), 9);
  });

  it("loses only the task whose worker dies", async () => {
    const futures = range(30).map((x) => executor.submit(work.sleep, x % 3));
    const lost = executor.submit(die);
    futures.push(...range(30).map((x) => executor.submit(work.sleep, x % 3)));
    await assert.rejects(lost.result(), WorkerLostError);
    assert.deepEqual(await Promise.all(futures), [...range(30), ...range(30)].map((x) => x % 3));
    const error = await lost.exception() as WorkerLostError;
    assert.equal(error.exitCode, 3);
    assert.equal(await executor.submit(work.square, 3), 9);
  });

  it("stops waiting at a timeout or a signal, and the task goes on", async () => {
    using hands = new Handshake();
    const future = executor.submit(work.hold, hands.path, "a");
    for (const timeout of [5, 0, -1]) {
      await assert.rejects(future.result({ timeout }), TimeoutError);
      await assert.rejects(future.exception({ timeout }), TimeoutError);
    }
    await assert.rejects(future.result({ timeout: NaN }), RangeError);
    await assert.rejects(future.result({ timeout: any("1") }), TypeError);
    const reason = new Error("enough");
    await assert.rejects(future.result({ signal: AbortSignal.abort(reason) }), (e) => e === reason);
    assert.equal(future.done(), false);
    hands.go();
    assert.equal(await future.result({ timeout: 20_000 }), "a");
    assert.equal(await future.result({ timeout: 0 }), "a", "without waiting");
  });

  it("refuses what cannot be called or sent, at once", async () => {
    for (const wrong of [undefined, null, 5, "square", {}]) {
      assert.throws(() => executor.submit(any(wrong)), TypeError);
    }
    const outside = 5;
    const closure = (x: number) => x + outside;
    assert.throws(() => executor.submit(closure, 1), { name: "FunctionReferenceError" });
    assert.throws(() => executor.submit(work.same, { deep: new WeakMap() }), {
      name: "SerializationError",
      path: "args[0].deep",
    });
    assert.equal(await executor.submit(work.square, 3), 9);
  });

  it("calls callbacks in their order, at once when it is over, whatever they throw", async () => {
    const { error } = console;
    const complaints: string[] = [];
    console.error = (text: string) => complaints.push(text);
    try {
      const seen: unknown[] = [];
      const future = executor.submit(work.add, 1, 2);
      future.addDoneCallback((given) => seen.push("first", given === future, given.done()));
      future.addDoneCallback(() => {
        throw new URIError("callback");
      });
      future.addDoneCallback(() => Promise.reject(new URIError("later")));
      future.addDoneCallback(() => {
        seen.push("last");
        future.addDoneCallback(() => seen.push("added meanwhile"));
      });
      assert.equal(seen.length, 0);
      await future;
      await turn();
      assert.deepEqual(seen, ["first", true, true, "last", "added meanwhile"]);
      future.addDoneCallback(() => seen.push("at once"));
      assert.equal(seen.at(-1), "at once");
      assert.equal(complaints.length, 2);
      assert.match(complaints[0], /^A callback of a future has failed\. .*callback/);
      assert.match(complaints[1], /later/);
    } finally {
      console.error = error;
    }
    for (const wrong of [undefined, null, {}]) {
      assert.throws(() => executor.submit(work.nothing).addDoneCallback(any(wrong)), TypeError);
    }
  });
});

describeMethods("executor: set-up", (method) => {
  it("starts its workers with the first call", async () => {
    await using executor = makeExecutor(method, {
      maxWorkers: 2,
      name: "Crew",
      initializer: work.prepare,
      initArgs: ["a", [1]],
      maxTasksPerChild: 2,
    });
    assert.match((await executor.submit(work.whoAmI)).name, /^Crew-\d+$/);
    assert.deepEqual(await executor.submit(work.getPrepared), ["a", [1]]);
    const ids = [];
    for (let i = 0; i < 8; i++) ids.push(await executor.submit(work.workerId));
    assert.ok(new Set(ids).size >= 4, ids.join());
  });

  it("names its workers by itself", async () => {
    await using executor = makeExecutor(method, 1);
    assert.match((await executor.submit(work.whoAmI)).name, /^ExecutorWorker-\d+$/);
  });

  it("is an Executor of its own kind", () => {
    const executor = makeExecutor(method);
    assert.ok(executor instanceof Executor);
    assert.ok(executor instanceof (method === "spawn" ? ProcessPoolExecutor : ThreadPoolExecutor));
  });

  it("refuses wrong options before anything starts", () => {
    const make = (options: unknown) => () => makeExecutor(method, any(options));
    for (const maxWorkers of [0, -1, 1.5, NaN]) {
      assert.throws(make({ maxWorkers }), { name: "RangeError", message: /maxWorkers/ });
      assert.throws(make(maxWorkers), RangeError);
      assert.throws(make({ bufferSize: maxWorkers }), {
        name: "RangeError",
        message: /bufferSize/,
      });
      assert.throws(make({ maxTasksPerChild: maxWorkers }), RangeError);
    }
    for (const wrong of ["2", null, true]) assert.throws(make(wrong), TypeError);
    assert.throws(make({ maxWorkers: "2" }), TypeError);
    assert.throws(make({ initializer: 5 }), TypeError);
    assert.throws(make({ initializer: work.prepare, initArgs: 5 }), /make an executor: initArgs/);
    assert.throws(make({ initializer: () => {} }), { name: "FunctionReferenceError" });
    assert.throws(make({ initializer: work.prepare, initArgs: [new WeakMap()] }), {
      name: "SerializationError",
      path: "initArgs[0]",
    });
  });
});
