/**
 * Layer 5, sync. The public Semaphore and BoundedSemaphore. The protocol is in `semaphore_words.ts`.
 *
 * @module
 */

import { showsAs } from "../inspect.ts";
import { isArriving, newEnd, registerShared } from "../park/adopt.ts";
import type { End } from "../park/end.ts";
import type { StartMethod } from "../park/start_method.ts";
import type { WaitOptions } from "../park/wait.ts";
import { show } from "../show.ts";
import { MAX_PERMITS } from "./held_permits.ts";
import { guard, notHeld } from "./holding.ts";
import type { Held } from "./holding.ts";
import {
  acquirePermit,
  DONE,
  initSemaphore,
  NONE,
  PERMIT,
  permitCount,
  releaseHeld,
  releasePermits,
  SEMAPHORE_WORDS,
  tryPermit,
} from "./semaphore_words.ts";

let endOf: (semaphore: Semaphore) => End;

/**
 * A semaphore: so many permits, among all processes, threads and asynchronous tasks that have it.
 *
 * A permit taken with `acquire` is anybody's to give back. One taken with `hold` or `run` comes back
 * by itself when its holder ends. Permits go to whoever comes first; a waiter that has been overtaken
 * for some milliseconds goes before all others.
 *
 * @example
 * ```ts
 * import { Process, Semaphore } from "@manycore/multiprocessing";
 *
 * export async function work(places: Semaphore, id: number) {
 *   using _place = await places.hold();
 *   console.log(`${id} is inside`);
 * }
 *
 * if (import.meta.main) {
 *   const places = new Semaphore(3);
 *   const children = [1, 2, 3, 4, 5].map((id) => new Process({ target: work, args: [places, id] }));
 *   for (const child of children) child.start();
 *   for (const child of children) await child.join();
 *   console.log(places.value); // 3
 * }
 * ```
 */
export class Semaphore {
  /** The context of the class; `null` follows the default start method. */
  static readonly startMethod: StartMethod | null = null;

  readonly #end: End;

  /**
   * Makes a semaphore.
   *
   * @param value How many permits there are at first: a whole number from 0 to 2,097,151. Default 1.
   * @throws {RangeError} If it is not.
   */
  constructor(value = 1) {
    if (!isArriving()) checkPermits(value, "make a semaphore with");
    const bound = this instanceof BoundedSemaphore ? value : MAX_PERMITS;
    this.#end = newEnd(
      this.constructor as typeof Semaphore,
      SEMAPHORE_WORDS,
      (words, at) => initSemaphore(words, at, value, bound),
    );
  }

  /**
   * Waits for a permit and takes it, without blocking the event loop.
   *
   * @param options `timeout` in milliseconds, default for ever, 0 or less tries once; `signal`.
   * @returns Whether a permit was taken; `false` when the time is up.
   * @throws The signal's reason.
   */
  async acquire(options?: WaitOptions): Promise<boolean> {
    const action = "acquire the semaphore";
    return await this.#end.wait(acquirePermit, PERMIT.ANONYMOUS, options, action) === DONE;
  }

  /** As {@link Semaphore.acquire}, blocking this thread. A signal counts only before the wait begins. */
  acquireSync(options?: WaitOptions): boolean {
    const action = "acquire the semaphore";
    return this.#end.waitSync(acquirePermit, PERMIT.ANONYMOUS, options, action) === DONE;
  }

  /** Takes a permit if there is one now. Never waits. */
  tryAcquire(): boolean {
    return this.#end.now(tryPermit, PERMIT.ANONYMOUS) === DONE;
  }

  /**
   * Gives permits back, or adds some.
   *
   * @param count How many, at least 1. Default 1.
   * @throws {RangeError} If `count` is not a whole number from 1, or there would be more permits than
   * 2,097,151; of a `BoundedSemaphore`, more than it began with.
   */
  release(count = 1): void {
    checkPermits(count, "release", 1);
    if (this.#end.now(releasePermits, count) === NONE) throw this.#tooMany(count);
  }

  /**
   * Acquires a permit and returns a guard that gives it back: `using place = await semaphore.hold()`.
   * It comes back by itself when this process or thread ends.
   *
   * @throws {TimeoutError} When the time is up: there is nothing to hold.
   */
  async hold(options?: WaitOptions): Promise<Held> {
    const action = "hold the semaphore";
    return this.#guard(await this.#end.wait(acquirePermit, PERMIT.HELD, options, action), options);
  }

  /** As {@link Semaphore.hold}, blocking this thread. */
  holdSync(options?: WaitOptions): Held {
    const action = "hold the semaphore";
    return this.#guard(this.#end.waitSync(acquirePermit, PERMIT.HELD, options, action), options);
  }

  /**
   * Runs a function with a permit; gives it back when the function has ended, also by an error.
   *
   * @returns What the function returns.
   */
  async run<R>(fn: () => R | PromiseLike<R>, options?: WaitOptions): Promise<R> {
    const held = await this.hold(options);
    try {
      return await fn();
    } finally {
      held[Symbol.dispose]();
    }
  }

  /** How many permits there are; may have changed before you look at the answer. */
  get value(): number {
    return this.#end.now(permitCount, 0);
  }

  /** Whether there is no permit. */
  locked(): boolean {
    return this.value === 0;
  }

  #guard(result: number, options: WaitOptions | undefined): Held {
    if (result !== DONE) throw notHeld("semaphore", options);
    let held = true;
    return guard(result, () => {
      if (!held) return; // one that was refused is gone, and is not given back again
      held = false;
      if (this.#end.now(releaseHeld, 0) === NONE) throw this.#tooMany(1);
    });
  }

  #tooMany(count: number): RangeError {
    const limit = this instanceof BoundedSemaphore ? "it began with" : "a semaphore can count";
    return new RangeError(
      `Cannot release ${count} of a semaphore that has ${this.value}: that is more than ${limit}; ` +
        "call release once for each acquire",
    );
  }

  static {
    endOf = (semaphore) => semaphore.#end;
  }
}

/**
 * A semaphore that refuses to have more permits than it began with, which finds releases too many.
 *
 * @example
 * ```ts
 * import { BoundedSemaphore } from "@manycore/multiprocessing";
 *
 * const places = new BoundedSemaphore(2);
 * await places.acquire();
 * places.release();
 * try {
 *   places.release();
 * } catch (error) {
 *   console.log((error as Error).name); // RangeError
 * }
 * ```
 */
export class BoundedSemaphore extends Semaphore {}

function checkPermits(value: number, action: string, least = 0): void {
  if (typeof value !== "number") {
    throw new TypeError(`Cannot ${action} ${show(value)} permits: give a whole number`);
  }
  if (!Number.isInteger(value) || value < least || value > MAX_PERMITS) {
    throw new RangeError(
      `Cannot ${action} ${value} permits: give a whole number from ${least} to ${MAX_PERMITS}`,
    );
  }
}

registerShared(Semaphore, "Semaphore", import.meta.url, (semaphore) => endOf(semaphore));
registerShared(BoundedSemaphore, "BoundedSemaphore", import.meta.url, (value) => endOf(value));
showsAs(Semaphore, ({ value }) => ({ value }));
