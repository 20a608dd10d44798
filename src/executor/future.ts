/**
 * Layer 12, executor. `Future`: what an executor gives for a call that it has taken. Owns nothing but
 * its state, which is in `future_state.ts`.
 *
 * @module
 */

import { TimeoutError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { EXPIRED, waitFor } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import { describeError } from "../process/report.ts";
import { withCaller } from "../wire/remote_error.ts";
import { FutureState } from "./future_state.ts";

/** The state of a future, for the rest of this folder. */
export let stateOf: <R>(future: Future<R>) => FutureState<R>;

/**
 * The result of a call that an executor has taken. `await` it, or ask for it later.
 *
 * - **Silence**: a failure that nobody asks for is silent, as in Python: it does not end the program.
 * - **Cancelling** is for what has not begun: a task that runs is never stopped by it. A call that was
 *   cancelled never runs.
 * - **Retention**: a future keeps its result and nothing else.
 *
 * Made by {@link Executor.submit}.
 *
 * @example
 * ```ts
 * import { ProcessPoolExecutor } from "@manycore/multiprocessing";
 *
 * export const square = (x: number) => x * x;
 *
 * if (import.meta.main) {
 *   await using executor = new ProcessPoolExecutor(2);
 *   const future = executor.submit(square, 7);
 *   console.log(await future, future.done()); // 49 true
 * }
 * ```
 */
export class Future<R> implements PromiseLike<R> {
  #state: FutureState<R> = new FutureState();
  /** Settles well when the call has ended, either way. */
  #ended: Promise<void> | null = null;

  static {
    stateOf = (future) => future.#state;
    showsAs(this, (future) => ({ state: future.running() ? "running" : future.#state.kind }));
  }

  /** As a promise's `then`. */
  then<T = R, E = never>(
    onFulfilled?: ((value: R) => T | PromiseLike<T>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<T | E> {
    return withCaller(() => this.#state.promise).then(onFulfilled, onRejected);
  }

  /**
   * Waits for the result.
   *
   * @param options `timeout` in milliseconds (default: for ever; 0 or less: only if it is there),
   * `signal`. They end the wait, not the task.
   * @returns What the function has returned.
   * @throws {TimeoutError} If the time is up; the task goes on.
   * @throws {CancelledError} If it was cancelled.
   * @throws What the task threw, `WorkerLostError` if its worker died, or the signal's reason.
   */
  result(options?: WaitOptions): Promise<R> {
    return withCaller(() => this.#result(options));
  }

  async #result(options?: WaitOptions): Promise<R> {
    const value = await waitFor(this.#state.promise, options, "get a result");
    if (value !== EXPIRED) return value;
    throw new TimeoutError(
      `No result within ${options!.timeout} ms: the task goes on; wait again, or cancel() it`,
    );
  }

  /**
   * Waits for the end, and returns what the task threw instead of throwing it.
   *
   * @param options As of {@link Future.result}.
   * @returns The error, or `null` if there was none.
   * @throws {TimeoutError} If the time is up; the task goes on.
   * @throws {CancelledError} If it was cancelled.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from "@manycore/multiprocessing";
   *
   * export const parse = (text: string) => JSON.parse(text);
   *
   * if (import.meta.main) {
   *   await using executor = new ThreadPoolExecutor(1);
   *   const error = await executor.submit(parse, "{").exception();
   *   console.log((error as Error).name); // SyntaxError
   * }
   * ```
   */
  async exception(options?: WaitOptions): Promise<unknown> {
    const state = this.#state;
    this.#ended ??= state.promise.then(() => {}, () => {});
    if (await waitFor(this.#ended, options, "get an error") === EXPIRED) {
      throw new TimeoutError(
        `Not ended within ${options!.timeout} ms: the task goes on; wait again, or cancel() it`,
      );
    }
    if (state.kind === "cancelled") throw state.failure!.error;
    return state.failure === null ? null : state.failure.error;
  }

  /**
   * Gives the call up, if no worker has begun it: it then never runs, and the future fails with a
   * `CancelledError`. This holds for a task that waits, and for one that was sent to a worker and has
   * not begun.
   *
   * To see that takes memory that is shared with the worker, which every worker has soon after its
   * start. In Node 24 processes cannot have it, nor anywhere with `MANYCORE_NATIVE=0`: there a task
   * counts as begun when it was sent. Apart from tasks of less than about two milliseconds nothing is
   * sent to a worker that is busy.
   *
   * @returns Whether it is cancelled now, or was before. `false` if it runs or has ended.
   */
  cancel(): boolean {
    return this.#state.cancel();
  }

  /** Whether it was cancelled, by {@link Future.cancel} or `shutdown({ cancelFutures: true })`. */
  cancelled(): boolean {
    return this.#state.kind === "cancelled";
  }

  /**
   * Whether a worker has begun the call, and its result is not here. `false` while it waits, also at a
   * worker: then {@link Future.cancel} succeeds.
   */
  running(): boolean {
    return this.#state.running;
  }

  /** Whether it has ended: well, badly, or cancelled. */
  done(): boolean {
    return this.#state.kind !== "pending";
  }

  /**
   * Has a function called with this future when it has ended; at once if it has. Functions are called
   * in the order in which they were added. One that throws does not keep the others from being called:
   * its error goes to standard error.
   *
   * @throws {TypeError} If it is no function.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from "@manycore/multiprocessing";
   *
   * export const double = (x: number) => 2 * x;
   *
   * if (import.meta.main) {
   *   await using executor = new ThreadPoolExecutor(2);
   *   for (const x of [1, 2, 3]) {
   *     executor.submit(double, x).addDoneCallback(async (future) => console.log(x, await future));
   *   }
   * }
   * ```
   */
  addDoneCallback(callback: (future: this) => unknown): void {
    if (typeof callback !== "function") {
      throw new TypeError(`Cannot add the callback ${String(callback)}: give a function`);
    }
    const call = () => {
      try {
        const returned = callback(this);
        if (returned instanceof Promise) returned.catch(complain);
      } catch (error) {
        complain(error);
      }
    };
    if (this.#state.quiet) call();
    else this.#state.listen(call);
  }
}

function complain(error: unknown): void {
  console.error(`A callback of a future has failed. ${describeError(error)}`);
}
