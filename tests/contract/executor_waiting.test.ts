/** `asCompleted` and `waitFutures`. */

import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { asCompleted, Future, TimeoutError, waitFutures } from "../../mod.ts";
import type { Executor } from "../../mod.ts";
import { makeExecutor } from "../fixtures/executor/work.ts";
import { Handshake } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { describeMethods } from "../support/methods.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
// deno-lint-ignore no-explicit-any
const any = (value: unknown): any => value;

describeMethods("executor: waiting for futures", (method) => {
  let executor: Executor;
  before(() => executor = makeExecutor(method, 2));
  after(() => executor.shutdown());

  /** Two futures that end when they are told to. */
  async function held(hands: Handshake): Promise<Future<string>[]> {
    const futures = ["a", "b"].map((name) => executor.submit(work.hold, hands.path, name));
    await Promise.all([hands.began("a"), hands.began("b")]);
    return futures;
  }

  it("asCompleted gives futures in the order in which they end", async () => {
    using hands = new Handshake();
    const done = executor.submit(work.square, 2);
    const failed = executor.submit(work.failIf, 1, 1);
    await waitFutures([done, failed]);
    const [a, b] = await held(hands);
    const cancelled = executor.submit(work.square, 1);
    const seen: unknown[] = [];
    const futures: Future<unknown>[] = [a, done, b, cancelled, failed, a, done];
    const results = asCompleted(futures);
    seen.push((await results.next()).value, (await results.next()).value);
    assert.equal(cancelled.cancel(), true);
    seen.push((await results.next()).value);
    hands.go("b");
    seen.push((await results.next()).value);
    hands.go("a");
    seen.push((await results.next()).value);
    assert.equal((await results.next()).done, true);
    assert.deepEqual(seen.map((future) => futures.indexOf(any(future))), [1, 4, 3, 2, 0]);
  });

  it("asCompleted takes futures of several executors, many, and none", async () => {
    await using other = makeExecutor(method, 1);
    const futures = range(200).map((x) => (x % 2 ? executor : other).submit(work.square, x));
    let sum = 0;
    for await (const future of asCompleted(new Set(futures))) sum += await future;
    assert.equal(sum, range(200).reduce((sum, x) => sum + x * x, 0));
    for await (const _ of asCompleted([])) assert.fail("nothing to give");
  });

  it("asCompleted answers several calls of next() at a time, and return()", async () => {
    using hands = new Handshake();
    const futures = await held(hands);
    const results = asCompleted(futures);
    const both = [results.next(), results.next(), results.next()];
    hands.go();
    const [one, two, three] = await Promise.all(both);
    assert.deepEqual(new Set([one.value, two.value]), new Set(futures));
    assert.equal(three.done, true);

    using more = new Handshake();
    const left = asCompleted(await held(more));
    const next = left.next();
    await left.return!();
    assert.equal((await next).done, true);
    assert.equal((await left.next()).done, true);
    more.go();
  });

  it("asCompleted stops at its timeout or signal, and says how many are left", async () => {
    using hands = new Handshake();
    const futures: Future<unknown>[] = [...await held(hands), executor.submit(work.nothing)];
    assert.equal(futures[2].cancel(), true);
    for (const timeout of [5, 0, -1]) {
      const results = asCompleted(futures, { timeout });
      assert.equal((await results.next()).value, futures[2]);
      await assert.rejects(results.next(), (error) => {
        assert.ok(error instanceof TimeoutError);
        assert.match(error.message, /^2 of 3 futures have not ended within/);
        return true;
      });
      assert.equal((await results.next()).done, true);
    }
    const controller = new AbortController();
    const results = asCompleted(futures, { signal: controller.signal });
    await results.next();
    const next = results.next();
    controller.abort(new Error("enough"));
    await assert.rejects(next, /enough/);
    hands.go();
    await waitFutures(futures);
  });

  it("waitFutures waits for all, the first, or the first failure", async () => {
    using hands = new Handshake();
    const [a, b] = await held(hands);
    const now = await waitFutures([a, b], { timeout: 0 });
    assert.deepEqual([now.done.size, now.notDone.size], [0, 2]);
    hands.go("a");
    const first = await waitFutures([a, b, a], { returnWhen: "firstCompleted" });
    assert.deepEqual([[...first.done], [...first.notDone]], [[a], [b]]);
    const again = await waitFutures([a, b], { returnWhen: "firstCompleted", timeout: 60_000 });
    assert.deepEqual([...again.done], [a]);

    const failing = executor.submit(work.failIf, 1, 1);
    const failed = await waitFutures([a, b, failing], { returnWhen: "firstException" });
    assert.deepEqual([failed.done, failed.notDone], [new Set([a, failing]), new Set([b])]);
    const known = await waitFutures([b, failing], { returnWhen: "firstException" });
    assert.deepEqual([...known.notDone], [b]);

    hands.go("b");
    const all = await waitFutures([a, b, failing]);
    assert.deepEqual([all.done.size, all.notDone.size], [3, 0]);
    const none = await waitFutures([a, b], { returnWhen: "firstException" });
    assert.equal(none.done.size, 2);
    assert.deepEqual(await waitFutures([]), { done: new Set(), notDone: new Set() });
  });

  it("waitFutures counts what was cancelled as ended, and not as failed", async () => {
    using hands = new Handshake();
    const futures = await held(hands);
    const cancelled = executor.submit(work.hold, hands.path, "c");
    assert.equal(cancelled.cancel(), true);
    const { done } = await waitFutures([...futures, cancelled], { returnWhen: "firstCompleted" });
    assert.deepEqual([...done], [cancelled]);
    const options = { returnWhen: "firstException", timeout: 5 } as const;
    const { notDone } = await waitFutures([...futures, cancelled], options);
    assert.equal(notDone.size, 2);
    hands.go();
    await waitFutures(futures);
  });

  it("stays well after many waits that were in vain", async () => {
    using hands = new Handshake();
    const [a, b] = await held(hands);
    for (let i = 0; i < 50; i++) {
      await waitFutures([a, b], { timeout: 0 });
      await assert.rejects(asCompleted([a, b], { timeout: 0 }).next(), TimeoutError);
    }
    hands.go();
    assert.equal((await waitFutures([a, b])).done.size, 2);
  });

  it("refuses what is no future", async () => {
    for (const wrong of [undefined, null, 5, {}, executor.submit(work.nothing)]) {
      assert.throws(() => asCompleted(any(wrong)), TypeError);
      await assert.rejects(waitFutures(any(wrong)), TypeError);
    }
    assert.throws(() => asCompleted(any([Promise.resolve()])), TypeError);
    await assert.rejects(waitFutures(any([1])), TypeError);
    await assert.rejects(waitFutures([], { returnWhen: any("FIRST_COMPLETED") }), RangeError);
    assert.throws(() => asCompleted([], { timeout: NaN }), RangeError);
    await assert.rejects(waitFutures([], { timeout: NaN }), RangeError);
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await assert.rejects(waitFutures([new Future()], { signal }), (error) => error === reason);
  });
});
