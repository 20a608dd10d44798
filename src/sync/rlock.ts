/**
 * Layer 5, sync. The public RLock. Owns the wording of its errors; the protocol is in
 * `lock_words.ts`.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { construct, newEnd, registerShared } from "../park/adopt.ts";
import type { End } from "../park/end.ts";
import type { StartMethod } from "../park/start_method.ts";
import { makeEnd } from "../park/travel.ts";
import { guard, notHeld, onAbandonedOf, wasTaken } from "./holding.ts";
import type { AcquireOptions, Held } from "./holding.ts";
import {
  acquireRecursive,
  HELD,
  isLocked,
  LOCK_WORDS,
  NOT_OWNER,
  releaseRecursive,
  tryRecursive,
} from "./lock_words.ts";

let endOf: (lock: RLock) => End;

/**
 * A recursive lock: its holder, a process or a thread, may acquire it again, and releases it as often.
 *
 * It belongs to an isolate. Asynchronous tasks of one isolate therefore do not exclude each other:
 * use {@link Lock} for that. In everything else it is like `Lock`.
 *
 * @example
 * ```ts
 * import { RLock } from "@manycore/multiprocessing";
 *
 * const lock = new RLock();
 * using _outer = await lock.hold();
 * using _inner = await lock.hold(); // the same isolate: at once
 * console.log(lock.locked()); // true
 * ```
 */
export class RLock {
  /** The context of the class; `null` follows the default start method. */
  static readonly startMethod: StartMethod | null = null;

  readonly #end: End = newEnd(this.constructor as typeof RLock, LOCK_WORDS);

  /**
   * Waits until the lock is free and takes it, without blocking the event loop.
   * An isolate that holds it gets it again at once, and has to release it as often.
   *
   * @param options `timeout` in milliseconds, default for ever, 0 or less tries once; `signal`;
   * `onAbandoned`.
   * @returns Whether the lock was taken; `false` when the time is up.
   * @throws {AbandonedLockError} Once, after a holder has ended without releasing.
   * @throws The signal's reason.
   */
  async acquire(options?: AcquireOptions): Promise<boolean> {
    const argument = onAbandonedOf(options, "acquire the lock");
    return wasTaken(await this.#end.wait(acquireRecursive, argument, options, "acquire the lock"));
  }

  /** As {@link RLock.acquire}, blocking this thread. A signal counts only before the wait begins. */
  acquireSync(options?: AcquireOptions): boolean {
    const argument = onAbandonedOf(options, "acquire the lock");
    return wasTaken(this.#end.waitSync(acquireRecursive, argument, options, "acquire the lock"));
  }

  /** Takes the lock if it is free now. Never waits. */
  tryAcquire(options?: Pick<AcquireOptions, "onAbandoned">): boolean {
    return wasTaken(this.#end.now(tryRecursive, onAbandonedOf(options, "acquire the lock")));
  }

  /**
   * Takes back one acquisition; the last one frees the lock.
   *
   * @throws {ProcessError} If nobody holds the lock, or another isolate does.
   */
  release(): void {
    const result = this.#end.now(releaseRecursive, 0);
    if (result === HELD) {
      throw new ProcessError(
        "Cannot release a lock that nobody holds: call release once for each acquire, and only when " +
          "that has succeeded: acquire() returns a promise, to be awaited; acquireSync() does not",
      );
    }
    if (result === NOT_OWNER) {
      throw new ProcessError(
        "Cannot release a recursive lock that another process or thread holds: it belongs to its " +
          "holder; use Lock for one that anybody may release",
      );
    }
  }

  /**
   * Acquires the lock and returns a guard that releases it: `using held = await lock.hold()`.
   *
   * @throws {TimeoutError} When the time is up: there is nothing to hold.
   * @throws {AbandonedLockError} As {@link RLock.acquire}.
   */
  async hold(options?: AcquireOptions): Promise<Held> {
    const argument = onAbandonedOf(options, "hold the lock");
    const result = await this.#end.wait(acquireRecursive, argument, options, "hold the lock");
    return this.#guard(result, options);
  }

  /** As {@link RLock.hold}, blocking this thread. */
  holdSync(options?: AcquireOptions): Held {
    const argument = onAbandonedOf(options, "hold the lock");
    return this.#guard(
      this.#end.waitSync(acquireRecursive, argument, options, "hold the lock"),
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
    return guard(result, () => void this.#end.now(releaseRecursive, 0));
  }

  static {
    endOf = (lock) => lock.#end;
  }
}

/** The end of a recursive lock, for objects that are made of one. */
export function rlockEnd(lock: RLock): End {
  return endOf(lock);
}

/** Makes a recursive lock for a start method: the default lock of other objects. */
export function newRLock(method: StartMethod): RLock {
  return construct(RLock, makeEnd(method, LOCK_WORDS));
}

registerShared(RLock, "RLock", import.meta.url, rlockEnd);
showsAs(RLock, (lock) => ({ locked: lock.locked() }));
