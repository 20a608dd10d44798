/** What waits for a worker: which jobs are kept. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Backlog } from "../../../src/pool/backlog.ts";
import { Run } from "../../../src/pool/run.ts";
import type { Job, Source } from "../../../src/pool/run.ts";

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

/** A run of a job of its own. */
function single(first: number, priority: number, items = 1): Run {
  const call = { estimate: { perItem: 9 }, priority, guarded: false, timeout: Infinity };
  const job = { call, settled: false, queued: 0 } as unknown as Job;
  return new Run(job, first, new Array(items).fill(0));
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

  it("counts what is wanted only, and lets go of the rest", () => {
    const backlog = new Backlog(new Set());
    const runs = Array.from({ length: 100 }, (_, i) => single(i, i % 3));
    for (const run of runs) backlog.push(run);
    backlog.unshift([single(100, 0, 5)]);
    assert.equal(backlog.queued, 105);
    for (const [i, { job }] of runs.entries()) {
      if (i % 4 === 0) continue;
      (job as { settled: boolean }).settled = true;
      backlog.forget(job);
    }
    assert.equal(backlog.queued, 30);
    assert.ok(runs.filter(({ job }) => job.settled && job.queued > 0).length <= 50);
    const left: number[] = [];
    for (let taken = backlog.take(true, 9); taken.length > 0; taken = backlog.take(true, 9)) {
      left.push(...taken.map(({ first }) => first));
    }
    assert.equal(backlog.queued, 0);
    const wanted = [2, 1, 0].flatMap((priority) =>
      runs.map(({ first }) => first).filter((i) => i % 4 === 0 && i % 3 === priority)
    );
    assert.deepEqual(left, [
      ...wanted.filter((i) => i % 3 > 0),
      100,
      ...wanted.filter((i) => i % 3 === 0),
    ]);
  });

  it("takes calls by their priority, however many there are", () => {
    const backlog = new Backlog(new Set());
    const priorities = Array.from({ length: 500 }, (_, i) => (i * 7919) % 501 - 250);
    for (const [i, priority] of priorities.entries()) backlog.push(single(i, priority));
    const taken: number[] = [];
    for (let runs = backlog.take(true, 1); runs.length > 0; runs = backlog.take(true, 1)) {
      taken.push(priorities[runs[0].first]);
    }
    assert.deepEqual(taken, priorities.toSorted((a, b) => b - a));
  });

  it("gives a worker no more than it may still take", () => {
    const backlog = new Backlog(new Set());
    backlog.unshift([single(0, 0, 3)]);
    const [first, ...others] = backlog.take(true, 1);
    assert.deepEqual([first.first, first.items.length, others.length], [0, 1, 0]);
    assert.equal(backlog.queued, 2);
    const [second] = backlog.take(true, 5);
    assert.deepEqual([second.first, second.items.length], [1, 2]);
    assert.equal(backlog.queued, 0);
  });
});
