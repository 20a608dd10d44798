/** Shutdown, the end of workers, broken executors. */

import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { BrokenPoolError, PoolTerminatedError, ProcessError } from "../../mod.ts";
import { ignoreTerm, makeExecutor } from "../fixtures/executor/work.ts";
import { Handshake } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { waitUntilDead } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram } from "../support/runtime.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
// deno-lint-ignore no-explicit-any
const any = (value: unknown): any => value;

describeMethods("executor: shutdown", (method) => {
  it("waits for everything, and then there is no worker", async () => {
    const executor = makeExecutor(method, 2);
    const pids = await Promise.all(range(4).map(() => executor.submit(work.pid)));
    const futures = range(200).map((x) => executor.submit(work.square, x));
    await executor.shutdown();
    assert.ok(futures.every((future) => future.done()));
    if (method === "spawn") await waitUntilDead(pids.filter((pid) => pid !== process.pid));
    for (
      const action of [() => executor.submit(work.square, 1), () => executor.map(work.square, [])]
    ) {
      assert.throws(action, { name: "ProcessError", message: /the executor was shut down/ });
    }
    await executor.shutdown();
    await executor.shutdown({ wait: false, cancelFutures: true });
    await executor.terminateWorkers();
  });

  it("does not wait where it is not to, and everything ends by itself", async () => {
    using hands = new Handshake();
    const executor = makeExecutor(method, 1);
    const futures = ["a", "b"].map((name) => executor.submit(work.hold, hands.path, name));
    await executor.shutdown({ wait: false });
    assert.equal(futures[0].done(), false);
    assert.throws(() => executor.submit(work.square, 1), ProcessError);
    hands.go();
    assert.deepEqual(await Promise.all(futures), ["a", "b"]);
    await executor.shutdown();
  });

  it("ends at the end of a block", async () => {
    let future;
    {
      await using executor = makeExecutor(method, 1);
      future = executor.submit(work.sleep, 5);
    }
    assert.equal(future.done(), true);
  });

  it("of an executor that was never used does nothing", async () => {
    for (const end of ["shutdown", "terminateWorkers", "killWorkers"] as const) {
      const executor = makeExecutor(method, 2);
      await executor[end]();
      assert.throws(() => executor.submit(work.square, 1), ProcessError);
    }
  });

  it("refuses options that are none", async () => {
    await using executor = makeExecutor(method, 1);
    for (const wrong of [false, null, 5]) {
      await assert.rejects(executor.shutdown(any(wrong)), TypeError);
    }
    assert.equal(await executor.submit(work.square, 3), 9);
  });

  it("may be asked for by a callback", async () => {
    const executor = makeExecutor(method, 1);
    const end = new Promise<void>((resolve, reject) => {
      const future = executor.submit(work.square, 2);
      future.addDoneCallback(() => executor.shutdown().then(resolve, reject));
    });
    await end;
  });
});

describeMethods("executor: the end of its workers", (method) => {
  for (const end of ["terminateWorkers", "killWorkers"] as const) {
    it(`${end}() fails what has not ended`, async () => {
      using hands = new Handshake();
      const executor = makeExecutor(method, 2);
      const done = executor.submit(work.pid);
      const pid = await done;
      const running = executor.submit(work.hold, hands.path, "a");
      await hands.began("a");
      const others = range(20).map(() => executor.submit(work.hold, hands.path, "b"));
      const results = executor.map(work.square, [1, 2, 3]);
      const gone = executor[end]();
      for (const future of [running, ...others]) {
        assert.equal(future.cancel(), false);
        assert.ok(await future.exception() instanceof PoolTerminatedError);
      }
      await assert.rejects(results.next(), PoolTerminatedError);
      assert.equal(done.cancelled(), false);
      await gone;
      if (method === "spawn") await waitUntilDead(pid);
      assert.throws(() => executor.submit(work.square, 1), ProcessError);
      await executor.shutdown();
      await executor[end]();
    });
  }

  const politely = method === "thread" ? "there are no polite signals for threads" : false;

  it("killWorkers() ends at once those that terminateWorkers() is still waiting for", {
    skip: politely,
  }, async () => {
    using hands = new Handshake();
    const executor = makeExecutor(method, 1);
    const future = executor.submit(ignoreTerm, hands.path, "a");
    const pid = Number.parseInt(await hands.began("a"));
    const terminated = executor.terminateWorkers();
    await executor.killWorkers();
    await waitUntilDead(pid);
    await terminated;
    assert.ok(await future.exception() instanceof PoolTerminatedError);
  });

  it("terminateWorkers() ends those that do not listen a little later", {
    skip: politely,
  }, async () => {
    using hands = new Handshake();
    const executor = makeExecutor(method, 1);
    const future = executor.submit(ignoreTerm, hands.path, "a");
    const pid = Number.parseInt(await hands.began("a"));
    await executor.terminateWorkers();
    await waitUntilDead(pid);
    assert.ok(await future.exception() instanceof PoolTerminatedError);
  });

  it("breaks when the initializer fails", async () => {
    const executor = makeExecutor(method, {
      maxWorkers: 2,
      initializer: work.prepareBadly,
      initArgs: ["not today"],
    });
    const futures = range(5).map((x) => executor.submit(work.square, x));
    for (const future of futures) {
      await assert.rejects(future.result(), { name: "BrokenPoolError", message: /not today/ });
    }
    assert.throws(() => executor.submit(work.square, 1), BrokenPoolError);
    assert.throws(() => executor.map(work.square, [1]), BrokenPoolError);
    await executor.shutdown();
  });
});

describeMethods("executor: whole programs", (method) => {
  for (
    const [what, name, wanted] of [
      ["an idle executor does not keep a program alive", "idle", "sum 3\n"],
      ["one that was never used does not, either", "unused", "made\n"],
      ["a future that has not ended does", "pending", "pending 30\n"],
      ["failures that nobody asks for are silent", "unheard", "unheard true\n"],
    ]
  ) {
    it(what, async () => {
      const program = fixture("executor/programs.ts");
      const { code, stdout, stderr, timedOut } = await runProgram(program, [name, method]);
      assert.deepEqual(
        { code, stdout, timedOut },
        { code: 0, stdout: wanted, timedOut: false },
        stderr,
      );
    });
  }
});
