/**
 * Layer 10, pool. Who is to blame for the death of a worker, and what becomes of its work. Decides
 * only; the crew acts on it. The rule is in the header of `scheduler.ts`.
 *
 * @module
 */

import { WorkerLostError } from "../errors.ts";
import { runtime } from "../runtime/mod.ts";
import { localError } from "../wire/remote_error.ts";
import type { Run } from "./run.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** What becomes of the work of a worker that has ended. */
export interface Estate {
  /** To be sent again, in this order. */
  again: Run[];
  /** To be sent again after so many milliseconds. */
  later: { run: Run; wait: number } | null;
  /** The item that was lost with the worker: its run, and its position there. */
  lost: { run: Run; offset: number } | null;
}

/** So often may the workers of an item die before they begin it. */
const MAX_SPARED = 3;

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
  if (live.length === 0) return nobody([]);
  // Stopped on purpose, or dead before its first task: nobody is to blame.
  if (!worker.ready || runs.some((run) => run.stopped)) {
    return withoutGone(nobody(live.map((run) => rest(run))));
  }
  return withoutGone(running === undefined ? guess(unfinished, live) : known(running, live));
}

/**
 * It is known which item was begun last and has no result: that one was running. If none was, the next
 * one is only under suspicion: its function, or its arguments, may have ended the worker before.
 */
function known(running: { run: Run; offset: number } | null, live: Run[]): Estate {
  const estate = nobody([]);
  const [head] = live;
  const culprit = running ?? (isSuspect(head) ? { run: head, offset: head.done } : null);
  for (const run of live) {
    if (run === culprit?.run) blame(run, culprit.offset, estate);
    else estate.again.push(rest(run));
  }
  return estate;
}

/** Whether too many workers have died that had this item before them and had not begun it. */
function isSuspect(head: Run): boolean {
  return ++head.spared > MAX_SPARED;
}

/** Only results say what was begun. */
function guess(unfinished: Run[], live: Run[]): Estate {
  const [head, ...others] = live;
  // Perhaps a task that nobody waits for any more took the worker with it.
  const [first] = unfinished;
  if (first !== head) {
    return nobody(live.map((run) => rest(run, run.exact || !first.exact)));
  }
  const alone = live.length === 1 && head.left === 1;
  if (runtime.losesLastWords && !alone) {
    // Its last results may have been lost: every item goes out again by itself.
    return nobody(live.flatMap((run) => singly(run)));
  }
  if (!runtime.losesLastWords && isSpared(head)) return nobody(live.map((run) => rest(run)));
  const known = head.exact || alone;
  if (!known) return nobody(live.map((run) => rest(run, true)));
  const estate = nobody([]);
  blame(head, head.done, estate);
  estate.again.push(...others.map((run) => rest(run)));
  return estate;
}

/**
 * Whether a worker would have said that it begins the next item, and has not. Who is to be stopped in
 * time says so too late for that.
 */
function isSpared(head: Run): boolean {
  return head.exact && !head.solo && head.begun < head.done && !isSuspect(head);
}

/** One item of a run has ended the worker: it is tried again or lost; the others are sent again. */
function blame(run: Run, offset: number, estate: Estate): void {
  const { again } = estate;
  const next = offset + 1;
  // Those before it had ended, but what they came to died with the worker.
  if (run.done < offset) again.push(run.again(run.done, offset, run.attempt, run.exact));
  if (!run.hasFailed(offset)) retryOrLose(run, offset, estate);
  if (next < run.items.length) again.push(run.again(next, run.items.length, 0, run.exact));
}

function retryOrLose(run: Run, offset: number, estate: Estate): void {
  // Nobody else can do what was for this worker, or be sent what has moved to it.
  const wait = run.pinned || run.isGone ? null : run.job.call.retries.take(run.attempt);
  if (wait === null) {
    estate.lost = { run, offset };
    return;
  }
  const retry = run.again(offset, offset + 1, run.attempt + 1, true);
  if (wait > 0) estate.later = { run: retry, wait };
  else estate.again.push(retry);
}

/** Arguments that were moved to the worker are gone: nobody can be sent them again. */
function withoutGone(estate: Estate): Estate {
  const gone = estate.again.findIndex((run) => run.isGone);
  if (gone < 0) return estate;
  // Such a run has its worker to itself: there is one, and nobody else is to blame.
  const [run] = estate.again.splice(gone, 1);
  return { ...estate, lost: { run, offset: 0 } };
}

function nobody(again: Run[]): Estate {
  return { again, later: null, lost: null };
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

/** The error for a task that has ended its worker, and is given up. */
export function lostError(
  worker: WorkerHandle,
  code: number,
  { run, offset }: NonNullable<Estate["lost"]>,
): WorkerLostError {
  const index = run.first + offset;
  const cause = causeOf(worker);
  const message = `Task ${index} was lost: its worker ${worker.name} (pid ${worker.child.pid}) ` +
    `${howEnded(worker, code)}; ${verdict(run)}`;
  const options = cause === undefined ? undefined : { cause };
  const error = localError(() => new WorkerLostError(message, options));
  error.pid = worker.child.pid;
  error.exitCode = code;
  error.taskIndex = index;
  error.attempts = run.attempt + 1;
  return error;
}

/** The error for which a worker has ended, if it could say so. */
export function causeOf(worker: WorkerHandle): unknown {
  return worker.fault ?? worker.uncaught;
}

/** How a worker has ended, behind its name. */
export function howEnded({ fault, uncaught }: WorkerHandle, code: number): string {
  if (fault !== null) return "sent a message that cannot be read, and was ended";
  if (code < 0) {
    const why = OUT_OF_HEAP.includes(code) ? ", probably out of memory: see memoryLimitMb" : "";
    return `was killed by signal ${-code}${why}`;
  }
  const exited = `exited with code ${code}`;
  if (uncaught !== undefined) {
    return `${exited} after an error that nobody caught, ${inShort(uncaught)}`;
  }
  return code === 1 ? `${exited}, as after an uncaught error: standard error shows it` : exited;
}

function inShort(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split("\n", 1)[0];
}

/** Why a task is not tried again. */
function verdict({ attempt, pinned, isGone, job: { call: { retries } } }: Run): string {
  if (isGone) return "its arguments have moved to the worker: nobody else can be sent them";
  if (pinned) return "it was for this worker, and for no other";
  if (retries.times === 0) return "pass { retries } if the task may run again";
  const ended = `it has ended ${attempt + 1} ${attempt === 0 ? "worker" : "workers"}`;
  return attempt >= retries.times
    ? `${ended}, one for each try, and is given up`
    : `${ended}, and the budget of ${retries.budget} retries for all tasks of this call is used up`;
}
