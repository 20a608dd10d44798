/**
 * Layer 10, pool. The public class `Pool`: the signatures and what they promise. Owns nothing but its
 * engine.
 *
 * @module
 */

import { showsAs } from "../inspect.ts";
import { getStartMethod } from "../park/start_method.ts";
import type { StartMethod } from "../park/start_method.ts";
import { numberOrOptions } from "../process/option_names.ts";
import { withCaller } from "../wire/remote_error.ts";
import type { AsyncResult } from "./async_result.ts";
import { Engine } from "./engine.ts";
import { NO_OPTIONS } from "./intake.ts";
import type { Items } from "./input.ts";
import type {
  ApplyOptions,
  CallbackOptions,
  ImapOptions,
  MapOptions,
  PoolOptions,
  PoolStats,
  Task,
  TaskResult,
} from "./options.ts";
import type { TraceSummary } from "./trace_file.ts";

const ACTION = "make a pool";

/**
 * A group of worker processes (in the `"thread"` context, threads) that run functions.
 *
 * - **Order**: `map`, `starmap` and `imap` return results in the order of the input.
 * - **Death**: a task whose worker dies rejects with `WorkerLostError`, or is tried again where
 *   `retries` says so; the worker is replaced and every other task completes.
 * - **Close**: an idle pool does not keep the program alive, a pending call does.
 *
 * @example
 * ```ts
 * import { Pool } from "@manycore/multiprocessing";
 *
 * export function cube(x: number) {
 *   return x ** 3;
 * }
 *
 * if (import.meta.main) {
 *   await using pool = new Pool(2);
 *   console.log(await pool.map(cube, [1, 2, 3])); // [ 1, 8, 27 ]
 * }
 * ```
 */
export class Pool {
  /** The start method of this class; `null` for the default one. Set by contexts. */
  static readonly startMethod: StartMethod | null = null;

  #engine: Engine;

