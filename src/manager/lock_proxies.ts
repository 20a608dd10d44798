/**
 * Layer 12, manager. The public LockProxy and RLockProxy, and the guards of both.
 *
 * @module
 */

import { TimeoutError } from "../errors.ts";
import { onAbandonedOf } from "../sync/holding.ts";
import type { AcquireOptions } from "../sync/holding.ts";
import { ON_ABANDONED } from "../sync/lock_words.ts";
import { invoke, invokeWait, registerProxy, RemoteProxy } from "./proxy.ts";

/** Something of a manager that is held until it is disposed of, once. */
export interface RemoteHeld extends AsyncDisposable {
  /** Whether the holder before had ended without releasing; only with `onAbandoned: "take"`. */
  readonly abandoned: boolean;
  /** Gives it back. A second call does nothing. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A lock in the server of a manager. It belongs to whoever has it: anybody may release it. When the
 * process that acquired it is gone, one acquirer gets an `AbandonedLockError`, once, and the lock is
 * free.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const lock = await manager.Lock();
 *   {
 *     await using _held = await lock.hold();
 *     console.log(await lock.locked()); // true
 *   }
 *   console.log(await lock.locked()); // false
 * }
 * ```
 */
export class LockProxy extends RemoteProxy {
  /**
   * Waits until the lock is free and takes it.
   *
   * @param options `timeout` in milliseconds, default for ever, 0 or less tries once; `signal`;
   * `onAbandoned`.
   * @returns Whether it was taken; `false` when the time is up.
   * @throws {AbandonedLockError} Once, after a holder has ended without releasing.
   * @throws The signal's reason.
   */
  async acquire(options?: AcquireOptions): Promise<boolean> {
    return await acquireLock(this, options, "acquire the lock") !== 0;
  }

  /** Takes the lock if it is free now. */
  tryAcquire(options?: Pick<AcquireOptions, "onAbandoned">): Promise<boolean> {
    return this.acquire({ ...options, timeout: 0 });
  }

  /**
   * Releases the lock.
   *
   * @throws {ProcessError} If nobody holds it; an `RLock`: if another process does.
   */
  release(): Promise<void> {
    return invoke(this, "release", []);
  }

  /**
   * Acquires the lock and returns a guard that releases it: `await using held = await lock.hold()`.
   *
   * @throws {TimeoutError} When the time is up.
   * @throws {AbandonedLockError} As {@link LockProxy.acquire}.
   */
  hold(options?: AcquireOptions): Promise<RemoteHeld> {
    return holdLock(this, options);
  }

  /** Runs a function while holding the lock; returns what it returns. */
  async run<R>(fn: () => R | PromiseLike<R>, options?: AcquireOptions): Promise<R> {
    await using _held = await this.hold(options);
    return await fn();
  }

  /** Whether anybody holds the lock. */
  locked(): Promise<boolean> {
    return invoke(this, "locked", []);
  }
}

/**
 * A lock in the server of a manager that the process which holds it may acquire again. It belongs to
 * that process, or thread: no other one can release it.
 */
export class RLockProxy extends LockProxy {}

/** Acquires the lock of a proxy; resolves to the number of the acquisition, or 0. */
// deno-lint-ignore require-await -- so that a mistake rejects
async function acquireLock(
  proxy: RemoteProxy,
  options: AcquireOptions | undefined,
  action: string,
): Promise<number> {
  const take = onAbandonedOf(options, action) === ON_ABANDONED.TAKE;
  return invokeWait(proxy, "acquire", options, action, take);
}

/** Acquires the lock of a proxy and makes its guard. */
export async function holdLock(
  proxy: RemoteProxy,
  options: AcquireOptions | undefined,
): Promise<RemoteHeld> {
  const ticket = await acquireLock(proxy, options, "hold the lock");
  if (ticket === 0) {
    throw new TimeoutError(
      `Could not hold the lock within ${options?.timeout} ms; wait longer, or use acquire, which ` +
        "returns false",
    );
  }
  return guard(ticket < 0, () => invoke(proxy, "releaseOwn", [ticket]));
}

/** Makes a guard; `release` is called once. */
export function guard(abandoned: boolean, release: () => Promise<void>): RemoteHeld {
  let held = true;
  return {
    abandoned,
    async [Symbol.asyncDispose]() {
      if (!held) return;
      held = false;
      await release();
    },
  };
}

registerProxy("Lock", LockProxy);
registerProxy("RLock", RLockProxy);
