/**
 * Layer 8, shared. Which lock a shared value or array gets. May touch `sync/`.
 *
 * @module
 */

import type { StartMethod } from "../park/start_method.ts";
import { show } from "../show.ts";
import { newRLock } from "../sync/rlock.ts";
import type { RLock } from "../sync/rlock.ts";

/** What can be given as the lock of a shared value or array. */
export interface LockLike {
  /** Takes the lock. */
  acquire(...options: never[]): unknown;
  /** Gives it back. */
  release(): void;
}

/** The lock of a shared value or array. */
export interface LockOptions<L extends LockLike = RLock> {
  /** A lock to use; `true` makes an `RLock`, `false` none. Default `true`. */
  readonly lock?: L | boolean;
}

/** The lock that the options of a constructor ask for. */
export function chooseLock(options: unknown, method: StartMethod, action: string): LockLike | null {
  if (options !== undefined && (typeof options !== "object" || options === null)) {
    throw new TypeError(`Cannot ${action} with ${show(options)}: give options, such as { lock }`);
  }
  const lock: unknown = (options as LockOptions | undefined)?.lock ?? true;
  if (lock === false) return null;
  if (lock === true) return newRLock(method);
  if (isLock(lock)) return lock;
  throw new TypeError(
    `Cannot ${action} with the lock ${show(lock)}: give a Lock or RLock, true or false`,
  );
}

/** Whether a value can be used as a lock. */
export function isLock(value: unknown): value is LockLike {
  return typeof value === "object" && value !== null &&
    typeof (value as LockLike).acquire === "function" &&
    typeof (value as LockLike).release === "function";
}
