/**
 * Layer 5, sync. The public Condition: a lock and the waits for what it protects. The protocol is in
 * `condition_words.ts`.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { registerInternal } from "../wire/classes.ts";
import { newEnd } from "../park/adopt.ts";
import type { End } from "../park/end.ts";
import { methodOf } from "../park/start_method.ts";
import type { StartMethod } from "../park/start_method.ts";
import { readEnd, writeEnd } from "../park/travel.ts";
import { timeoutOf } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import {
  awaitNotice,
  beginWait,
  CONDITION_WORDS,
  MAX_WAITS,
  NOTIFIED,
  notifyWaits,
  TOO_MANY,
} from "./condition_words.ts";
import type { AcquireOptions, Held } from "./holding.ts";
import { Lock, lockEnd } from "./lock.ts";
import { acquireLock, acquireRecursive, isLocked, isOwner, ON_ABANDONED } from "./lock_words.ts";
import { acquisition, releaseAll, releaseLock, setAcquisition, setDepth } from "./lock_words.ts";
import { newRLock, RLock, rlockEnd } from "./rlock.ts";

/** What a condition that arrives in a message is made of. */
let arrived: { end: End; lock: Lock | RLock } | null = null;
let endOf: (condition: Condition) => End;

/**
 * A condition variable: processes, threads and asynchronous tasks wait until one of them says that
 * something has changed.
 *
 * Waiting releases the lock, and takes it again before it returns. A notification reaches one wait;
 * if its process dies before it has taken note, another wait gets it.
 *
 * @example
 * ```ts
 * import { Condition, Process, Value } from "@manycore/multiprocessing";
 *
 * export async function consume(changed: Condition, ready: Value) {
 *   using _held = await changed.hold();
 *   await changed.waitFor(() => ready.value === 1);
 *   console.log("ready");
 * }
 *
 * if (import.meta.main) {
 *   const changed = new Condition();
 *   const ready = new Value("int32", 0);
 *   const child = new Process({ target: consume, args: [changed, ready] });
 *   child.start();
 *   await changed.acquire();
 *   ready.value = 1;
 *   changed.notifyAll();
 *   changed.release();
 *   await child.join();
 * }
 * ```
 */
export class Condition {
  /** The context of the class; `null` follows the default start method. */
  static readonly startMethod: StartMethod | null = null;

  readonly #end: End;
  readonly #lock: Lock | RLock;
  readonly #lockEnd: End;
  readonly #recursive: boolean;

  /**
   * Makes a condition.
   *
   * @param lock The lock to use. Default: a new `RLock`.
   * @throws {TypeError} If it is no `Lock` or `RLock`.
   */
  constructor(lock?: Lock | RLock) {
    const Class = this.constructor as typeof Condition;
    if (lock !== undefined && !(lock instanceof Lock) && !(lock instanceof RLock)) {
      throw new TypeError("Cannot make a condition of this lock: give a Lock or an RLock");
    }
    this.#end = arrived?.end ?? newEnd(Class, CONDITION_WORDS);
    this.#lock = arrived?.lock ?? lock ?? newRLock(methodOf(Class));
    this.#recursive = this.#lock instanceof RLock;
    this.#lockEnd = this.#lock instanceof RLock ? rlockEnd(this.#lock) : lockEnd(this.#lock);
  }

  /** The lock of the condition. */
  get lock(): Lock | RLock {
    return this.#lock;
  }

  /** Acquires the lock: see {@link Lock.acquire}. */
  acquire(options?: AcquireOptions): Promise<boolean> {
    return this.#lock.acquire(options);
  }

  /** Acquires the lock, blocking this thread: see {@link Lock.acquireSync}. */
  acquireSync(options?: AcquireOptions): boolean {
    return this.#lock.acquireSync(options);
  }

  /** Takes the lock if it is free now. */
  tryAcquire(options?: Pick<AcquireOptions, "onAbandoned">): boolean {
    return this.#lock.tryAcquire(options);
  }

  /** Releases the lock: see {@link Lock.release}. */
  release(): void {
    this.#lock.release();
  }

  /** Acquires the lock and returns a guard that releases it: see {@link Lock.hold}. */
  hold(options?: AcquireOptions): Promise<Held> {
    return this.#lock.hold(options);
  }

  /** Acquires the lock, blocking this thread, and returns a guard: see {@link Lock.holdSync}. */
  holdSync(options?: AcquireOptions): Held {
    return this.#lock.holdSync(options);
  }

