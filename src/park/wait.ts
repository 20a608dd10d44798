/**
 * Layer 4, park. Waiting with a deadline and an abort signal: the one place that turns
 * `{ timeout, signal }` into behaviour. Owns its timer and listeners while a wait lasts, and removes
 * all; keeps the isolate alive meanwhile.
 *
 * @module
 */

import { runtime } from "../runtime/mod.ts";
import { show } from "../show.ts";
import { whenSettled } from "./settled.ts";

/** How long a call may wait. */
export interface WaitOptions {
  /** Milliseconds in all. Default: for ever. 0 or less: try once. */
  timeout?: number;
  /** Ends the wait; the call rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What {@link waitFor} resolves to when the time is up. */
export const EXPIRED: unique symbol = Symbol("expired");

/** What waiting calls know; each ignores what only others read. */
const KNOWN = new Set(
  "timeout signal transfer offset size onAbandoned returnWhen authKey".split(" "),
);
/** Python's way not to wait. */
const BLOCKING = /^block(?:ing)?$/;

/** The longest delay that timers take; longer ones are waited for in steps. */
const MAX_TIMER_MS = 0x7fff_ffff;

/**
 * Checks a `timeout` option.
 *
 * @returns Milliseconds, or `Infinity`.
 * @throws {RangeError} If it is `NaN`.
 * @throws {TypeError} If it is not a number.
 */
export function checkTimeout(timeout: number | undefined, action: string): number {
  if (timeout === undefined) return Infinity;
  if (typeof timeout !== "number") {
    throw new TypeError(
      `Cannot ${action} with timeout ${show(timeout)}: give milliseconds as a number`,
    );
  }
  if (Number.isNaN(timeout)) {
    throw new RangeError(
      `Cannot ${action} with timeout NaN: give milliseconds, or leave it out to wait for ever`,
    );
  }
  return timeout;
}

/**
 * Checks the options of a wait: an object, if there are any.
 *
 * @returns Milliseconds, or `Infinity`.
 * @throws {TypeError | RangeError} As {@link checkTimeout}.
 */
export function timeoutOf(options: WaitOptions | undefined, action: string): number {
  if (options === undefined) return Infinity;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot ${action} with ${
        show(options)
      }: give { timeout } in milliseconds, { signal }, or both`,
    );
  }
  for (const name in options) if (!KNOWN.has(name)) refuse(name, action);
  return checkTimeout(options.timeout, action);
}

function refuse(name: string, action: string): never {
  const advice = /^time_?out/i.test(name)
    ? "it is called timeout, in milliseconds"
    : BLOCKING.test(name)
    ? "give { timeout: 0 } not to wait"
    : "there are timeout, in milliseconds, and signal";
  throw new TypeError(`Cannot ${action} with an option ${JSON.stringify(name)}: ${advice}`);
}

/**
 * Waits for a promise, at most `timeout` milliseconds, until `signal` aborts.
 *
 * @returns What the promise resolves to, or {@link EXPIRED}.
 * @throws The signal's reason, or what the promise rejects with.
 */
export async function waitFor<T>(
  promise: PromiseLike<T>,
  options: WaitOptions | undefined,
  action: string,
): Promise<T | typeof EXPIRED> {
  const timeout = timeoutOf(options, action);
  const signal = options?.signal;
  signal?.throwIfAborted();
  const release = runtime.keepAlive();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  let callOff: (() => void) | undefined;
  try {
    return await new Promise<T | typeof EXPIRED>((resolve, reject) => {
      callOff = whenSettled(promise, resolve, reject);
      if (timeout <= 0) {
        // Gives a promise that has settled the two turns that it needs to win.
        Promise.resolve().then(() => {}).then(() => {}).then(() => resolve(EXPIRED));
      } else if (timeout !== Infinity) {
        const end = performance.now() + timeout;
        const arm = () => {
          const left = end - performance.now();
          if (left <= 0) resolve(EXPIRED);
          else timer = setTimeout(arm, Math.min(left, MAX_TIMER_MS));
        };
        timer = setTimeout(arm, Math.min(timeout, MAX_TIMER_MS));
      }
      onAbort = () => reject(signal!.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  } finally {
    clearTimeout(timer);
    callOff?.();
    if (onAbort) signal?.removeEventListener("abort", onAbort);
    release();
  }
}
