import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext, partial } from "../../mod.ts";
import type { Percentiles, Pool, PoolStats } from "../../mod.ts";
import { Handshake, ready } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { waitFor } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const NOTHING = { p50: null, p99: null };

/** Both are numbers from 0 up, in this order. */
function measured({ p50, p99 }: Percentiles): { p50: number; p99: number } {
  assert.ok(typeof p50 === "number" && typeof p99 === "number");
  assert.ok(p50 >= 0 && p50 <= p99 && p99 < Infinity, `${p50} ${p99}`);
  return { p50, p99 };
}

/** Nothing in it is NaN. */
function sane(stats: PoolStats): PoolStats {
  JSON.stringify(stats, (key, value) => {
    assert.ok(typeof value !== "number" || Number.isFinite(value), key);
    return value;
  });
  for (const { utilisation } of stats.workers) assert.ok(utilisation >= 0 && utilisation <= 1);
  return stats;
}

describeMethods("pool: stats of times", (method) => {
  const { Pool } = getContext(method);

  it("says null before anything was measured, and no worker is busy", async () => {
    await using pool = new Pool(2);
    const { wait, run, workers } = sane(pool.stats());
    assert.deepEqual([wait, run], [NOTHING, NOTHING]);
    assert.deepEqual(workers.map(({ utilisation }) => utilisation), [0, 0]);
    await ready(pool);
    assert.ok(sane(pool.stats()).workers.every(({ utilisation }) => utilisation === 0));
  });

  it("tells how long tasks run", async () => {
    await using pool = new Pool(2);
    await pool.map(work.busy, new Array(20).fill(5));
    const { run } = sane(pool.stats());
    // Exactly, apart from the buckets: a task that is busy for 5 ms takes at least that long.
    assert.ok(measured(run).p50 >= 4.75, `${run.p50}`);
  });

  it("tells the few long tasks from the many short ones", async () => {
    await using pool = new Pool(2);
    await pool.map(work.busy, [...new Array(4).fill(50), ...new Array(96).fill(1)], {
      chunkSize: 1,
    });
    const { run } = sane(pool.stats());
    assert.ok(measured(run).p99 >= 47.5, `${run.p99}`);
    assert.ok(measured(run).p50 < measured(run).p99);
  });

  it("tells how long tasks wait: the second one, at least until the first one ends", async () => {
    using hands = new Handshake();
    await using pool = new Pool(1);
    await ready(pool);
    const hold = partial(work.hold, hands.path);
    const first = pool.apply(hold, ["a"]);
    await hands.began("a");
    const second = pool.apply(hold, ["b"]);
    const submitted = performance.now();
    await waitFor(() => performance.now() - submitted > 100);
    hands.go();
    await Promise.all([first, second]);
    const { wait, run } = sane(pool.stats());
    assert.ok(measured(wait).p99 >= 95, `${wait.p99}`);
    assert.ok(measured(run).p99 >= 95, `${run.p99}`);
  });

  it("counts every kind of call", async () => {
    await using pool = new Pool(2);
    const calls: ((pool: Pool) => Promise<unknown>)[] = [
      (pool) => pool.apply(work.square, [2]),
      (pool) => pool.map(work.square, range(100)),
      (pool) => pool.starmap(work.add, [[1, 2]]),
      (pool) => Array.fromAsync(pool.imap(work.square, range(5))),
      (pool) => Array.fromAsync(pool.imapUnordered(work.later, range(5))),
      (pool) => pool.apply(work.square, [2], { timeout: 60_000 }),
      (pool) => pool.map(work.failAtTwo, range(4), { settle: true }),
    ];
    for (const call of calls) {
      await call(pool);
      measured(sane(pool.stats()).wait);
      measured(pool.stats().run);
    }
  });

  it("counts a worker as busy while its task runs, before it has a result", async () => {
    using hands = new Handshake();
    await using pool = new Pool(2);
    await ready(pool);
    const held = pool.apply(work.hold, [hands.path, "a"]);
    await hands.began("a");
    const busy = () => {
      const parts = sane(pool.stats()).workers.map(({ utilisation }) => utilisation);
      return { less: Math.min(...parts), more: Math.max(...parts) };
    };
    const { less, more } = busy();
    assert.ok(more > 0);
    assert.equal(less, 0);
    await waitFor(() => busy().more > more);
    hands.go();
    await held;
    const { workers } = sane(pool.stats());
    assert.deepEqual(workers.map(({ busyMs }) => busyMs > 0).sort(), [false, true]);
  });

  it("counts what waits: items of an array at once, those of a generator when they are read", async () => {
    using hands = new Handshake();
    await using pool = new Pool(1);
    await ready(pool);
    const hold = partial(work.hold, hands.path);
    const held = pool.apply(hold, ["a"]);
    await hands.began("a");
    assert.equal(pool.stats().queued, 0);
    const array = pool.map(work.square, range(100));
    assert.equal(pool.stats().queued, 100);
    const generator = pool.map(work.square, range(100).values());
    assert.equal(pool.stats().queued, 100);
    const single = pool.apply(work.square, [1]);
    assert.equal(pool.stats().queued, 101);
    const lazy = pool.imap(work.square, range(100), { buffer: 7 });
    assert.equal(pool.stats().queued, 108);
    hands.go();
    await Promise.all([held, array, generator, single, Array.fromAsync(lazy)]);
    assert.equal(pool.stats().queued, 0);
  });

  it("counts nothing that waits after the pool was terminated", async () => {
    using hands = new Handshake();
    await using pool = new Pool(1);
    const calls = Promise.allSettled([
      ...["a", "b", "c"].map((name) => pool.apply(work.hold, [hands.path, name])),
      pool.map(work.square, range(10)),
    ]);
    await hands.began("a");
    await pool.terminate();
    await calls;
    const { queued, running, workers } = sane(pool.stats());
    assert.deepEqual([queued, running, workers], [0, 0, []]);
  });

  it("counts workers that were lost or had to be ended, and no others", async () => {
    await using pool = new Pool({ processes: 1, maxTasksPerChild: 2 });
    await pool.map(work.square, range(4));
    assert.equal(pool.stats().replaced, 0);
    await assert.rejects(pool.apply(work.sleep, [60_000], { timeout: 1 }), {
      name: "TimeoutError",
    });
    await pool.apply(work.square, [1]);
    assert.equal(pool.stats().replaced, 1);
  });

  it("stays sane when workers die and are replaced", async () => {
    await using pool = new Pool({ processes: 2, maxTasksPerChild: 3 });
    await pool.map(work.square, range(20));
    await pool.apply(work.exitAlways).catch(() => {});
    await pool.map(work.square, range(20));
    measured(sane(pool.stats()).run);
    measured(sane(pool.stats()).wait);
  });
});