  static {
    showsAs(this, (pool) => pool.#engine.summary());
  }

  /**
   * Starts the workers. Tasks may be submitted at once.
   *
   * @param options The number of workers, or {@link PoolOptions}. Default: one per processor.
   * @throws {RangeError | TypeError} If an option is wrong, such as `processes: 0`.
   * @throws {ProcessError} If a worker cannot be started.
   * @throws {BootstrapError} If a child is importing this module.
   */
  constructor(options: number | PoolOptions = {}) {
    const given = numberOrOptions(ACTION, options, arguments.length, "processes");
    const method = (this.constructor as typeof Pool).startMethod ?? getStartMethod();
    this.#engine = new Engine(given, method, ACTION);
    this.#engine.start();
  }

  /**
   * Calls a function with an array of arguments.
   *
   * @param rest The arguments, as one array, which may be left out if the function needs none; then
   * {@link ApplyOptions}.
   * @returns What the function returns.
   * @throws What the function throws, with the worker's stack as `cause`.
   * @throws {FunctionReferenceError | SerializationError} If function or arguments cannot travel.
   * @throws {WorkerLostError} If the worker dies.
   * @throws {TimeoutError} If the task runs longer than `timeout` milliseconds.
   * @throws {ProcessError} If the pool is closed.
   */
  apply<A extends unknown[], R>(
    fn: (...args: A) => R,
    args: readonly [...A],
    options?: ApplyOptions,
  ): Promise<Awaited<R>>;
  /** The same for a function that needs no arguments, or that is named by its module. */
  apply<A extends unknown[], R>(
    fn: Task<A, R>,
    ...rest: [] extends A ? [args?: A, options?: ApplyOptions] : [args: A, options?: ApplyOptions]
  ): Promise<Awaited<R>>;
  apply(
    fn: unknown,
    args: readonly unknown[] = [],
    options: ApplyOptions = NO_OPTIONS,
  ): Promise<never> {
    return withCaller(() =>
      this.#engine.apply("apply", fn, args, options).promise as Promise<never>
    );
  }

  /** As {@link Pool.apply}, but returns a handle at once. */
  applyAsync<A extends unknown[], R>(
    fn: (...args: A) => R,
    args: readonly [...A],
    options?: ApplyOptions & CallbackOptions<Awaited<R>>,
  ): AsyncResult<Awaited<R>>;
  /** The same for a function that needs no arguments, or that is named by its module. */
  applyAsync<A extends unknown[], R>(
    fn: Task<A, R>,
    ...rest: [] extends A ? [args?: A, options?: ApplyOptions & CallbackOptions<Awaited<R>>]
      : [args: A, options?: ApplyOptions & CallbackOptions<Awaited<R>>]
  ): AsyncResult<Awaited<R>>;
  applyAsync(
    fn: unknown,
    args: readonly unknown[] = [],
    options: ApplyOptions & CallbackOptions<unknown> = NO_OPTIONS,
  ): AsyncResult<unknown> {
    refuseMore("applyAsync", arguments.length);
    return this.#engine.handle(this.#engine.apply("applyAsync", fn, args, options), options);
  }

  /**
   * Calls a function once in each worker, such as one that loads what later tasks need. It waits its
   * turn behind what a worker has been given already. A worker that replaces a lost one later is not
   * called: what every worker needs from its beginning belongs into the pool's `initializer`.
   *
   * @returns What each worker's call returns, in the order of the workers.
   * @throws What the first call that fails throws; `WorkerLostError` if a worker dies before or in it.
   * @throws {FunctionReferenceError | SerializationError} If function or arguments cannot travel.
   * @throws {ProcessError} If the pool is closed.
   *
   * @example
   * ```ts
   * import { currentProcess, Pool } from "@manycore/multiprocessing";
   *
   * const table = new Map<string, number>();
   * export function learn(word: string, meaning: number) {
   *   table.set(word, meaning);
   *   return currentProcess().name;
   * }
   *
   * if (import.meta.main) {
   *   await using pool = new Pool(2);
   *   console.log(await pool.broadcast(learn, "answer", 42)); // [ "PoolWorker-1", "PoolWorker-2" ]
   * }
   * ```
   */
  broadcast<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Promise<Awaited<R>[]>;
  /** The same for a function that is named by its module. */
  broadcast<A extends unknown[], R>(fn: Task<A, R>, ...args: A): Promise<Awaited<R>[]>;
  broadcast(fn: unknown, ...args: unknown[]): Promise<never> {
    return withCaller(() =>
      this.#engine.broadcast("broadcast", fn, args).promise as Promise<never>
    );
  }

  /**
   * Calls a function with each item of an input.
   *
   * @param fn Called with one item.
   * @param items An array, an iterable or an async iterable.
   * @returns The results, in the order of the input. Resolves at once for an empty input.
   * @throws The first failure, with `taskIndex`; what has not begun is dropped. With
   * `settle: true` nothing is thrown for a task.
   */
  map<T, R, S extends boolean = false>(
    fn: (item: T) => R,
    items: Items<T>,
    options?: MapOptions & { settle?: S },
  ): Promise<TaskResult<R, S>[]>;
  /** The same for a function that is named by its module. */
  map<T, R, S extends boolean = false>(
    fn: Task<[item: T], R>,
    items: Items<T>,
    options?: MapOptions & { settle?: S },
  ): Promise<TaskResult<R, S>[]>;
  map(fn: unknown, items: unknown, options: MapOptions = {}): Promise<never> {
    return withCaller(() =>
      this.#engine.map("map", fn, items, false, options).promise as Promise<never>
    );
  }

  /** As {@link Pool.map}, but each item is an array of arguments. */
  // deno-lint-ignore no-explicit-any
  starmap<A extends any[], R, S extends boolean = false>(
    fn: (...args: A) => R,
    argTuples: Items<readonly [...A]>,
    options?: MapOptions & { settle?: S },
  ): Promise<TaskResult<R, S>[]>;
  /** The same for a function that is named by its module. */
  // deno-lint-ignore no-explicit-any
  starmap<A extends any[], R, S extends boolean = false>(
    fn: Task<A, R>,
    argTuples: Items<readonly [...A]>,
    options?: MapOptions & { settle?: S },
  ): Promise<TaskResult<R, S>[]>;
  starmap(fn: unknown, argTuples: unknown, options: MapOptions = {}): Promise<never> {
    return withCaller(() =>
      this.#engine.map("starmap", fn, argTuples, true, options).promise as Promise<never>
    );
  }

  /** As {@link Pool.map}, but returns a handle at once. */
  mapAsync<T, R, S extends boolean = false>(
    fn: (item: T) => R,
    items: Items<T>,
    options?: MapOptions & { settle?: S } & CallbackOptions<TaskResult<R, S>[]>,
  ): AsyncResult<TaskResult<R, S>[]>;
  /** The same for a function that is named by its module. */
  mapAsync<T, R, S extends boolean = false>(
    fn: Task<[item: T], R>,
    items: Items<T>,
    options?: MapOptions & { settle?: S } & CallbackOptions<TaskResult<R, S>[]>,
  ): AsyncResult<TaskResult<R, S>[]>;
  mapAsync(
    fn: unknown,
    items: unknown,
    options: MapOptions & CallbackOptions<never> = {},
  ): AsyncResult<never> {
    refuseMore("mapAsync", arguments.length);
    return this.#engine.handle(this.#engine.map("mapAsync", fn, items, false, options), options);
  }

  /** As {@link Pool.starmap}, but returns a handle at once. */
  // deno-lint-ignore no-explicit-any
  starmapAsync<A extends any[], R, S extends boolean = false>(
    fn: (...args: A) => R,
    argTuples: Items<readonly [...A]>,
    options?: MapOptions & { settle?: S } & CallbackOptions<TaskResult<R, S>[]>,
  ): AsyncResult<TaskResult<R, S>[]>;
  /** The same for a function that is named by its module. */
  // deno-lint-ignore no-explicit-any
  starmapAsync<A extends any[], R, S extends boolean = false>(
    fn: Task<A, R>,
    argTuples: Items<readonly [...A]>,
    options?: MapOptions & { settle?: S } & CallbackOptions<TaskResult<R, S>[]>,
  ): AsyncResult<TaskResult<R, S>[]>;
  starmapAsync(
    fn: unknown,
    argTuples: unknown,
    options: MapOptions & CallbackOptions<never> = {},
  ): AsyncResult<never> {
    refuseMore("starmapAsync", arguments.length);
    return this.#engine.handle(
      this.#engine.map("starmapAsync", fn, argTuples, true, options),
      options,
    );
  }

