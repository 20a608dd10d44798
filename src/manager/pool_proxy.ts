/**
 * Layer 12, manager. The public PoolProxy.
 *
 * @module
 */

import type { Task } from "../pool/options.ts";
import { toFunction } from "../wire/functions/mod.ts";
import { invoke, registerProxy, RemoteProxy } from "./proxy.ts";

/** Options of the calls of a {@link PoolProxy}. */
export interface PoolCallOptions {
  /** Milliseconds that a task may run. Default: for ever. */
  timeout?: number;
  /** Stops the tasks of the call. */
  signal?: AbortSignal;
  /** How often a task is tried again whose worker has died. Default 0. */
  retries?: number;
  /** Items per message, of `map` and `starmap`. Default: chosen by how long the tasks take. */
  chunkSize?: number;
}

/**
 * A pool in the server of a manager, for several processes. Functions travel as for a `Pool`.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * export const double = (x: number) => 2 * x;
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const pool = await manager.Pool(2);
 *   console.log(await pool.map(double, [1, 2, 3])); // [ 2, 4, 6 ]
 * }
 * ```
 */
export class PoolProxy extends RemoteProxy {
  /** Calls a function once: see `Pool.apply`. */
  apply<A extends unknown[], R>(
    fn: (...args: A) => R,
    args: readonly [...A],
    options?: PoolCallOptions,
  ): Promise<Awaited<R>>;
  /** The same for a function that needs no arguments, or that is named by its module. */
  apply<A extends unknown[], R>(
    fn: Task<A, R>,
    ...rest: [] extends A ? [args?: A, options?: PoolCallOptions]
      : [args: A, options?: PoolCallOptions]
  ): Promise<Awaited<R>>;
  apply(fn: unknown, args: readonly unknown[] = [], options?: PoolCallOptions): Promise<never> {
    return this.#call("apply", fn as Task<unknown[], unknown>, args, options);
  }

  /** Calls a function with each item: see `Pool.map`. */
  map<T, R>(
    fn: (item: T) => R,
    items: Iterable<T>,
    options?: PoolCallOptions,
  ): Promise<Awaited<R>[]>;
  /** The same for a function that is named by its module. */
  map<T, R>(
    fn: Task<[item: T], R>,
    items: Iterable<T>,
    options?: PoolCallOptions,
  ): Promise<Awaited<R>[]>;
  map(fn: unknown, items: Iterable<unknown>, options?: PoolCallOptions): Promise<never> {
    return this.#call("map", fn as Task<unknown[], unknown>, items, options);
  }

  /** As {@link PoolProxy.map}, but each item is an array of arguments. */
  // deno-lint-ignore no-explicit-any -- whatever the function takes
  starmap<A extends any[], R>(
    fn: Task<A, R>,
    argTuples: Iterable<readonly [...A]>,
    options?: PoolCallOptions,
  ): Promise<Awaited<R>[]> {
    return this.#call("starmap", fn, argTuples, options);
  }

  /** Takes no more calls; workers end when everything submitted has ended. */
  close(): Promise<void> {
    return invoke(this, "close", []);
  }

  /** Ends the workers now; every call that has not ended rejects with a `PoolTerminatedError`. */
  terminate(): Promise<void> {
    return invoke(this, "terminate", []);
  }

  /** Waits until all workers have ended; only after `close` or `terminate`. */
  join(): Promise<void> {
    return invoke(this, "join", []);
  }

  // deno-lint-ignore require-await -- so that a mistake rejects
  async #call(
    method: string,
    // deno-lint-ignore no-explicit-any -- any function
    fn: Task<any, unknown>,
    items: Iterable<unknown>,
    options: PoolCallOptions = {},
  ): Promise<never> {
    const { signal, ...rest } = options;
    const args = [signal !== undefined, toFunction(fn, "fn"), [...items], rest];
    return invoke(this, method, args, signal) as Promise<never>;
  }
}

registerProxy("Pool", PoolProxy);
