/** What has begun and what has not: `running()`, `cancel()`, `shutdown({ cancelFutures })`. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { CancelledError, getContext } from "../../mod.ts";
import type { Executor } from "../../mod.ts";
import { whyNoPages } from "../../src/runtime/pages.ts";
import { makeExecutor, pass } from "../fixtures/executor/work.ts";
import type { Gate } from "../fixtures/executor/work.ts";
import { Handshake } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { describeMethods } from "../support/methods.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const SENT = 8;

describeMethods("executor: cancel", (method) => {
  const { Event, Value } = getContext(method);
  const claims = method === "thread" || whyNoPages() === null
    ? false
    : "what a worker has begun is only seen in shared memory";

  function makeGate(): Gate {
    return {
      begun: new Event(),
      open: new Event(),
      runs: range(SENT).map(() => new Value("i", 0)),
    };
  }

  /**
   * Sends an executor with one worker several tasks in one message, the first of which blocks. That
   * they go out together takes a function that counts as quick.
   */
  async function sendTogether(executor: Executor, gate: Gate) {
    const open = makeGate();
    open.open.set();
    for (let round = 0; round < 20; round++) {
      await Promise.all(range(SENT).map((i) => executor.submit(pass, open, i)));
    }
    const futures = range(SENT).map((i) => executor.submit(pass, gate, i));
    assert.equal(await gate.begun.wait({ timeout: 30_000 }), true);
    return futures;
  }

  it("gives up what waits, and that never runs", async () => {
    using hands = new Handshake();
    await using executor = makeExecutor(method, 1);
    const running = executor.submit(work.hold, hands.path, "a");
    const waiting = executor.submit(work.hold, hands.path, "b");
    const other = executor.submit(work.hold, hands.path, "c");
    await hands.began("a");
    assert.deepEqual([running.running(), running.cancel(), running.done()], [true, false, false]);
    assert.deepEqual([waiting.running(), waiting.done()], [false, false]);
    assert.equal(waiting.cancel(), true);
    assert.equal(waiting.cancel(), true, "it still is");
    const state = [waiting.cancelled(), waiting.done(), waiting.running()];
    assert.deepEqual(state, [true, true, false]);
    await assert.rejects(waiting.result(), CancelledError);
    await assert.rejects(waiting.exception(), CancelledError);
    await assert.rejects(Promise.resolve(waiting), CancelledError);
    hands.go();
    assert.equal(await running, "a");
    assert.equal(await other, "c");
    assert.deepEqual([running.cancel(), running.cancelled()], [false, false]);
    assert.equal(hands.hasBegun("b"), false);
  });

  it("gives up what was submitted in this turn, before any worker is up", async () => {
    await using executor = makeExecutor(method, 2);
    const futures = range(20).map((x) => executor.submit(work.square, x));
    assert.ok(futures.every((future) => !future.running()));
    for (const x of range(20)) assert.equal(x % 2 === 0 && futures[x].cancel(), x % 2 === 0);
    const errors = await Promise.all(futures.map((future) => future.exception().catch(() => "no")));
    assert.deepEqual(errors, range(20).map((x) => x % 2 === 0 ? "no" : null));
  });

  it("succeeds exactly where running() says that it has not begun", async () => {
    const gate = makeGate();
    await using executor = makeExecutor(method, 1);
    const futures = await sendTogether(executor, gate);
    const expected: number[] = [];
    for (const [i, future] of futures.entries()) {
      const running = future.running();
      if (i % 3 === 1) {
        assert.equal(future.cancel(), !running, `${i}`);
        assert.equal(future.cancelled(), !running);
      }
      expected.push(future.cancelled() ? 0 : 1);
    }
    assert.equal(futures[0].running(), true);
    assert.equal(futures[0].cancel(), false);
    gate.open.set();
    for (const [i, future] of futures.entries()) {
      if (expected[i] === 1) assert.equal(await future, i);
      else await assert.rejects(future.result(), CancelledError);
    }
    assert.deepEqual(gate.runs.map((run) => run.value), expected);
  });

  it("takes back what a blocked worker has not begun", { skip: claims }, async () => {
    const gate = makeGate();
    await using executor = makeExecutor(method, 1);
    const futures = await sendTogether(executor, gate);
    assert.deepEqual(futures.map((future) => future.running()), range(SENT).map((i) => i === 0));
    assert.deepEqual([2, 5, 7].map((i) => futures[i].cancel()), [true, true, true]);
    await Promise.resolve();
    assert.equal(futures[3].cancel(), true, "in another turn, when the others were sent again");
    gate.open.set();
    await Promise.all([0, 1, 4, 6].map((i) => futures[i]));
    assert.deepEqual(gate.runs.map((run) => run.value), [1, 1, 0, 0, 1, 0, 1, 0]);
  });

  it("may go on and on: submit, send, cancel", async () => {
    await using executor = makeExecutor(method, 1);
    await Promise.all(range(100).map((x) => executor.submit(work.square, x)));
    for (let i = 0; i < 300; i++) {
      const future = executor.submit(work.square, i);
      for (let turns = i % 4; turns > 0; turns--) await Promise.resolve();
      if (!future.cancel()) assert.equal(await future, i * i);
    }
    assert.equal(await executor.submit(work.square, 9), 81);
  });

  it("calls callbacks of what was cancelled", async () => {
    using hands = new Handshake();
    await using executor = makeExecutor(method, 1);
    void executor.submit(work.hold, hands.path, "a");
    const seen: boolean[] = [];
    const future = executor.submit(work.square, 1);
    future.addDoneCallback((future) => seen.push(future.cancelled()));
    assert.equal(future.cancel(), true);
    await future.exception().catch(() => {});
    assert.deepEqual(seen, [true]);
    hands.go();
  });

  it("shutdown({ cancelFutures }) lets only run what has begun", async () => {
    const gate = makeGate();
    const executor = makeExecutor(method, 1);
    const futures = await sendTogether(executor, gate);
    const later = range(50).map((x) => executor.submit(work.square, x));
    const running = futures.map((future) => future.running());
    const end = executor.shutdown({ cancelFutures: true });
    assert.deepEqual(futures.map((future) => !future.cancelled()), running);
    assert.ok(later.every((future) => future.cancelled()));
    gate.open.set();
    await end;
    assert.deepEqual(gate.runs.map((run) => run.value === 1), running);
    assert.equal(await futures[0], 0);
    await assert.rejects(later[0].result(), /shut down/);
  });
});
