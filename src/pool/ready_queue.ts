/**
 * Layer 10, pool. The runs that wait for a worker: those of higher priority first, and in one priority
 * first come, first served.
 *
 * @module
 */

import { Deque } from "../deque.ts";
import type { Run } from "./run.ts";

/** A queue for each priority that is in use. */
export class ReadyQueue {
  #length = 0;
  /** From the highest priority to the lowest; the one of priority 0 always. */
  #levels: { priority: number; runs: Deque<Run> }[] = [{ priority: 0, runs: new Deque() }];

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** Adds at the end of its priority. */
  push(run: Run): void {
    this.#length++;
    this.#level(run).push(run);
  }

  /** Adds in front of its priority. */
  unshift(run: Run): void {
    this.#length++;
    this.#level(run).unshift(run);
  }

  /** The first, without taking it. */
  peek(): Run | undefined {
    for (const { runs } of this.#levels) if (runs.length > 0) return runs.peek();
    return undefined;
  }

  /** Takes the first. */
  shift(): Run | undefined {
    for (let i = 0; i < this.#levels.length; i++) {
      const { priority, runs } = this.#levels[i];
      if (runs.length === 0) continue;
      this.#length--;
      const run = runs.shift();
      if (runs.length === 0 && priority !== 0) this.#levels.splice(i, 1);
      return run;
    }
    return undefined;
  }

  /** Lets those go that these do not keep, and returns them. */
  sweep(keeps: (run: Run) => boolean): Run[] {
    const gone: Run[] = [];
    for (const level of this.#levels) {
      const kept = new Deque<Run>();
      for (const run of level.runs) {
        if (keeps(run)) kept.push(run);
        else gone.push(run);
      }
      level.runs = kept;
    }
    this.#levels = this.#levels.filter(({ priority, runs }) => priority === 0 || runs.length > 0);
    this.#length -= gone.length;
    return gone;
  }

  #level(run: Run): Deque<Run> {
    const { priority } = run.job.call;
    const levels = this.#levels;
    let at = 0;
    for (let end = levels.length; at < end;) { // a program may use as many as it has calls
      const middle = (at + end) >> 1;
      if (levels[middle].priority > priority) at = middle + 1;
      else end = middle;
    }
    if (levels[at]?.priority === priority) return levels[at].runs;
    const runs = new Deque<Run>();
    levels.splice(at, 0, { priority, runs });
    return runs;
  }
}
