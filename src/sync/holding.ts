/**
 * Layer 5, sync. What locks and semaphores have in common for their users: options, results turned
 * into errors, and the guards of `using`.
 *
 * @module
 */

import { AbandonedLockError, TimeoutError } from "../errors.ts";
import type { WaitOptions } from "../park/wait.ts";
import { EXPIRED } from "../park/operation.ts";
import { ABANDONED, HELD, ON_ABANDONED, TAKEN_ABANDONED } from "./lock_words.ts";

/** How to acquire a lock. */
export interface AcquireOptions extends WaitOptions {
  /**
   * What to do when the holder has ended without releasing: `"throw"` an `AbandonedLockError` once,
   * and leave the lock free; or `"take"` it all the same. Default `"throw"`.
   */
  onAbandoned?: "throw" | "take";
}

/** Something that is held until it is disposed of, once. */
export interface Held extends Disposable {
  /** Whether the holder before had ended without releasing; only with `onAbandoned: "take"`. */
  readonly abandoned: boolean;
  /** Gives it back. A second call does nothing. */
  [Symbol.dispose](): void;
}

/** The argument of an acquisition. */
export function onAbandonedOf(options: AcquireOptions | undefined, action: string): number {
  const wish = options?.onAbandoned ?? "throw";
  if (wish === "throw") return ON_ABANDONED.TELL;
  if (wish === "take") return ON_ABANDONED.TAKE;
  throw new TypeError(
    `Cannot ${action} with onAbandoned ${JSON.stringify(wish)}: use "throw" or "take"`,
  );
}

/** Whether the lock was taken. */
export function wasTaken(result: number): boolean {
  if (result === ABANDONED) {
    throw new AbandonedLockError(
      "The process or thread that held the lock has ended without releasing it, so what the lock " +
        "protects may be half done; put it right and acquire again, or acquire with " +
        '{ onAbandoned: "take" }',
    );
  }
  return result !== HELD && result !== EXPIRED;
}

/** Makes the guard of an acquisition that succeeded; `release` is called once. */
export function guard(result: number, release: () => void): Held {
  let held = true;
  return {
    abandoned: result === TAKEN_ABANDONED,
    [Symbol.dispose]() {
      if (held) release();
      held = false;
    },
  };
}

/** The error of a `hold` that ran out of time: there is nothing to hold. */
export function notHeld(what: string, options: WaitOptions | undefined): TimeoutError {
  return new TimeoutError(
    `Could not hold the ${what} within ${options?.timeout} ms; wait longer, or use acquire, which ` +
      "returns false",
  );
}
