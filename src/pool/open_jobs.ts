/**
 * Layer 10, pool. The jobs of a pool that have not ended. Keeps the program alive while one of them
 * is awaited, and listens to their signals.
 *
 * @module
 */

import { runtime } from "../runtime/mod.ts";
import { ImapJob } from "./imap.ts";
import { Roster } from "./roster.ts";
import type { Job } from "./run.ts";

/** A set of jobs. */
export class OpenJobs {
  readonly #all = new Roster<Job>();
  readonly #aborts = new Map<Job, () => void>();
  readonly #stop: (job: Job, reason: unknown) => void;
  #held = 0;
  #release: (() => void) | null = null;

  /** `stop` ends what already runs of a job whose signal has aborted. */
  constructor(stop: (job: Job, reason: unknown) => void) {
    this.#stop = stop;
  }

  /** How many there are. */
  get size(): number {
    return this.#all.size;
  }

  /** Those of this moment. */
  toArray(): Job[] {
    return this.#all.toArray();
  }

  /** Counts a job in, until it ends. */
  add(job: Job): void {
    this.#all.add(job);
    // The loop over the results of an `imap` holds the program itself.
    if (!(job instanceof ImapJob) && this.#held++ === 0) this.#release = runtime.keepAlive();
    const { signal } = job.call;
    if (signal === undefined) return;
    const abort = () => {
      job.abandon(signal.reason);
      this.#stop(job, signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#aborts.set(job, abort);
    if (signal.aborted) abort(); // by code that has run since it was checked, such as a getter
  }

  /** A job has ended. */
  delete(job: Job): void {
    this.#all.delete(job);
    if (!(job instanceof ImapJob) && --this.#held === 0) this.#release!();
    const abort = this.#aborts.get(job);
    if (abort === undefined) return;
    job.call.signal!.removeEventListener("abort", abort);
    this.#aborts.delete(job);
  }
}