  /**
   * Releases the lock, waits to be notified, and takes the lock again, which may take longer than
   * the time-out. A recursive lock is released altogether, and held as often again afterwards.
   *
   * @param options `timeout` in milliseconds, default for ever; `signal`.
   * @returns Whether it was notified; `false` when the time is up. The lock is held in either case.
   * @throws {ProcessError} If the lock is not held.
   * @throws The signal's reason; the lock is held then, too.
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    const depth = this.#begin(options);
    try {
      return await this.#end.wait(awaitNotice, 0, options, "wait for the condition") === NOTIFIED;
    } finally {
      // The lock's holder may have died meanwhile: what it protects is looked at next anyway.
      await this.#lockEnd.wait(this.#acquisition, ON_ABANDONED.TAKE, undefined, "acquire the lock");
      this.#restore(depth);
    }
  }

  /** As {@link Condition.wait}, blocking this thread. */
  waitSync(options?: WaitOptions): boolean {
    const depth = this.#begin(options);
    try {
      return this.#end.waitSync(awaitNotice, 0, options, "wait for the condition") === NOTIFIED;
    } finally {
      this.#lockEnd.waitSync(this.#acquisition, ON_ABANDONED.TAKE, undefined, "acquire the lock");
      this.#restore(depth);
    }
  }

  /**
   * Waits until a predicate holds, which is asked whenever the condition was notified, and once more
   * when the time is up. The lock must be held, and is held whenever the predicate is asked.
   *
   * @param options `timeout` in milliseconds in all, default for ever; `signal`.
   * @returns What the predicate returned last.
   */
  async waitFor<R>(predicate: () => R | PromiseLike<R>, options?: WaitOptions): Promise<R> {
    const end = deadline(options);
    for (;;) {
      const result = await predicate();
      const left = end - performance.now();
      if (result || left <= 0) return result;
      await this.wait({ timeout: left, signal: options?.signal });
    }
  }

  /** As {@link Condition.waitFor}, blocking this thread. */
  waitForSync<R>(predicate: () => R, options?: WaitOptions): R {
    const end = deadline(options);
    for (;;) {
      const result = predicate();
      const left = end - performance.now();
      if (result || left <= 0) return result;
      this.waitSync({ timeout: left, signal: options?.signal });
    }
  }

  /**
   * Wakes waits. The lock must be held.
   *
   * @param n How many at most. Default 1.
   * @throws {ProcessError} If the lock is not held.
   * @throws {RangeError} If `n` is not a whole number from 0.
   */
  notify(n = 1): void {
    if (!Number.isInteger(n) || n < 0) {
      throw new RangeError(`Cannot notify ${n} waits: give a whole number from 0`);
    }
    this.#requireLock("notify");
    this.#end.now(notifyWaits, n);
  }

  /** Wakes all waits. The lock must be held. */
  notifyAll(): void {
    this.#requireLock("notify");
    this.#end.now(notifyWaits, Infinity);
  }

  get #acquisition() {
    return this.#recursive ? acquireRecursive : acquireLock;
  }

  #requireLock(action: string): void {
    if (this.#lockEnd.now(this.#recursive ? isOwner : isLocked, 0) === 1) return;
    throw new ProcessError(
      `Cannot ${action} a condition whose lock is not held here: acquire it before`,
    );
  }

  /** Counts the wait, then lets the lock go; returns how often it was held. */
  #begin(options: WaitOptions | undefined): number {
    this.#requireLock("wait for");
    // What the wait would refuse, it must refuse before it counts.
    timeoutOf(options, "wait for the condition");
    options?.signal?.throwIfAborted();
    if (this.#end.now(beginWait, 0) === TOO_MANY) {
      throw new ProcessError(
        `Cannot wait for a condition ${MAX_WAITS + 1} times at once in one process or thread`,
      );
    }
    if (this.#recursive) return this.#lockEnd.now(releaseAll, 0);
    const which = this.#lockEnd.now(acquisition, 0);
    this.#lockEnd.now(releaseLock, 0);
    return which;
  }

  #restore(depth: number): void {
    // Whoever holds the lock through a guard still does.
    this.#lockEnd.now(this.#recursive ? setDepth : setAcquisition, depth);
  }

  static {
    endOf = (condition) => condition.#end;
  }
}

function deadline(options: WaitOptions | undefined): number {
  return performance.now() + timeoutOf(options, "wait for the condition");
}

registerInternal(Condition, "Condition", import.meta.url, {
  encode(output, condition) {
    writeEnd(output, endOf(condition));
    output.value(condition.lock, "lock");
  },
  decode(input) {
    const end = readEnd(input);
    const lock = input.value() as Lock | RLock;
    arrived = { end, lock };
    try {
      return new Condition();
    } finally {
      arrived = null;
    }
  },
});
showsAs(Condition, ({ lock }) => ({ lock }));
