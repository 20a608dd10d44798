/** Tasks that are tried again after their worker has died: how often, when, and when no more. */

import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import {
  CancelledError,
  getContext,
  partial,
  PoolTerminatedError,
  WorkerLostError,
} from "../../mod.ts";
import type { Pool, RetryOptions } from "../../mod.ts";
import { Handshake, ready } from "../fixtures/pool/handshake.ts";
import * as tasks from "../fixtures/pool/retries.ts";
import * as work from "../fixtures/pool/work.ts";
import { waitFor } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram } from "../support/runtime.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
/** A retry that never comes; each task has its worker to itself, so that it is blamed at once. */
const NEVER = { retries: { times: 1, delay: 1e15, maxDelay: Infinity }, timeout: 1e9 };

function checkLost(error: unknown, attempts: number, message: RegExp): void {
  assert.ok(error instanceof WorkerLostError, String(error));
  assert.equal(error.attempts, attempts);
  assert.match(error.message, message);
}

describeMethods("pool: retries", (method) => {
  let pool: Pool;
  before(async () => await ready(pool = new (getContext(method).Pool)(2)));
  after(() => pool.terminate());

  /** Resolves when a call has brought so many tasks to wait for their next try. */
  const waiting = async (tasks: number, of: Pool = pool) => {
    const { retried } = of.stats();
    await waitFor(() => of.stats().retried === retried + tasks);
  };

  it("tries a task again as often as it is told, and counts", async () => {
    assert.equal(await pool.apply(tasks.exitUntil, [0], { retries: 3 }), 0);
    const retries = { times: 2, delay: 1, factor: 1 };
    assert.equal(await pool.apply(tasks.exitUntil, [2], { retries }), 2);
    assert.deepEqual(await pool.map(tasks.exitUntil, [1, 0], { retries }), [1, 0]);
    assert.deepEqual(await pool.starmap(tasks.exitUntil, [[1]], { retries }), [1]);
    for await (const value of pool.imap(tasks.exitUntil, [1], { retries })) assert.equal(value, 1);
  });

  it("gives up a task that ends every worker that it meets, and says so", async () => {
    await ready(pool);
    const { replaced } = pool.stats();
    const error = await pool.apply(tasks.exitUntil, [99], { retries: 2 }).catch((error) => error);
    checkLost(
      error,
      3,
      /^Task 0 was lost: .* exited with code 4; it has ended 3 workers, one for each try/,
    );
    await waitFor(() => pool.stats().replaced === replaced + 3);
    const once = await pool.apply(tasks.exitUntil, [99]).catch((error) => error);
    checkLost(once, 1, /pass \{ retries \} if the task may run again$/);
  });

  it("gives up when the budget of the call is used up, and says so", async () => {
    const few = { times: 3, budget: 2, delay: 1 };
    const options = { retries: few, settle: true } as const;
    const settled = await pool.map(tasks.exitIfOdd, range(6), options);
    const lost = settled.filter((one) => one.status === "rejected");
    assert.equal(lost.length, 1);
    checkLost(
      lost[0].reason,
      1,
      /it has ended 1 worker, and the budget of 2 retries for all tasks of this call is used up/,
    );
    const values = settled.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
    assert.equal(values.filter(({ attempt }) => attempt === 1).length, 2);
    assert.ok(values.every(({ x, attempt }) => x % 2 === attempt));
    // The next call has a budget of its own.
    const retries = { times: 1, budget: 1 };
    for (let i = 0; i < 2; i++) {
      assert.equal(await pool.apply(tasks.exitUntil, [1], { retries }), 1);
    }
  });

  it("waits without holding up others", async () => {
    const call = pool.applyAsync(tasks.exitUntil, [1], NEVER);
    await waiting(1);
    assert.equal(pool.stats().queued, 1);
    assert.deepEqual(await pool.map(work.square, range(50)), range(50).map((x) => x * x));
    const results = pool.imapUnordered(tasks.exitIfOdd, range(5), { ...NEVER, buffer: 5 });
    const two = waiting(2);
    const seen = [];
    for (let i = 0; i < 3; i++) seen.push((await results.next()).value.x);
    assert.deepEqual(seen.sort(), [0, 2, 4]);
    await two;
    assert.equal(pool.stats().queued, 3);
    await results.return!();
    assert.equal(pool.stats().queued, 1);
    assert.equal(call.ready(), false);
    call.cancel();
    assert.equal(pool.stats().queued, 0);
    await assert.rejects(call.get(), CancelledError);
  });

  it("does not come when its call has ended", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = pool.map(tasks.exitIfOdd, range(4), { ...NEVER, signal });
    await waiting(2);
    controller.abort(new URIError("enough"));
    await assert.rejects(aborted, { message: "enough" });
    assert.equal(pool.stats().queued, 0);

    using hands = new Handshake();
    const failing = pool.map(partial(tasks.exitOrFail, hands.path), ["exit", "fail"], NEVER);
    await waiting(1);
    hands.go();
    await assert.rejects(failing, { name: "RangeError", message: "failed" });
    assert.equal(pool.stats().queued, 0);
  });

  it("does not come when the pool is terminated", async () => {
    const own = new (getContext(method).Pool)(1);
    const call = own.apply(tasks.exitUntil, [1], NEVER);
    const rejected = assert.rejects(call, PoolTerminatedError);
    await waiting(1, own);
    await own.terminate();
    assert.equal(own.stats().queued, 0);
    await rejected;
  });

  it("comes before a pool that is closed ends", async () => {
    const own = new (getContext(method).Pool)(1);
    const call = own.apply(tasks.exitUntil, [2], { retries: { times: 2, delay: 20 } });
    own.close();
    await own.join();
    assert.equal(await call, 2);
  });

  it("holds the program until it came, and not when its call has ended", async () => {
    const waits = await runProgram(fixture("pool/retries.ts"), ["waits", method]);
    assert.deepEqual([waits.code, waits.stdout], [0, "attempt 2\n"], waits.stderr);
    const settled = await runProgram(fixture("pool/retries.ts"), ["settled", method]);
    assert.deepEqual([settled.code, settled.stdout], [0, "rejected AbortError\nqueued 0\n"]);
    assert.equal(settled.timedOut, false);
  });

  it("refuses options that are wrong", async () => {
    // deno-lint-ignore no-explicit-any
    const refuse = async (retries: any, name: string, message: RegExp) => {
      const options = { retries } as { retries: RetryOptions };
      const wanted = { name, message };
      await assert.rejects(pool.apply(work.square, [1], options), wanted);
      await assert.rejects(pool.map(work.square, [1], options), wanted);
      assert.throws(() => pool.imap(work.square, [1], options), wanted);
    };
    await refuse(-1, "RangeError", /with retries -1: give a whole number from 0 up/);
    await refuse(1.5, "RangeError", /with retries 1.5/);
    await refuse(
      "1",
      "TypeError",
      /with retries "1": give a number, or an object such as \{ times/,
    );
    await refuse(null, "TypeError", /with retries null/);
    await refuse([1], "TypeError", /with retries an array: give a number, or an object/);
    await refuse({}, "TypeError", /with retries.times undefined: give a number/);
    await refuse({ times: -1 }, "RangeError", /with retries.times -1/);
    await refuse({ times: 1, delay: -1 }, "RangeError", /with retries.delay -1: .* from 0 up/);
    await refuse({ times: 1, delay: "1" }, "TypeError", /with retries.delay "1": give a number/);
    await refuse({ times: 1, factor: 0.5 }, "RangeError", /with retries.factor 0.5: .* from 1 up/);
    await refuse({ times: 1, maxDelay: NaN }, "RangeError", /with retries.maxDelay NaN/);
    await refuse(
      { times: 1, budget: 0.5 },
      "RangeError",
      /with retries.budget 0.5: .* whole number/,
    );
    assert.equal(await pool.apply(work.square, [3], { retries: { times: 0 } }), 9);
  });
});
