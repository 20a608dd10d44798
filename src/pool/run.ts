/**
 * Layer 10, pool. A run: the piece of a job that goes to a worker at once, some items of a `map` or
 * one `apply`. Owns the items until their results are in, so that they can be sent again.
 *
 * @module
 */

import type { Call } from "./call.ts";
import type { Encoded } from "./encoded.ts";
import type { Listed } from "./roster.ts";

/** Something that asks for calls and takes their results. */
export interface Job extends Listed {
  /** What is called. */
  readonly call: Call;
  /** Whether its results do not matter any more. */
  readonly settled: boolean;
  /** Whether the first failure settles it. */
  readonly failFast: boolean;
  /** How many of its items lie in the queue; the backlog's own. */
  queued: number;
  /** Arguments that were encoded ahead and refer to something. */
  readonly encoded?: readonly Encoded[] | null;
  /** Takes a result. */
  deliver(index: number, value: unknown): void;
  /** Takes a failure. */
  fail(index: number, error: unknown): void;
  /** Everything that has not ended is given up for this reason. */
  abandon(error: unknown): void;
}

/** A job that gives its items out piece by piece. */
export interface Source extends Job {
  /** Items that could be given now; `Infinity` if unknown. */
  available(): number;
  /** The size of a run that the caller asked for, or `null` to choose by time. */
  readonly chunkSize: number | null;
  /** Gives at most `limit` items, or `null` if there are none now. */
  take(limit: number): Run | null;
  /** Items that are known to wait; 0 where nobody knows how many there are. */
  readonly waiting: number;
  /** Whether it will never give an item again. */
  readonly exhausted: boolean;
}

/** In the place of an item that has failed before it had a result, as it could not be sent. */
export const SKIPPED: unique symbol = Symbol("skipped");

/** In the place of arguments that move to a worker: they are not kept here. */
export const MOVED: unique symbol = Symbol("moved");

let lastId = 0;

/** A piece of a job on its way through a worker. */
export class Run {
  readonly id: number = ++lastId;
  readonly job: Job;
  /** Position of the first item in the job. */
  readonly first: number;
  /** The items, or argument lists. */
  readonly items: unknown[];
  /** The only item, encoded when it was submitted. */
  encoded: Encoded | null = null;
  /** Items whose results are in; the next one runs or waits. */
  done = 0;
  /** The item that has begun last, as far as its worker has said so. */
  begun = -1;
  /** How often its worker has died before it began the first item that was left. */
  spared = 0;
  /** How often the first item was tried before. */
  attempt: number;
  /** Shares its worker with nothing else. */
  readonly solo: boolean;
  /** Each result is sent before the next item begins. */
  exact = false;
  /** For one worker only. */
  pinned = false;
  /** The task reads its signal. */
  listening = false;
  /** It was stopped: what it still sends does not matter. */
  stopped = false;
  /** Why it was stopped. */
  reason: unknown;
  /** When its items were submitted, or read from an input. */
  since = NaN;
  /** Ends the wait for a task that takes too long. */
  timer: ReturnType<typeof setTimeout> | undefined;

  constructor(job: Job, first: number, items: unknown[], attempt = 0) {
    this.job = job;
    this.first = first;
    this.items = items;
    this.attempt = attempt;
    this.solo = job.call.guarded;
  }

  /** An item has failed, whatever may still come of it: it is not sent again. */
  setFailed(offset: number): void {
    this.items[offset] = SKIPPED;
    this.encoded?.release();
    this.encoded = null;
  }

  /** Whether an item has failed already. */
  hasFailed(offset: number): boolean {
    return this.items[offset] === SKIPPED;
  }

  /** Whether its arguments have moved to a worker. */
  get isGone(): boolean {
    return this.encoded === null && this.items[0] === MOVED;
  }

  /** Goes past items that have failed already. */
  skip(): void {
    while (this.items[this.done] === SKIPPED) this.done++;
  }

  /** Items without a result. */
  get left(): number {
    return this.items.length - this.done;
  }

  /** What it will take, in milliseconds; `Infinity` if nobody knows. */
  get cost(): number {
    const { perItem } = this.job.call.estimate;
    return perItem === null ? Infinity : perItem * this.left;
  }

  /** A new run for some of the items, to be sent again; `exact` to know whom to blame next time. */
  again(from: number, to: number, attempt: number, exact: boolean): Run {
    const run = new Run(this.job, this.first + from, this.items.slice(from, to), attempt);
    run.exact = exact;
    run.pinned = this.pinned;
    if (from === 0) run.spared = this.spared;
    run.since = attempt > this.attempt ? performance.now() : this.since;
    if (this.items.length === 1) run.encoded = this.encoded;
    return run;
  }
}

/** The items of some runs. */
export function count(runs: readonly Run[]): number {
  let sum = 0;
  for (const run of runs) sum += run.items.length;
  return sum;
}
