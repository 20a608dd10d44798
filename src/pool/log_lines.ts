/**
 * Layer 10, pool. What a pool says to the logger, so that who debugs a program can follow it. Words
 * only: nothing here decides anything.
 *
 * @module
 */

import { logger } from "../process/logging.ts";
import type { Estate } from "./blame.ts";
import { count } from "./run.ts";
import type { Job, Run } from "./run.ts";
import { nameOf } from "./trace.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** A worker has ended. While the pool is open it is replaced; where it was told to end, why. */
export function logEnd(worker: WorkerHandle, code: number, open: boolean): void {
  if (!open) return;
  const { name, ready, stopping, tasksDone } = worker;
  const stopped = [...worker.outstanding].find((run) => run.stopped);
  if (stopped !== undefined) {
    logger.info(() => `${name} is replaced: its task was stopped: ${words(stopped.reason)}`);
  } else if (stopping) {
    logger.info(() => `${name} is replaced: it has done its ${tasksDone} tasks`);
  } else {
    const when = ready ? "lost" : "lost before it was ready";
    const why = worker.fault?.message ?? `exit code ${code}`;
    logger.warning(() => `${name} is replaced: it was ${when}: ${why}`);
  }
}

/** What became of the work of a worker that has ended. */
export function logEstate(worker: WorkerHandle, { again, later, lost }: Estate): void {
  const tried = later === null ? again.filter(({ attempt }) => attempt > 0) : [later.run];
  for (const { first, attempt, job } of tried) {
    const when = later === null ? "" : ` in ${later.wait} ms`;
    logger.info(() => `task ${first} of ${name(job)} is tried again${when}: try ${attempt + 1}`);
  }
  if (lost !== null) {
    const { run, offset } = lost;
    logger.info(() => `task ${run.first + offset} of ${name(run.job)} is lost with ${worker.name}`);
  }
  const others = count(again.filter(({ attempt, pinned }) => attempt === 0 && !pinned));
  if (others > 0) logger.debug(() => `${others} tasks of ${worker.name} go to other workers`);
}

/** A task is stopped while it runs. */
export function logStop(worker: WorkerHandle, run: Run, reason: unknown): void {
  logger.debug(() =>
    `${worker.name}: ${
      run.listening ? "the signal of its task aborts" : "it is ended, as its task does not listen"
    }: ${words(reason)}`
  );
}

function name(job: Job): string {
  return nameOf(job.call.fn);
}

function words(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
