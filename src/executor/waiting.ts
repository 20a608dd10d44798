/**
 * Layer 12, executor. Waiting for several futures. Owns its listeners at the futures while a wait lasts,
 * and takes them away: a future that is waited for again and again gathers none.
 *
 * @module
 */

import { TimeoutError } from "../errors.ts";
import { EXPIRED, timeoutOf, waitFor } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import { Deque } from "../deque.ts";
import { Future, stateOf } from "./future.ts";

/** When {@link waitFutures} returns. */
export type ReturnWhen = "allCompleted" | "firstCompleted" | "firstException";

/** Options of {@link waitFutures}. */
export interface WaitFuturesOptions extends WaitOptions {
  /**
   * What to wait for: all of them, the first one that ends, or the first one that fails (if none does,
   * all of them). A cancelled future has ended and not failed. Default `"allCompleted"`.
   */
  returnWhen?: ReturnWhen;
}

/** What {@link waitFutures} has found. */
export interface WaitedFutures<R> {
  /** Those that have ended: well, badly, or cancelled. */
  done: Set<Future<R>>;
  /** The others. */
  notDone: Set<Future<R>>;
}

/**
 * What {@link asCompleted} gives: an `AsyncIterable<Future<R>>`. It has a name of its own, because of an
 * `AsyncIterable` TypeScript believes that `for await` waits for what it gives, and it does not.
 */
export interface CompletedFutures<R> extends AsyncIterableIterator<Future<R>> {
  /** The iterator itself. */
  [Symbol.asyncIterator](): CompletedFutures<R>;
}

/**
 * Gives futures in the order in which they end; first those that have ended already, in the order given.
 * They may come from several executors. One that is given twice comes once.
 *
 * What was not given yet is not cancelled when the loop is left.
 *
 * @param options `timeout` in milliseconds for all of them, from this call on (default: for ever);
 * `signal`.
 * @throws {TimeoutError} In the loop, if the time is up and some have not ended.
 * @throws {TypeError} If one of them is no future.
 *
 * @example
 * ```ts
 * import { asCompleted, ProcessPoolExecutor } from "@manycore/multiprocessing";
 *
 * export const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms, ms));
 *
 * if (import.meta.main) {
 *   await using executor = new ProcessPoolExecutor(2);
 *   const futures = [500, 1].map((ms) => executor.submit(wait, ms));
 *   for await (const future of asCompleted(futures)) console.log(await future); // 1, then 500
 * }
 * ```
 */
export function asCompleted<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitOptions = {},
): CompletedFutures<Awaited<F>> {
  const all = checkFutures(futures);
  return new Completed(all, timeoutOf(options, "wait for futures"), options.signal);
}

