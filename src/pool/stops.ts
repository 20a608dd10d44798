/**
 * Layer 10, pool. Stops tasks: one that runs longer than its timeout, and those that nobody wants any
 * more. A task that listens to its signal is asked to stop; any other one is ended with its worker,
 * which the crew replaces.
 *
 * @module
 */

import { TimeoutError } from "../errors.ts";
import { soon } from "../runtime/soon.ts";
import { localError } from "../wire/remote_error.ts";
import { logStop } from "./log_lines.ts";
import type { Job, Run } from "./run.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** The longest delay that timers take: 24 days. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** Ends tasks before their time. */
export class Stops {
  readonly #workers: ReadonlySet<WorkerHandle>;

  /** The workers that live. */
  constructor(workers: ReadonlySet<WorkerHandle>) {
    this.#workers = workers;
  }

  /**
   * Gives a job up: a task of it that has a worker to itself is stopped, by its signal if it listens,
   * else with the worker; what a worker has not begun never begins.
   */
  stop(job: Job, reason: unknown): void {
    for (const worker of this.#workers) {
      const [run] = worker.outstanding;
      if (run?.job === job && worker.outstanding.length === 1) stopRun(worker, run, reason);
      // Short tasks that share a message are not worth a worker: their results are ignored.
      else drop(worker, job);
    }
  }

  /** Lets nothing of a job begin that has not begun; what runs goes on. */
  drop(job: Job): void {
    for (const worker of this.#workers) drop(worker, job);
  }

  /**
   * A task begins: if it has a timeout, it is stopped then, and `onTimeout` is told before. Where
   * this program was busy meanwhile, a result may have come that nobody has looked at.
   */
  guard(worker: WorkerHandle, run: Run, offset: number, onTimeout: (error: Error) => void): void {
    const { timeout } = run.job.call;
    if (timeout === Infinity || run.stopped) return;
    const stop = () => {
      if (run.done > offset || run.stopped || worker.outstanding.peek() !== run) return;
      const why = `Task ${run.first + offset} was stopped: ` +
        `it ran longer than its timeout of ${timeout} ms`;
      const error = localError(() => new TimeoutError(why));
      onTimeout(error);
      stopRun(worker, run, error);
    };
    run.timer = setTimeout(() => {
      worker.drain();
      soon(() => soon(stop));
    }, delay(timeout));
  }
}

function stopRun(worker: WorkerHandle, run: Run, reason: unknown): void {
  if (run.stopped) return;
  run.stopped = true;
  run.reason = reason;
  if (run.timer !== undefined) clearTimeout(run.timer);
  logStop(worker, run, reason);
  if (!run.listening) return worker.kill();
  worker.abort(run, reason);
  const { grace } = run.job.call;
  if (grace !== Infinity) run.timer = setTimeout(() => worker.kill(), delay(grace));
}

function drop(worker: WorkerHandle, job: Job): void {
  for (const run of worker.outstanding) if (run.job === job) worker.drop(run);
}

function delay(milliseconds: number): number {
  return Math.min(Math.max(0, milliseconds), MAX_TIMER_MS);
}
