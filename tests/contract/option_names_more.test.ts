/** Options of listeners, managers and executors that nobody would read. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BaseManager, Listener, Manager, SharedMemoryManager } from "../../mod.ts";
import { ProcessPoolExecutor, ThreadPoolExecutor } from "../../mod.ts";
import { Account, square } from "../fixtures/manager/work.ts";

// deno-lint-ignore no-explicit-any
const any = (value: unknown): any => value;
const told = (message: RegExp) => ({ name: "TypeError", message });
const called = (name: string) => told(new RegExp(`it is called ${name}$`));

describe("Options that nobody would read", () => {
  it("of a listener are refused", () => {
    assert.throws(() => new Listener({ port: 0 }, any({ authkey: "x" })), called("authKey"));
    assert.throws(() => new Listener(undefined, any({ timeout: 5 })), told(/"timeout": there are/));
    assert.throws(() => new Listener(any({ host: "::1", port: 0 })), called("hostname"));
    assert.throws(() => new Listener(undefined, any("key")), told(/listen with the options "key"/));
  });

  it("of a manager are refused", () => {
    for (const Class of [Manager, SharedMemoryManager, BaseManager]) {
      assert.throws(() => new Class(any({ authkey: "x" })), called("authKey"));
      assert.throws(() => new Class(any({ shutdown_timeout: 5 })), called("shutdownTimeout"));
      assert.throws(
        () => new Class(any({ serializer: 1 })),
        told(/there are address, authKey and/),
      );
      assert.throws(() => new Class(any("/tmp/x")), told(/make a manager with the options "/));
    }
  });

  it("of what a manager makes are refused", async () => {
    const barrier = (options: unknown) => new Manager().Barrier(2, any(options));
    await assert.rejects(barrier({ Action: square }), called("action"));
    await assert.rejects(barrier({ limit: 5 }), told(/there are action and timeout$/));
    await assert.rejects(barrier(square), told(/make a barrier with the options/));
    await assert.rejects(barrier({ timeout: NaN }), { name: "RangeError", message: /timeout NaN/ });
    await assert.rejects(barrier({ timeout: "5" }), told(/with timeout "5"/));
    class Own extends BaseManager {}
    const wrong = any({ expose: ["deposit"] });
    assert.throws(() => Own.register("A", Account, wrong), told(/"expose": there is exposed/));
    assert.equal("A" in Own.prototype, false);
  });

  it("of executors are refused", async () => {
    for (const Class of [ProcessPoolExecutor, ThreadPoolExecutor]) {
      const executor = new Class(1);
      const map = (options: unknown) => executor.map(square, [1], any(options));
      assert.throws(() => map({ chunksize: 5 }), called("chunkSize"));
      assert.throws(
        () => map({ buffer: 5 }),
        told(/map .*there are bufferSize, chunkSize and time/),
      );
      const cancel = any({ cancel_futures: true });
      await assert.rejects(executor.shutdown(cancel), called("cancelFutures"));
      const now = any({ now: true });
      await assert.rejects(executor.shutdown(now), told(/there are wait and cancelFutures$/));
      assert.equal(await executor.submit(square, 3), 9); // it was not shut down
      await executor.shutdown();
    }
  });
});
