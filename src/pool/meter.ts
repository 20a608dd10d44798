/**
 * Layer 10, pool. What a pool measures of its tasks: how long they waited, how long they ran. Owns
 * the two histograms, and the trace where there is one.
 *
 * Nothing here reads the clock for a task. Workers say how long the tasks of each group took that
 * they answer together, and when the first one began; a submission has the time of its batch.
 *
 * @module
 */

import { Histogram } from "./histogram.ts";
import type { Run } from "./run.ts";
import type { Trace } from "./trace.ts";
import type { WorkerClock } from "./worker_clock.ts";

/** So many submissions in one go have the time of the first of them. */
const BATCH = 16;
/** The items of a larger group are counted in so many steps. */
const STEPS = 8;

/** Percentiles of a duration. */
export interface Percentiles {
  /** Half of the tasks took no longer. In milliseconds; `null` before anything was measured. */
  p50: number | null;
  /** 99 of 100 took no longer. */
  p99: number | null;
}

/** Measures the tasks of a pool. */
export class Meter {
  readonly trace: Trace | null;
  #wait = new Histogram();
  #run = new Histogram();
  #time = 0;
  #left = 0;

  constructor(trace: Trace | null) {
    this.trace = trace;
  }

  /** The time of a submission; `first` if nothing else was submitted in this turn. */
  submission(first: boolean): number {
    if (first || --this.#left <= 0) {
      this.#time = performance.now();
      this.#left = BATCH;
    }
    return this.#time;
  }

  /** Some items of a run took so long together; the first began at `began` of the worker's time. */
  group(clock: WorkerClock, run: Run, items: number, milliseconds: number, began: number): void {
    if (items === 0) return;
    const each = milliseconds / items;
    this.#run.add(each, items);
    const wait = clock.here(began) - run.since;
    if (wait < 0) clock.caused(run.since, began);
    if (items === 1) return this.#wait.add(wait);
    // One after the other: each has waited for those before it as well.
    const step = Math.ceil(items / STEPS);
    for (let at = 0; at < items; at += step) {
      const some = Math.min(step, items - at);
      this.#wait.add(wait + (at + (some - 1) / 2) * each, some);
    }
  }

  /** Milliseconds between submission and beginning. */
  get wait(): Percentiles {
    return percentiles(this.#wait);
  }

  /** Milliseconds between beginning and end. */
  get run(): Percentiles {
    return percentiles(this.#run);
  }
}

function percentiles(histogram: Histogram): Percentiles {
  return { p50: histogram.percentile(0.5), p99: histogram.percentile(0.99) };
}