  /**
   * Calls a function with each item of an input that is read lazily, at most `buffer` items ahead
   * of the results that were taken: an endless input costs no memory.
   *
   * @returns An iterator over the results, in the order of the input. The failure of a task
   * rejects its own `next()`; who calls `next()` may go on. A `for await` ends there: with
   * `settle: true` it gets `{ status, value }` or `{ status, reason }` for each item instead. Leaving
   * the loop, also by a failure, drops the rest and closes the input.
   */
  imap<T, R, S extends boolean = false>(
    fn: (item: T) => R,
    items: Items<T>,
    options?: ImapOptions & { settle?: S },
  ): AsyncIterableIterator<TaskResult<R, S>>;
  /** The same for a function that is named by its module. */
  imap<T, R, S extends boolean = false>(
    fn: Task<[item: T], R>,
    items: Items<T>,
    options?: ImapOptions & { settle?: S },
  ): AsyncIterableIterator<TaskResult<R, S>>;
  imap(fn: unknown, items: unknown, options: ImapOptions = {}): AsyncIterableIterator<never> {
    return this.#engine.imap("imap", fn, [items], true, options) as AsyncIterableIterator<never>;
  }

  /** As {@link Pool.imap}, but results come in the order in which they are ready. */
  imapUnordered<T, R, S extends boolean = false>(
    fn: (item: T) => R,
    items: Items<T>,
    options?: ImapOptions & { settle?: S },
  ): AsyncIterableIterator<TaskResult<R, S>>;
  /** The same for a function that is named by its module. */
  imapUnordered<T, R, S extends boolean = false>(
    fn: Task<[item: T], R>,
    items: Items<T>,
    options?: ImapOptions & { settle?: S },
  ): AsyncIterableIterator<TaskResult<R, S>>;
  imapUnordered(
    fn: unknown,
    items: unknown,
    options: ImapOptions = {},
  ): AsyncIterableIterator<never> {
    const action = "imapUnordered";
    return this.#engine.imap(action, fn, [items], false, options) as AsyncIterableIterator<never>;
  }

