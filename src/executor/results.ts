/**
 * Layer 12, executor. The results of an executor's `map`. Owns its deadline, and that the first failure
 * is the end: the loop is over then, so what has not begun is dropped.
 *
 * @module
 */

import { TimeoutError } from "../errors.ts";
import { EXPIRED, waitFor } from "../park/wait.ts";

/** The iterator of a `map`. */
export class Results<R> implements AsyncIterableIterator<R> {
  readonly #source: AsyncIterableIterator<R>;
  readonly #timeout: number;
  readonly #end: number;
  #over = false;

  /** @param timeout Milliseconds for all of the results, from now on. */
  constructor(source: AsyncIterableIterator<R>, timeout: number) {
    this.#source = source;
    this.#timeout = timeout;
    this.#end = performance.now() + timeout;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<R>> {
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    const next = this.#timeout === Infinity ? this.#source.next() : this.#inTime();
    return next.catch((error) => {
      void this.return();
      throw error;
    });
  }

  return(): Promise<IteratorResult<R>> {
    this.#over = true;
    return this.#source.return!();
  }

  async #inTime(): Promise<IteratorResult<R>> {
    const timeout = this.#end - performance.now();
    const next = await waitFor(this.#source.next(), { timeout }, "map");
    if (next !== EXPIRED) return next;
    throw new TimeoutError(
      `The results of the map were not there within ${this.#timeout} ms: what runs goes on, what has ` +
        "not begun is dropped",
    );
  }
}
