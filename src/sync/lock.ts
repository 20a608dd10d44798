/**
 * Layer 5, sync. The public Lock. Owns the wording of its errors; the protocol is in
 * `lock_words.ts`.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { newEnd, registerShared } from "../park/adopt.ts";
import type { End } from "../park/end.ts";
import type { StartMethod } from "../park/start_method.ts";
import { guard, notHeld, onAbandonedOf, wasTaken } from "./holding.ts";
import type { AcquireOptions, Held } from "./holding.ts";
import {
  acquireLock,
  acquisition,
  HELD,
  isLocked,
  LOCK_WORDS,
  releaseLock,
  releaseOwn,
  tryLock,
} from "./lock_words.ts";

let endOf: (lock: Lock) => End;

/**
 * A lock: at most one holder, among all processes, threads and asynchronous tasks that have it.
 *
 * A lock that is free goes to whoever comes first; a waiter that has been overtaken for some
 * milliseconds goes before all others. It crosses in arguments and messages. When its holder ends
 * without releasing it, one acquirer gets an {@link AbandonedLockError} and the lock is free again.
 * Acquiring it twice in the same isolate waits for a release, as for any other holder.
 *
 * @example
 * ```ts
 * import { Lock, Process, Value } from "@manycore/multiprocessing";
 *
 * export function work(lock: Lock, total: Value) {
 *   for (let i = 0; i < 1000; i++) {
 *     using _held = lock.holdSync();
 *     total.value += 1;
 *   }
 * }
 *
 * if (import.meta.main) {
 *   const lock = new Lock();
 *   const total = new Value("int32", 0);
 *   const children = [1, 2, 3].map(() => new Process({ target: work, args: [lock, total] }));
 *   for (const child of children) child.start();
 *   for (const child of children) await child.join();
 *   console.log(total.value); // 3000
 * }
 * ```
 */
export class Lock {
  /** The context of the class; `null` follows the default start method. */
  static readonly startMethod: StartMethod | null = null;

  readonly #end: End = newEnd(this.constructor as typeof Lock, LOCK_WORDS);

  /**
   * Waits until the lock is free and takes it, without blocking the event loop.
   *
   * @param options `timeout` in milliseconds, default for ever, 0 or less tries once; `signal`;
   * `onAbandoned`.
   * @returns Whether the lock was taken; `false` when the time is up.
   * @throws {AbandonedLockError} Once, after a holder has ended without releasing.
   * @throws The signal's reason.
   */
  async acquire(options?: AcquireOptions): Promise<boolean> {
    const argument = onAbandonedOf(options, "acquire the lock");
    return wasTaken(await this.#end.wait(acquireLock, argument, options, "acquire the lock"));
  }

  /** As {@link Lock.acquire}, blocking this thread. A signal counts only before the wait begins. */
  acquireSync(options?: AcquireOptions): boolean {
    const argument = onAbandonedOf(options, "acquire the lock");
    return wasTaken(this.#end.waitSync(acquireLock, argument, options, "acquire the lock"));
  }

  /** Takes the lock if it is free now. Never waits. */
  tryAcquire(options?: Pick<AcquireOptions, "onAbandoned">): boolean {
    return wasTaken(this.#end.now(tryLock, onAbandonedOf(options, "acquire the lock")));
  }

  /**
   * Releases the lock. Anybody may: a lock belongs to whoever has it, not to who acquired it.
   *
   * @throws {ProcessError} If nobody holds the lock.
   */
  release(): void {
    if (this.#end.now(releaseLock, 0) === HELD) {
      throw new ProcessError(
        "Cannot release a lock that nobody holds: call release once for each acquire, and only when " +
          "that has succeeded: acquire() returns a promise, to be awaited; acquireSync() does not",
      );
    }
  }

  /**
   * Acquires the lock and returns a guard that releases it: `using held = await lock.hold()`.
   *
   * @throws {TimeoutError} When the time is up: there is nothing to hold.
   * @throws {AbandonedLockError} As {@link Lock.acquire}.
   */
  async hold(options?: AcquireOptions): Promise<Held> {
    const argument = onAbandonedOf(options, "hold the lock");
    const result = await this.#end.wait(acquireLock, argument, options, "hold the lock");
    return this.#guard(result, options);
  }

  /** As {@link Lock.hold}, blocking this thread. */
  holdSync(options?: AcquireOptions): Held {
    const argument = onAbandonedOf(options, "hold the lock");
    return this.#guard(
      this.#end.waitSync(acquireLock, argument, options, "hold the lock"),
      options,
    );
  }

  /**
   * Runs a function while holding the lock; releases it when the function has ended, also by an error.
   *
   * @returns What the function returns.
   */
  async run<R>(fn: () => R | PromiseLike<R>, options?: AcquireOptions): Promise<R> {
    const held = await this.hold(options);
    try {
      return await fn();
    } finally {
      held[Symbol.dispose]();
    }
  }

  /** Whether anybody holds the lock; may have changed before you look at the answer. */
  locked(): boolean {
    return this.#end.now(isLocked, 0) === 1;
  }

  #guard(result: number, options: AcquireOptions | undefined): Held {
    if (!wasTaken(result)) throw notHeld("lock", options);
    const which = this.#end.now(acquisition, 0);
    return guard(result, () => void this.#end.now(releaseOwn, which));
  }

  static {
    endOf = (lock) => lock.#end;
  }
}

/** The end of a lock, for objects that are made of one. */
export function lockEnd(lock: Lock): End {
  return endOf(lock);
}

registerShared(Lock, "Lock", import.meta.url, lockEnd);
showsAs(Lock, (lock) => ({ locked: lock.locked() }));
