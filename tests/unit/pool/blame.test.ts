import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settleEstate } from "../../../src/pool/blame.ts";
import { Retries } from "../../../src/pool/retries.ts";
import type { RetryOptions } from "../../../src/pool/retries.ts";
import { Run } from "../../../src/pool/run.ts";
import type { Job } from "../../../src/pool/run.ts";
import type { WorkerHandle } from "../../../src/pool/worker_handle.ts";
import { runtime } from "../../../src/runtime/mod.ts";

/** A job as far as blame looks at it. */
function job(settled = false, retries: number | RetryOptions = 0): Job {
  const call = {
    retries: Retries.from(retries, "try"),
    guarded: false,
    estimate: { perItem: 1 },
  };
  return { call, settled, failFast: false } as unknown as Job;
}

interface RunState {
  of?: Job;
  exact?: boolean;
  done?: number;
  begun?: number;
  stopped?: boolean;
  attempt?: number;
}

function run(first: number, count: number, state: RunState = {}): Run {
  const items = Array.from({ length: count }, (_, i) => first + i);
  const made = new Run(state.of ?? job(), first, items, state.attempt ?? 0);
  made.exact = state.exact ?? false;
  made.done = state.done ?? 0;
  made.begun = state.begun ?? made.done;
  made.stopped = state.stopped ?? false;
  return made;
}

/** What happens to the runs of a worker that has died: `FIRST+COUNT`, `!` where exact. */
function decide(...outstanding: Run[]): { lost: number | null; again: string[] } {
  return decideKnowing(undefined, ...outstanding);
}

/** The same, where the item that was begun last and had no result is known, or that there was none. */
function decideKnowing(
  running: { run: Run; offset: number } | null | undefined,
  ...outstanding: Run[]
): { lost: number | null; again: string[] } {
  const forget = (one: Run) => outstanding.splice(outstanding.indexOf(one), 1);
  const worker = { ready: true, outstanding, forget, running } as unknown as WorkerHandle;
  const { again, lost } = settleEstate(worker);
  return {
    lost: lost === null ? null : lost.run.first + lost.offset,
    again: again.map((one) => `${one.first}+${one.items.length}${one.exact ? "!" : ""}`),
  };
}

// Where the last words of a process may be lost everything goes out again, one by one.
const skip = runtime.losesLastWords &&
  "what a process said right before its death may be lost here";

describe("blame", () => {
  it("falls on the first item without a result of an exact run", { skip }, () => {
    const runs = [run(0, 4, { exact: true, done: 2 }), run(4, 3)];
    assert.deepEqual(decide(...runs), { lost: 2, again: ["3+1!", "4+3"] });
  });

  it(
    "falls on nobody if the next item of an exact run has not begun, three times",
    { skip },
    () => {
      let head = run(0, 2, { exact: true, begun: -1 });
      for (let time = 0; time < 3; time++) {
        assert.deepEqual(decide(head), { lost: null, again: ["0+2!"] });
        head = head.again(0, 2, 0, true);
      }
      assert.deepEqual(decide(head), { lost: 0, again: ["1+1!"] });
    },
  );

  it("falls on the item that is known to have begun", () => {
    const runs = [run(0, 4, { done: 1 }), run(4, 3)];
    assert.deepEqual(decideKnowing({ run: runs[0], offset: 2 }, ...runs), {
      lost: 2,
      again: ["1+1", "3+1", "4+3"],
    });
  });

  it("falls on the next item if it is known that none has begun, after three times", () => {
    let head = run(0, 2);
    for (let time = 0; time < 3; time++) {
      assert.deepEqual(decideKnowing(null, head, run(9, 1)), { lost: null, again: ["0+2", "9+1"] });
      head = head.again(0, 2, 0, false);
    }
    assert.deepEqual(decideKnowing(null, head, run(9, 1)), { lost: 0, again: ["1+1", "9+1"] });
    // Behind it everything is as it was at the beginning.
    assert.equal(head.again(1, 2, 0, false).spared, 0);
  });

  it("falls on the only item that was left", () => {
    assert.deepEqual(decide(run(5, 1)), { lost: 5, again: [] });
  });

  it("falls on nobody if it is not known who ran", { skip }, () => {
    assert.deepEqual(decide(run(0, 3, { done: 1 }), run(3, 1)), {
      lost: null,
      again: ["1+2!", "3+1!"],
    });
  });

  it("does not fall on whoever waited behind a task that nobody waits for", () => {
    const of = job(true);
    assert.deepEqual(decide(run(9, 1, { of }), run(5, 1)), { lost: null, again: ["5+1!"] });
    assert.deepEqual(decide(run(9, 1, { of, exact: true }), run(5, 1)), {
      lost: null,
      again: ["5+1"],
    });
    assert.deepEqual(decide(run(9, 1, { of, done: 1 }), run(5, 1)), { lost: 5, again: [] });
  });

  it("falls on nobody if the worker was stopped", () => {
    const runs = [run(0, 1, { stopped: true, exact: true }), run(1, 2, { exact: true })];
    assert.deepEqual(decide(...runs), { lost: null, again: ["1+2!"] });
  });

  it("gives a task the retries that it has", () => {
    const of = job(false, 1);
    assert.deepEqual(decide(run(3, 1, { of, exact: true })), { lost: null, again: ["3+1!"] });
    assert.deepEqual(decide(run(3, 1, { of, exact: true, attempt: 1 })), { lost: 3, again: [] });
  });
});
