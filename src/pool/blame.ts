/**
 * Layer 10, pool. Who is to blame for the death of a worker, and what becomes of its work. Decides
 * only; the crew acts on it. The rule is in the header of `scheduler.ts`.
 *
 * @module
 */

import { WorkerLostError } from "../errors.ts";
import { runtime } from "../runtime/mod.ts";
import type { Run } from "./run.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** What becomes of the work of a worker that has ended. */
export interface Estate {
  /** To be sent again, in this order. */
  again: Run[];
  /** The item that was lost with the worker: its run, and its position there. */
  lost: { run: Run; offset: number } | null;
}

/** Takes the runs from a worker that has ended and decides about each of them. */
export function settleEstate(worker: WorkerHandle): Estate {
  const runs = [...worker.outstanding];
  const { running } = worker;
  for (const run of runs) {
    worker.forget(run);
    run.skip();
  }
  const unfinished = runs.filter((run) => run.left > 0);
  const live = unfinished.filter((run) => !run.stopped && !run.job.settled);
  if (live.length === 0) return { again: [], lost: null };
  // Stopped on purpose, or dead before its first task: nobody is to blame.
  if (!worker.ready || runs.some((run) => run.stopped)) {
    return { again: live.map((run) => rest(run)), lost: null };
  }
  return running === undefined ? guess(unfinished, live) : known(running, live);
}

/** It is known which item was begun last and has no result: that one was running. */
function known(running: { run: Run; offset: number } | null, live: Run[]): Estate {
  const again: Run[] = [];
  let lost: Estate["lost"] = null;
  for (const run of live) {
    if (run !== running?.run) {
      again.push(rest(run));
      continue;
    }
    const { offset } = running;
    // Those before it had ended, but what they came to died with the worker.
    if (run.done < offset) again.push(run.again(run.done, offset, run.attempt, run.exact));
    const retry = run.attempt < run.job.call.retries;
    if (retry) again.push(run.again(offset, offset + 1, run.attempt + 1, true));
    else lost = { run, offset };
    const next = offset + 1;
    if (next < run.items.length) again.push(run.again(next, run.items.length, 0, run.exact));
  }
  return { again, lost };
}

/** Only results say what was begun. */
function guess(unfinished: Run[], live: Run[]): Estate {
  const [head, ...others] = live;
  // Perhaps a task that nobody waits for any more took the worker with it.
  const [first] = unfinished;
  if (first !== head) {
    return { again: live.map((run) => rest(run, run.exact || !first.exact)), lost: null };
  }
  const alone = live.length === 1 && head.left === 1;
  if (runtime.losesLastWords && !alone) {
    // Its last results may have been lost: every item goes out again by itself.
    return { again: live.flatMap((run) => singly(run)), lost: null };
  }
  const known = head.exact || alone;
  if (!known) return { again: live.map((run) => rest(run, true)), lost: null };
  const again: Run[] = [];
  const next = head.done + 1;
  const retry = head.attempt < head.job.call.retries;
  if (retry) again.push(head.again(head.done, next, head.attempt + 1, true));
  if (next < head.items.length) again.push(head.again(next, head.items.length, 0, head.exact));
  again.push(...others.map((run) => rest(run)));
  return { again, lost: retry ? null : { run: head, offset: head.done } };
}

function singly(run: Run): Run[] {
  return Array.from(
    { length: run.left },
    (_, i) => run.again(run.done + i, run.done + i + 1, run.attempt, true),
  );
}

function rest(run: Run, exact: boolean = run.exact): Run {
  return run.again(run.done, run.items.length, run.attempt, exact);
}

/** An engine that runs out of heap ends its process in one of these ways. */
const OUT_OF_HEAP: readonly number[] = [-5, -6];

/** The error for a task whose worker has ended. */
export function lostError(worker: WorkerHandle, code: number, index: number): WorkerLostError {
  const how = worker.fault !== null
    ? "sent a message that cannot be read, and was ended"
    : code < 0
    ? `was killed by signal ${-code}${
      OUT_OF_HEAP.includes(code) ? ", probably out of memory: see memoryLimitMb" : ""
    }`
    : `exited with code ${code}`;
  const error = new WorkerLostError(
    `Task ${index} was lost: its worker ${worker.name} (pid ${worker.child.pid}) ${how}; ` +
      "pass { retries } if the task may run again",
    worker.fault === null ? undefined : { cause: worker.fault },
  );
  error.pid = worker.child.pid;
  error.exitCode = code;
  error.taskIndex = index;
  return error;
}
