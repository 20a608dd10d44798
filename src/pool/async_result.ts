/**
 * Layer 10, pool. `AsyncResult`: a handle on a call that runs in a pool. Owns nothing but the
 * promise and whether it has settled.
 *
 * @module
 */

import { ProcessError, TimeoutError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { EXPIRED, waitFor } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import { withCaller } from "../wire/remote_error.ts";
import type { CallbackOptions } from "./options.ts";

const NOTHING_LEFT = (): boolean => false;

/**
 * The result of `applyAsync`, `mapAsync` or `starmapAsync`. `await` it, or ask for it later.
 *
 * A failure that nobody asks for is silent, as in Python: use `await`, `get`, or `errorCallback`.
 *
 * @example
 * ```ts
 * import { Pool } from "@manycore/multiprocessing";
 *
 * export const square = (x: number) => x * x;
 *
 * if (import.meta.main) {
 *   await using pool = new Pool(2);
 *   const result = pool.applyAsync(square, [7]);
 *   console.log(await result.get({ timeout: 5000 })); // 49
 * }
 * ```
 */
export class AsyncResult<R> implements PromiseLike<R> {
  #promise: Promise<R>;
  #state: "pending" | "done" | "failed" = "pending";
  /** Settles well when that has, either way. */
  #ended: Promise<void> | null = null;
  #cancel: () => boolean;

  static {
    showsAs(this, (result) => ({ state: result.#state }));
  }

  /** Made by a pool. `cancel` says whether there was something left to cancel. */
  constructor(promise: Promise<R>, cancel: () => boolean) {
    this.#promise = promise;
    this.#cancel = cancel;
    promise.then(() => this.#end("done"), () => this.#end("failed"));
  }

  #end(state: "done" | "failed"): void {
    this.#state = state;
    this.#cancel = NOTHING_LEFT; // the other one knows the call, with its arguments
  }

  /** As a promise's `then`. */
  then<T = R, E = never>(
    onFulfilled?: ((value: R) => T | PromiseLike<T>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<T | E> {
    return withCaller(() => this.#promise).then(onFulfilled, onRejected);
  }

  /**
   * Waits for the result.
   *
   * @param options `timeout` in milliseconds (default: for ever; 0 or less: only if it is there),
   * `signal`. They end the wait, not the task: see {@link AsyncResult.cancel}.
   * @returns The result.
   * @throws {TimeoutError} If the time is up; the task goes on.
   * @throws What the task threw, or the signal's reason.
   */
  get(options?: WaitOptions): Promise<R> {
    return withCaller(() => this.#get(options));
  }

  async #get(options?: WaitOptions): Promise<R> {
    const value = await waitFor(this.#promise, options, "get a result");
    if (value !== EXPIRED) return value;
    throw new TimeoutError(
      `No result within ${options!.timeout} ms: the task goes on; wait again, or cancel() it`,
    );
  }

  /**
   * Waits until the call has ended, well or badly.
   *
   * @param options `timeout` in milliseconds (default: for ever), `signal`.
   * @throws The signal's reason.
   */
  async wait(options?: WaitOptions): Promise<void> {
    this.#ended ??= this.#promise.then(() => {}, () => {});
    await waitFor(this.#ended, options, "wait for a result");
  }

  /** Whether the call has ended. */
  ready(): boolean {
    return this.#state !== "pending";
  }

  /**
   * Whether the call ended without an error.
   *
   * @throws {ProcessError} If it has not ended.
   */
  successful(): boolean {
    if (this.#state === "pending") {
      throw new ProcessError(
        "Cannot tell whether a result was successful: it is not ready; await it first",
      );
    }
    return this.#state === "done";
  }

  /**
   * Gives the call up: it rejects with a `CancelledError`; what has not begun never begins, and a
   * task that has its worker to itself is stopped.
   *
   * @returns `false` if it had already ended.
   */
  cancel(): boolean {
    return this.#cancel();
  }
}

/** A promise that settles when these have been called: what they throw is its failure. */
export function withCallbacks<R>(
  promise: Promise<R>,
  { callback, errorCallback }: CallbackOptions<R>,
): Promise<R> {
  if (!callback && !errorCallback) return promise;
  return promise.then((value) => {
    callback?.(value);
    return value;
  }, (error) => {
    errorCallback?.(error);
    throw error;
  });
}
