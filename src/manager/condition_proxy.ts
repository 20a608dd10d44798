/**
 * Layer 12, manager. The public ConditionProxy.
 *
 * @module
 */

import { timeoutOf } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import { LockProxy } from "./lock_proxies.ts";
import { invoke, invokeWait, registerProxy } from "./proxy.ts";

/**
 * A condition in the server of a manager: processes wait until one of them says that something has
 * changed. It has the methods of its lock.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const changed = await manager.Condition();
 *   await using _held = await changed.hold();
 *   console.log(await changed.wait({ timeout: 10 })); // false: nobody notifies
 * }
 * ```
 */
export class ConditionProxy extends LockProxy {
  /**
   * Releases the lock, waits to be notified, and takes the lock again, which may take longer than the
   * time-out.
   *
   * @returns Whether it was notified. The lock is held in either case.
   * @throws {ProcessError} If the lock is not held.
   * @throws The signal's reason; the lock is held then, too.
   */
  wait(options?: WaitOptions): Promise<boolean> {
    return invokeWait(this, "wait", options, "wait for the condition");
  }

  /**
   * Waits until a predicate holds, which is asked in this process whenever the condition was notified,
   * and once more when the time is up.
   *
   * @returns What the predicate returned last.
   */
  async waitFor<R>(predicate: () => R | PromiseLike<R>, options?: WaitOptions): Promise<R> {
    const end = performance.now() + timeoutOf(options, "wait for the condition");
    for (;;) {
      const result = await predicate();
      const left = end - performance.now();
      if (result || left <= 0) return result;
      await this.wait({ timeout: left, signal: options?.signal });
    }
  }

  /**
   * Wakes waits. The lock must be held.
   *
   * @param n How many at most. Default 1.
   * @throws {ProcessError} If the lock is not held.
   * @throws {RangeError} If `n` is not a whole number from 0.
   */
  notify(n = 1): Promise<void> {
    if (Number.isInteger(n) && n >= 0) return invoke(this, "notify", [n]);
    return Promise.reject(
      new RangeError(`Cannot notify ${n} waits: give a whole number from 0`),
    );
  }

  /** Wakes all waits. The lock must be held. */
  notifyAll(): Promise<void> {
    return invoke(this, "notify", [Infinity]);
  }
}

registerProxy("Condition", ConditionProxy);