  /**
   * Takes no more calls. Workers end when everything submitted has ended. An `imap` over an array
   * runs to its end then; one over a generator goes on as its results are taken.
   */
  close(): void {
    this.#engine.close();
  }

  /**
   * Ends the workers now. Every call that has not ended rejects with a `PoolTerminatedError`.
   *
   * @returns When the workers have ended.
   */
  async terminate(): Promise<void> {
    this.#engine.terminate();
    await this.join();
  }

  /**
   * Waits until all workers have ended.
   *
   * @throws {ProcessError} If neither `close` nor `terminate` was called.
   */
  join(): Promise<void> {
    return this.#engine.join();
  }

  /**
   * What the pool and its workers do and did: counts, how many tasks wait, percentiles of the time
   * that tasks have waited and run, how busy each worker is. Costs nothing until it is called.
   *
   * @example
   * ```ts
   * import { Pool } from "@manycore/multiprocessing";
   *
   * export const sum = (n: number) => Array.from({ length: n }, (_, i) => i).reduce((a, b) => a + b, 0);
   *
   * if (import.meta.main) {
   *   await using pool = new Pool(2);
   *   await pool.map(sum, [1e3, 1e4, 1e5]);
   *   const { completed, queued, wait, run, workers } = pool.stats();
   *   console.log(completed, queued); // 3 0
   *   console.log(`${run.p50} ms, at most ${run.p99} ms for 99 %; waited ${wait.p50} ms`);
   *   for (const { name, utilisation } of workers) console.log(name, utilisation);
   * }
   * ```
   */
  stats(): PoolStats {
    return this.#engine.stats();
  }

  /**
   * Writes what the pool has done since it was made, task by task, to a file that
   * {@link https://ui.perfetto.dev | Perfetto} and `chrome://tracing` open. For pools with
   * `trace: true`; also while tasks run, and after the pool has ended.
   *
   * Each worker is a track with the tasks that have run on it, under the names of their functions;
   * a counter shows how many tasks waited. A task that is still running, or that never began, is not
   * in the file.
   *
   * @param path Where to; a file that is there is replaced. Deno asks for permission to write it.
   * @returns How many tasks are in the file, and how many had to make room.
   * @throws {ProcessError} If the pool was made without `trace: true`.
   * @throws The runtime's error, if the file cannot be written.
   *
   * @example
   * ```ts
   * import { Pool } from "@manycore/multiprocessing";
   *
   * export const square = (x: number) => x * x;
   *
   * if (import.meta.main) {
   *   await using pool = new Pool({ processes: 2, trace: true });
   *   await pool.map(square, [1, 2, 3]);
   *   const path = new URL("./squares.json", import.meta.url); // beside this module
   *   console.log(await pool.writeTrace(path)); // { tasks: 3, dropped: 0 }
   * }
   * ```
   */
  writeTrace(path: string | URL): Promise<TraceSummary> {
    return this.#engine.writeTrace(path);
  }

  /** {@link Pool.terminate}, as Python's `with` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminate();
  }
}

/** Python's order of arguments has the callbacks there. */
function refuseMore(action: string, length: number): void {
  if (length <= 3) return;
  throw new TypeError(
    `Cannot ${action} with ${length} arguments: there are three, the last of them options such as ` +
      "{ callback, errorCallback }",
  );
}
