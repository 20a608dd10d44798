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
  /** Those that listen to a signal: one of them may be that of many. */
  readonly #listening = new Map<AbortSignal, { jobs: Set<Job>; abort: () => void }>();
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
    this.#listen(signal).add(job);
    if (signal.aborted) this.#abort(job, signal); // by code that has run since it was checked
  }

  /** A job has ended. */
  delete(job: Job): void {
    this.#all.delete(job);
    if (!(job instanceof ImapJob) && --this.#held === 0) this.#release!();
    const { signal } = job.call;
    const listening = signal && this.#listening.get(signal);
    if (!listening?.jobs.delete(job) || listening.jobs.size > 0) return;
    signal!.removeEventListener("abort", listening.abort);
    this.#listening.delete(signal!);
  }

  /** Those that listen to a signal. */
  #listen(signal: AbortSignal): Set<Job> {
    const known = this.#listening.get(signal);
    if (known !== undefined) return known.jobs;
    const jobs = new Set<Job>();
    const abort = () => {
      for (const job of jobs) this.#abort(job, signal);
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#listening.set(signal, { jobs, abort });
    return jobs;
  }

  #abort(job: Job, signal: AbortSignal): void {
    job.abandon(signal.reason);
    this.#stop(job, signal.reason);
  }
}
