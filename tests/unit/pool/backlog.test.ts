/** What waits for a worker: which jobs are kept. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Backlog } from "../../../src/pool/backlog.ts";
import { Run } from "../../../src/pool/run.ts";
import type { Source } from "../../../src/pool/run.ts";

/** A job that gives so many items, one at a time; `asked` counts who looks at it. */
function source(items: number, asked: { times: number }): Source {
  const call = { estimate: { perItem: 1 }, priority: 0, guarded: false, timeout: Infinity };
  let given = 0;
  const job = {
    call,
    settled: false,
    chunkSize: 1,
    available: () => items - given,
    take: () => new Run(job, given++, [0]),
    get waiting() {
      asked.times++;
      return items - given;
    },
    get exhausted() {
      return given === items;
    },
  } as unknown as Source;
  return job;
}

describe("backlog", () => {
  it("forgets jobs that have ended although there is always another one", () => {
    const backlog = new Backlog(new Set());
    const asked = { times: 0 };
    backlog.add(source(Infinity, { times: 0 }));
    for (let i = 0; i < 1000; i++) {
      backlog.add(source(1, asked));
      for (let j = 0; j < 2; j++) assert.equal(backlog.take(true, 10).length, 1);
    }
    asked.times = 0;
    assert.equal(backlog.queued, Infinity);
    assert.ok(asked.times < 100, `${asked.times} jobs are looked at`);
  });

  it("lets jobs take turns while others are forgotten", () => {
    const backlog = new Backlog(new Set());
    const [a, b] = [source(500, { times: 0 }), source(500, { times: 0 })];
    backlog.add(a);
    backlog.add(b);
    const taken = new Map<unknown, number>([[a, 0], [b, 0]]);
    for (let i = 0; i < 300; i++) {
      backlog.add(source(1, { times: 0 }));
      for (let j = 0; j < 3; j++) {
        const { job } = backlog.take(true, 10)[0];
        if (taken.has(job)) taken.set(job, taken.get(job)! + 1);
      }
    }
    const [first, second] = taken.values();
    assert.ok(Math.abs(first - second) <= 30, `${first} and ${second} turns`);
  });
});
