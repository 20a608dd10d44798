/**
 * Layer 10, pool. Trying again: how often and when a task is sent again after its worker has died.
 * Owns the budget of one call. What waits for its time is in `waiting_runs.ts`.
 *
 * @module
 */

import { show } from "../show.ts";
import { checkAmount, checkCount } from "./checks.ts";

/** How tasks are tried again after their worker has died. */
export interface RetryOptions {
  /** How often one task is tried again. */
  times: number;
  /**
   * Milliseconds before a task is tried again for the first time. The task waits in the pool and
   * holds up no other. Default 0.
   */
  delay?: number;
  /** By how much the delay grows from one try to the next. Default 2. */
  factor?: number;
  /** The longest delay, in milliseconds. Default 30,000. */
  maxDelay?: number;
  /** How often the tasks of one call, such as a `map`, are tried again together. Default: no limit. */
  budget?: number;
}

const FACTOR = 2;
const MAX_DELAY_MS = 30_000;

/** The retries of one call. */
export class Retries {
  /** How often one task is tried again. */
  readonly times: number;
  /** How often all of them are. */
  readonly budget: number;
  readonly #delay: number;
  readonly #factor: number;
  readonly #maxDelay: number;
  #spent = 0;

  private constructor(times: number, options: RetryOptions | null, action: string) {
    this.times = times;
    const { delay = 0, factor = FACTOR, maxDelay = MAX_DELAY_MS, budget = Infinity } = options ??
      {};
    this.#delay = checkAmount(action, "retries.delay", delay, 0);
    this.#factor = checkAmount(action, "retries.factor", factor, 1);
    this.#maxDelay = checkAmount(action, "retries.maxDelay", maxDelay, 0);
    this.budget = budget === Infinity ? budget : checkCount(action, "retries.budget", budget, 0);
  }

  /** Nothing is tried again. */
  static readonly none: Retries = new Retries(0, null, "");

  /**
   * Checks the option.
   *
   * @throws {TypeError | RangeError} If it is wrong.
   */
  static from(value: unknown, action: string): Retries {
    if (value === undefined || value === 0) return Retries.none;
    if (typeof value === "number") {
      return new Retries(checkCount(action, "retries", value, 0), null, action);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new TypeError(
        `Cannot ${action} with retries ${show(value)}: give a number, or an object such as ` +
          "{ times: 3, delay: 100 }",
      );
    }
    const options = value as RetryOptions;
    return new Retries(checkCount(action, "retries.times", options.times, 0), options, action);
  }

  /** Whether the budget is used up. */
  get overspent(): boolean {
    return this.#spent >= this.budget;
  }

  /**
   * Takes a retry for a task that was tried `attempt` times before its last try.
   *
   * @returns The milliseconds to wait before it, or `null` if there is none.
   */
  take(attempt: number): number | null {
    if (attempt >= this.times || this.overspent) return null;
    this.#spent++;
    return this.#delay && Math.min(this.#delay * this.#factor ** attempt, this.#maxDelay);
  }
}
