/**
 * Layer 10, pool. What is to be called and how: the function, checked, with the options that every
 * method of a pool shares, and an estimate of how long one call takes.
 *
 * @module
 */

import { checkTimeout } from "../park/wait.ts";
import type { Encoder } from "../wire/encode.ts";
import { toFunction } from "../wire/functions/mod.ts";
import type { FunctionSpec } from "../wire/functions/mod.ts";
import { checkAmount } from "./checks.ts";
import { Retries } from "./retries.ts";
import type { RetryOptions } from "./retries.ts";

/** Options that every method takes. */
export interface TaskOptions {
  /**
   * Milliseconds that one task may run, counted from its start. A task that runs longer is stopped
   * and rejects with a `TimeoutError`. Default: for ever. 0 or less stops it at once, unless it has
   * ended by then.
   */
  timeout?: number;
  /** Stops what runs and drops what has not begun; the call rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * How often a task is tried again after its worker died, or {@link RetryOptions}. Only for tasks
   * that may run twice. Default 0.
   */
  retries?: number | RetryOptions;
  /**
   * Milliseconds that a task which listens to its own signal has to end by itself before its worker
   * is replaced. Default 1000.
   */
  grace?: number;
  /** Receives what tasks report, with the position of the task. */
  onReport?: (value: unknown, taskIndex: number) => void;
}

const DEFAULT_GRACE_MS = 1000;

/** Milliseconds per call of one function, learnt from what workers measure. */
export class Estimate {
  /** `null` until something was measured. */
  perItem: number | null = null;

  /** Takes in a measurement: fast when calls take longer than thought, slowly when shorter. */
  learn(milliseconds: number, items: number): void {
    if (items === 0) return;
    const sample = milliseconds / items;
    const known = this.perItem;
    this.perItem = known === null || sample > known ? sample : known * 0.7 + sample * 0.3;
  }
}

// deno-lint-ignore ban-types
const estimates = new WeakMap<Function, Estimate>();

/** A function to call, with its options checked. */
export class Call {
  // deno-lint-ignore ban-types
  readonly fn: Function;
  readonly star: boolean;
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  readonly retries: Retries;
  readonly grace: number;
  readonly priority: number;
  readonly onReport: ((value: unknown, taskIndex: number) => void) | undefined;
  readonly estimate: Estimate;

  /**
   * Checks everything, and that the function can travel.
   *
   * @param action Such as `map`, for messages.
   * @throws {FunctionReferenceError} If a worker could not find the function.
   * @throws {TypeError | RangeError} If an option is wrong.
   */
  constructor(action: string, fn: unknown, star: boolean, options: TaskOptions, scratch: Encoder) {
    this.fn = toFunction(fn as FunctionSpec, `${action}'s function`);
    try {
      scratch.value(this.fn, "fn");
    } finally {
      scratch.reset();
    }
    this.star = star;
    this.timeout = checkTimeout(options.timeout, action);
    this.retries = Retries.from(options.retries, action);
    this.grace = checkAmount(action, "grace", options.grace ?? DEFAULT_GRACE_MS, 0);
    if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
      throw new TypeError(
        `Cannot ${action} with signal ${String(options.signal)}: give an AbortSignal`,
      );
    }
    this.signal = options.signal;
    this.onReport = options.onReport;
    const { priority = 0 } = options as { priority?: number };
    if (typeof priority !== "number" || !Number.isFinite(priority)) {
      throw new TypeError(
        `Cannot ${action} with priority ${String(priority)}: give a number, higher ones go first`,
      );
    }
    this.priority = priority;
    let estimate = estimates.get(this.fn);
    if (estimate === undefined) estimates.set(this.fn, estimate = new Estimate());
    this.estimate = estimate;
  }

  /** Whether a task may have to be stopped: then it shares its worker with nothing else. */
  get guarded(): boolean {
    return this.timeout !== Infinity || this.signal !== undefined;
  }
}
