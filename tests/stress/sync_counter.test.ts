/** One lock among processes and threads, blocked and asynchronous: not an increment is lost. */

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { getContext, RawValue } from "../../mod.ts";
import { whyNoPages } from "../../src/runtime/pages.ts";
import * as work from "../fixtures/sync/work.ts";

/** More of everything. */
const STRESS = Number(process.env.STRESS ?? 1);
/** Through a broker a turn takes a hundred times as long. */
const TIMES = (whyNoPages() === null ? 5000 : 1000) * STRESS;

describe("stress: one lock, two processes and two threads", () => {
  for (const kind of ["Lock", "RLock"] as const) {
    it(`${kind} loses no increment`, async () => {
      const lock = new (getContext("spawn")[kind])();
      const value = new RawValue("int32");
      const children = (["spawn", "thread"] as const).flatMap((method) =>
        work.FORMS.map((form) =>
          new (getContext(method).Process)({
            target: work.increment,
            args: [lock, value, TIMES, form],
          })
        )
      );
      for (const child of children) child.start();
      for (const child of children) assert.equal(await child.join(), 0);
      assert.equal(value.value, 4 * TIMES);
      assert.equal(lock.locked(), false);
    });
  }

  it("BoundedSemaphore counts every permit", async () => {
    const semaphore = new (getContext("spawn").BoundedSemaphore)(2);
    const inside = new RawValue("int32");
    const children = (["spawn", "thread"] as const).flatMap((method) =>
      work.FORMS.map((form) =>
        new (getContext(method).Process)({
          target: work.enter,
          args: [semaphore, inside, 2, TIMES / 5, form],
        })
      )
    );
    for (const child of children) child.start();
    for (const child of children) assert.equal(await child.join(), 0);
    assert.equal(semaphore.value, 2);
    assert.equal(inside.value, 0);
  });

  it("Barrier gives every round its indexes", async () => {
    const barrier = new (getContext("spawn").Barrier)(4);
    const count = 300 * STRESS;
    await using processes = new (getContext("spawn").Pool)(2);
    await using threads = new (getContext("thread").Pool)(2);
    const all = await Promise.all(
      [processes, threads].flatMap((pool) =>
        work.FORMS.map((form) => pool.apply(work.rounds, [barrier, count, form]))
      ),
    );
    for (let round = 0; round < count; round++) {
      assert.deepEqual(all.map((indexes) => indexes[round]).toSorted(), [0, 1, 2, 3]);
    }
  });
});
