/**
 * Layer 10, pool. Gives calls up that have not begun, and leaves those that run: what executors do
 * where a pool stops its tasks. Owns nothing; the crew has the workers, `open_jobs.ts` the calls.
 *
 * @module
 */

import type { Crew } from "./crew.ts";
import { ImapJob } from "./imap.ts";
import type { OpenJobs } from "./open_jobs.ts";
import type { Job } from "./run.ts";

/** Gives up what has not begun. */
export class Withdrawal {
  readonly #crew: Crew;
  readonly #jobs: OpenJobs;

  constructor(crew: Crew, jobs: OpenJobs) {
    this.#crew = crew;
    this.#jobs = jobs;
  }

  /** Whether a worker has begun a call; where that is not known, whether it has it. */
  hasBegun(job: Job): boolean {
    return this.#crew.holderOf(job)?.hasBegun(job) ?? false;
  }

  /** Gives a call up that has not begun: it ends with this error. One that has begun goes on. */
  take(job: Job, error: unknown): void {
    if (job.settled) return;
    const worker = this.#crew.holderOf(job);
    worker?.takeAllBack(job);
    if (!worker?.has(job)) job.abandon(error);
  }

  /** Gives all calls up that have not begun; inputs are read no further. */
  takeAll(error: unknown): void {
    const given = new Set<Job>();
    for (const worker of this.#crew.workers) {
      worker.takeAllBack(null);
      for (const { job } of worker.outstanding) given.add(job);
    }
    for (const job of this.#jobs.toArray()) {
      if (job instanceof ImapJob) job.cut(error);
      else if (!given.has(job)) job.abandon(error);
    }
  }

  /** Reads no further where nobody knows how much there is to read: such inputs end with this error. */
  cutInputs(error: unknown): void {
    for (const job of this.#jobs.toArray()) {
      if (job instanceof ImapJob && !job.bounded) job.cut(error);
    }
  }
}
