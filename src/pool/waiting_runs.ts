/**
 * Layer 10, pool. Runs that wait until it is time to try them again. Owns their timers, which do not
 * keep the program alive: their jobs do.
 *
 * @module
 */

import { later } from "../runtime/later.ts";
import type { Job, Run } from "./run.ts";

/** The longest delay that timers take: 24 days. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** Runs that wait until it is time to try them again. */
export class WaitingRuns {
  readonly #onDue: (run: Run) => void;
  readonly #callOffs = new Map<Job, Map<Run, () => void>>();

  constructor(onDue: (run: Run) => void) {
    this.#onDue = onDue;
  }

  /** How many there are. */
  get size(): number {
    let sum = 0;
    for (const { size } of this.#callOffs.values()) sum += size;
    return sum;
  }

  /** Takes a run in for so many milliseconds. */
  add(run: Run, milliseconds: number): void {
    const { job } = run;
    let callOffs = this.#callOffs.get(job);
    if (callOffs === undefined) this.#callOffs.set(job, callOffs = new Map());
    const due = () => {
      callOffs.delete(run);
      if (callOffs.size === 0) this.#callOffs.delete(job);
      this.#onDue(run);
    };
    callOffs.set(run, later(Math.min(milliseconds, MAX_TIMER_MS), due));
  }

  /** Forgets the runs of a job that has ended. */
  drop(job: Job): void {
    for (const callOff of this.#callOffs.get(job)?.values() ?? []) callOff();
    this.#callOffs.delete(job);
  }
}
