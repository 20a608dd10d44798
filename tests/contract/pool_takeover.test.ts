/** Idle workers take over what others were given and have not begun. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext, partial } from "../../mod.ts";
import type { Pool } from "../../mod.ts";
import { whyNoPages } from "../../src/runtime/pages.ts";
import * as work from "../fixtures/pool/takeover.ts";
import { describeMethods } from "../support/methods.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Resolves when each worker, however late it starts, has had so many messages that it shares memory. */
async function sharing(pool: Pool): Promise<void> {
  for (let i = 0; i < 10; i++) await pool.broadcast(work.double, i);
}

describeMethods("pool: idle workers take over", (method) => {
  const context = getContext(method);
  const claims = method === "thread" || whyNoPages() === null
    ? false
    : "a worker that is blocked can only give back tasks through shared memory";

  /** A pool that knows by measurement that the function is quick, and would send it in bulk. */
  async function prepared() {
    const pool = new context.Pool(2);
    await sharing(pool);
    for (let i = 0; i < 40; i++) await pool.map(work.double, upTo(20));
    return pool;
  }

  it("from one that awaits", async () => {
    await using pool = await prepared();
    for (const size of [2, 4]) {
      const barrier = new context.Barrier(2);
      const meet = partial(work.meet, barrier);
      assert.deepEqual(await pool.map(meet, upTo(size), { chunkSize: size }), upTo(size));
    }
  });

  it("from one that is blocked", { skip: claims }, async () => {
    await using pool = await prepared();
    for (const size of [2, 4, 8]) {
      const barrier = new context.Barrier(2);
      const meet = partial(work.meetSync, barrier);
      assert.deepEqual(await pool.map(meet, upTo(size), { chunkSize: size }), upTo(size));
    }
  });

  it("single calls as well", { skip: claims }, async () => {
    await using pool = await prepared();
    const barrier = new context.Barrier(2);
    // Two quick ones first, so that there are more tasks than idle workers.
    const calls = [
      pool.apply(work.double, [1]),
      pool.apply(work.double, [2]),
      ...upTo(4).map((i) => pool.apply(work.meetSync, [barrier, i])),
    ];
    assert.deepEqual(await Promise.all(calls), [2, 4, 0, 1, 2, 3]);
  });

  it("and no item is run twice, or not at all", async () => {
    const COUNT = 400;
    const runs = upTo(COUNT).map(() => new context.Value("i", 0));
    await using pool = await prepared();
    const results = await pool.map(partial(work.countRuns, runs), upTo(COUNT), { chunkSize: 150 });
    assert.deepEqual(results, upTo(COUNT));
    assert.deepEqual(runs.map((run) => run.value), upTo(COUNT).map(() => 1));
  });
});

describeMethods("pool: nobody is kept waiting", (method) => {
  const context = getContext(method);
  const claims = method === "thread" || whyNoPages() === null
    ? false
    : "a worker that is blocked can only give back tasks through shared memory";

  /** A call that goes on until its pool ends; resolves when it is under way. */
  function goOn(pool: Pool): Promise<void> {
    return new Promise((resolve) => {
      const onProgress = () => resolve();
      pool.map(work.double, endless(), { onProgress }).catch(() => {});
    });
  }

  function* endless() {
    for (let i = 0;; i++) yield i;
  }

  for (const processes of [1, 2]) {
    it(`by a call that never ends: ${processes} workers`, async () => {
      await using pool = new context.Pool(processes);
      await goOn(pool);
      assert.equal(await pool.apply(work.firstTime, [3]), 3);
      assert.equal(await pool.apply(work.double, [3], { timeout: 60_000 }), 6);
      assert.deepEqual(await pool.map(work.double, upTo(3), { timeout: 60_000 }), [0, 2, 4]);
      assert.deepEqual(await pool.map(work.double, upTo(3)), [0, 2, 4]);
    });
  }

  it("behind one that takes long where its like did not", { skip: claims }, async () => {
    await using pool = new context.Pool(2);
    await sharing(pool);
    const end = new context.Event();
    const done = new context.Event();
    done.set();
    for (let i = 0; i < 40; i++) {
      await Promise.all(upTo(20).map((i) => pool.apply(work.waitSync, [done, i])));
    }
    await goOn(pool);
    const first = pool.apply(work.waitSync, [end, 1]);
    const others = upTo(6).map((i) => pool.apply(work.waitSync, [done, i]));
    assert.deepEqual(await Promise.all(others), upTo(6));
    end.set();
    assert.equal(await first, 1);
  });
});