/** No generator: that would wait for each future, which is like a promise, and give its result. */
class Completed<R> implements CompletedFutures<R> {
  readonly #total: number;
  readonly #timeout: number;
  readonly #end: number;
  readonly #signal: AbortSignal | undefined;
  readonly #ended = new Deque<Future<R>>();
  readonly #pending = new Map<Future<R>, () => void>();
  #wake: () => void = () => {};
  /** Calls of `next` go one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #over = false;

  constructor(futures: Set<Future<R>>, timeout: number, signal: AbortSignal | undefined) {
    this.#total = futures.size;
    this.#timeout = timeout;
    this.#end = performance.now() + timeout;
    this.#signal = signal;
    for (const future of futures) {
      if (future.done()) this.#ended.push(future);
      else this.#listen(future);
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Future<R>>> {
    const next = this.#turn.then(() => this.#next());
    this.#turn = next.then(() => {}, () => {});
    return next;
  }

  return(): Promise<IteratorResult<Future<R>>> {
    this.#finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  #listen(future: Future<R>): void {
    const listener = () => {
      this.#pending.delete(future);
      this.#ended.push(future);
      this.#wake();
    };
    this.#pending.set(future, listener);
    stateOf(future).listen(listener);
  }

  async #next(): Promise<IteratorResult<Future<R>>> {
    while (!this.#over) {
      if (this.#ended.length > 0) return { done: false, value: this.#ended.shift()! };
      if (this.#pending.size === 0) break;
      const more = new Promise<void>((resolve) => this.#wake = resolve);
      const left = { timeout: this.#end - performance.now(), signal: this.#signal };
      try {
        if (await waitFor(more, left, "wait for futures") === EXPIRED) throw this.#late();
      } catch (error) {
        this.#finish();
        throw error;
      }
    }
    return { done: true, value: undefined };
  }

  #late(): TimeoutError {
    return new TimeoutError(
      `${this.#pending.size} of ${this.#total} futures have not ended within ${this.#timeout} ms: ` +
        "they go on; wait again, or cancel() them",
    );
  }

  #finish(): void {
    this.#over = true;
    for (const [future, listener] of this.#pending) stateOf(future).unlisten(listener);
    this.#pending.clear();
    while (this.#ended.length > 0) this.#ended.shift();
    this.#wake();
  }
}

/**
 * Waits until futures have ended.
 *
 * @param options {@link WaitFuturesOptions}: `returnWhen`; `timeout` in milliseconds (default: for
 * ever; 0 or less: only look), after which it returns what there is; `signal`.
 * @returns Which have ended, and which have not. At once if there are none.
 * @throws {TypeError} If one of them is no future.
 * @throws {RangeError} If `returnWhen` is none of the three words.
 * @throws The signal's reason.
 *
 * @example
 * ```ts
 * import { ProcessPoolExecutor, waitFutures } from "@manycore/multiprocessing";
 *
 * export const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms, ms));
 *
 * if (import.meta.main) {
 *   await using executor = new ProcessPoolExecutor(2);
 *   const futures = [500, 1].map((ms) => executor.submit(wait, ms));
 *   const { done, notDone } = await waitFutures(futures, { returnWhen: "firstCompleted" });
 *   console.log(done.size, notDone.size); // 1 1
 * }
 * ```
 */
export async function waitFutures<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitFuturesOptions = {},
): Promise<WaitedFutures<Awaited<F>>> {
  const all = checkFutures(futures);
  const { returnWhen = "allCompleted" } = options;
  if (!["allCompleted", "firstCompleted", "firstException"].includes(returnWhen)) {
    throw new RangeError(
      `Cannot wait for futures with returnWhen ${String(returnWhen)}: give "allCompleted", ` +
        '"firstCompleted" or "firstException"',
    );
  }
  const pending = new Map<Future<Awaited<F>>, () => void>();
  let wake = () => {};
  const isEnough = (future: Future<Awaited<F>>) =>
    returnWhen === "firstCompleted" ||
    returnWhen === "firstException" && stateOf(future).kind === "failed";
  const enough = new Promise<void>((resolve) => wake = resolve);
  for (const future of all) {
    if (!future.done()) {
      pending.set(future, () => {
        pending.delete(future);
        if (pending.size === 0 || isEnough(future)) wake();
      });
    } else if (isEnough(future)) wake();
  }
  if (pending.size === 0) wake();
  for (const [future, listener] of pending) stateOf(future).listen(listener);
  try {
    await waitFor(enough, options, "wait for futures");
  } finally {
    for (const [future, listener] of pending) stateOf(future).unlisten(listener);
  }
  const result: WaitedFutures<Awaited<F>> = { done: new Set(), notDone: new Set() };
  for (const future of all) (future.done() ? result.done : result.notDone).add(future);
  return result;
}

function checkFutures<F extends Future<unknown>>(futures: Iterable<F>): Set<Future<Awaited<F>>> {
  if (typeof futures !== "object" || futures === null || !(Symbol.iterator in futures)) {
    throw new TypeError(
      `Cannot wait for ${futures === null ? "null" : typeof futures}: give an array of futures`,
    );
  }
  const all = new Set(futures as Iterable<unknown>) as Set<Future<Awaited<F>>>;
  for (const future of all) {
    if (!(future instanceof Future)) {
      throw new TypeError(
        `Cannot wait for ${typeof future} among futures: give what submit() has returned`,
      );
    }
  }
  return all;
}
