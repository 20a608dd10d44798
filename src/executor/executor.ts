/**
 * Layer 12, executor. Python's `concurrent.futures`: executors on the machinery of pools. Owns whether
 * the executor takes calls; its workers start with the first one.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import type { StartMethod } from "../park/start_method.ts";
import { checkTimeout } from "../park/wait.ts";
import { checkCount } from "../pool/checks.ts";
import { Engine } from "../pool/engine.ts";
import { NO_OPTIONS } from "../pool/intake.ts";
import type { Items } from "../pool/input.ts";
import type { Task } from "../pool/options.ts";
import { checkOptionNames, numberOrOptions } from "../process/option_names.ts";
import { show } from "../show.ts";
import { Future, stateOf } from "./future.ts";
import { cancellation } from "./future_state.ts";
import { EXECUTOR_OPTIONS, MAP_OPTIONS, SHUTDOWN_OPTIONS, splitOptions } from "./options.ts";
import type { ExecutorMapOptions, ExecutorOptions, Iterables, ShutdownOptions } from "./options.ts";
import { Results } from "./results.ts";

const ACTION = "make an executor";

/**
 * What {@link ProcessPoolExecutor} and {@link ThreadPoolExecutor} have in common.
 *
 * - **Start**: workers start with the first call, all of them.
 * - **Death**: a task whose worker dies fails with `WorkerLostError`; the worker is replaced, every
 *   other task completes, and the executor goes on.
 * - **Failure of the initializer**: everything fails with `BrokenPoolError`, and so does `submit`.
 * - **Program's end**: an executor that has nothing to do does not keep the program alive, a future that
 *   has not ended does.
 */
export abstract class Executor {
  /** The start method of this class. */
  static readonly startMethod: StartMethod = "spawn";

  readonly #engine: Engine;
  readonly #bufferSize: number | undefined;
  #started = false;
  #shut = false;

  static {
    showsAs(this, (executor) => {
      const { processes, ...others } = executor.#engine.summary();
      return { maxWorkers: processes, ...others };
    });
  }

  /**
   * Checks the options. Workers start with the first call.
   *
   * @param options The number of workers, or {@link ExecutorOptions}. Default: one per processor.
   * @throws {RangeError | TypeError} If an option is wrong, such as `maxWorkers: 0`.
   * @throws {FunctionReferenceError | SerializationError} If initializer or `initArgs` cannot travel.
   */
  constructor(options: number | ExecutorOptions = {}) {
    const given = numberOrOptions(ACTION, options, arguments.length, "maxWorkers");
    checkOptionNames(ACTION, given, EXECUTOR_OPTIONS);
    const { maxWorkers, bufferSize, name = "ExecutorWorker", ...others } = given;
    if (maxWorkers !== undefined) checkCount(ACTION, "maxWorkers", maxWorkers, 1);
    if (bufferSize !== undefined) checkCount(ACTION, "bufferSize", bufferSize, 1);
    const { startMethod } = this.constructor as typeof Executor;
    const pool = { ...others, name, processes: maxWorkers, trace: false, traceLimit: undefined };
    this.#bufferSize = bufferSize;
    this.#engine = new Engine(pool, startMethod, ACTION);
    this.#engine.tryInitializer();
  }

  /**
   * Has a worker call a function with these arguments.
   *
   * @returns A future, for its result.
   * @throws {FunctionReferenceError | SerializationError} If function or arguments cannot travel.
   * @throws {ProcessError} If the executor was shut down, or no worker can be started.
   * @throws {BrokenPoolError} If the initializer has failed.
   *
   * @example
   * ```ts
   * import { ProcessPoolExecutor } from "@manycore/multiprocessing";
   *
   * export const power = (base: number, exponent: number) => base ** exponent;
   *
   * if (import.meta.main) {
   *   await using executor = new ProcessPoolExecutor(2);
   *   const futures = [1, 2, 3].map((x) => executor.submit(power, x, 3));
   *   console.log(await Promise.all(futures)); // [ 1, 8, 27 ]
   * }
   * ```
   */
  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
  /** The same for a function that is named by its module. */
  submit<A extends unknown[], R>(fn: Task<A, R>, ...args: A): Future<Awaited<R>>;
  submit(fn: unknown, ...args: unknown[]): Future<never> {
    const engine = this.#open("submit");
    const future = new Future<never>();
    const state = stateOf(future);
    state.begin(engine, engine.submit("submit", fn, args, NO_OPTIONS, state));
    return future;
  }

  /**
   * Calls a function with each item of an input; with several inputs, with one argument from each, until
   * the shortest ends. Inputs are read lazily, at most `bufferSize` items ahead of the results that were
   * taken, beginning with this call: an endless input costs no memory.
   *
   * @param fn Called with one argument from each input.
   * @param items Arrays, iterables or async iterables; {@link ExecutorMapOptions} may come last: an
   * object that is none of these.
   * @returns An iterator over the results, in the order of the input. The first failure rejects its
   * `next()` and ends the iteration; so does leaving the loop. What runs goes on then, what has not
   * begun is dropped. After `shutdown` arrays are still run to their end; other inputs end with a
   * `ProcessError` behind what was read.
   * @throws {TimeoutError} From `next()`, if the results are not there `timeout` milliseconds after the
   * call of `map`.
   * @throws {FunctionReferenceError} If the function cannot travel. For an item that cannot, `next()`
   * rejects with a `SerializationError`.
   * @throws {ProcessError | BrokenPoolError} As {@link Executor.submit}.
   *
   * @example
   * ```ts
   * import { ProcessPoolExecutor } from "@manycore/multiprocessing";
   *
   * export const add = (a: number, b: number) => a + b;
   *
   * if (import.meta.main) {
   *   await using executor = new ProcessPoolExecutor(2);
   *   for await (const sum of executor.map(add, [1, 2, 3], [10, 20, 30], { bufferSize: 8 })) {
   *     console.log(sum); // 11, 22, 33
   *   }
   * }
   * ```
   */
  map<T, R>(
    fn: (item: T) => R,
    items: Items<T>,
    options?: ExecutorMapOptions,
  ): AsyncIterableIterator<Awaited<R>>;
  /** The same for a function that is named by its module. */
  map<T, R>(
    fn: Task<[item: T], R>,
    items: Items<T>,
    options?: ExecutorMapOptions,
  ): AsyncIterableIterator<Awaited<R>>;
  /** With an input for each parameter. */
  // deno-lint-ignore no-explicit-any
  map<A extends any[], R>(
    fn: Task<A, R>,
    ...iterables: [...items: Iterables<A>, options?: ExecutorMapOptions]
  ): AsyncIterableIterator<Awaited<R>>;
  map(fn: unknown, ...rest: unknown[]): AsyncIterableIterator<never> {
    const { inputs, options } = splitOptions(rest);
    checkOptionNames("map", options, MAP_OPTIONS);
    const { bufferSize = this.#bufferSize, chunkSize } = options;
    if (inputs.length === 0) {
      throw new TypeError("Cannot map over nothing: give at least one input");
    }
    if (bufferSize !== undefined) checkCount("map", "bufferSize", bufferSize, 1);
    const timeout = checkTimeout(options.timeout, "map");
    const own = { chunkSize, buffer: bufferSize };
    const job = this.#open("map").imap("map", fn, inputs, true, own, true);
    return new Results(job as AsyncIterableIterator<never>, timeout);
  }

  /**
   * Takes no more calls. What was submitted ends, and then the workers do. May be called again, also with
   * other options.
   *
   * @param options {@link ShutdownOptions}: `wait`, `cancelFutures`.
   * @returns When all futures have ended and the workers are gone; with `wait: false` at once.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    if (typeof options !== "object" || options === null) {
      throw new TypeError(
        `Cannot shut an executor down with ${show(options)}: give options, such as { wait: false }`,
      );
    }
    checkOptionNames("shut an executor down", options, SHUTDOWN_OPTIONS);
    const { wait = true, cancelFutures = false } = options;
    this.#shut = true;
    if (cancelFutures) {
      this.#engine.withdrawal.takeAll(
        cancellation("The call was cancelled before it had begun: the executor was shut down"),
      );
    }
    this.#engine.withdrawal.cutInputs(
      new ProcessError(
        "The map has ended early: the executor was shut down before its input had ended",
      ),
    );
    this.#engine.close();
    if (wait) await this.#engine.join();
  }

  /**
   * Ends the workers now, as {@link Process.terminate} does, and takes no more calls. Every future that has
   * not ended fails with a `PoolTerminatedError`.
   *
   * @returns When the workers have ended.
   */
  async terminateWorkers(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** As {@link Executor.terminateWorkers}, but as {@link Process.kill}: workers are asked nothing. */
  async killWorkers(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** {@link Executor.shutdown}, which waits for everything, as Python's `with`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#shut = true;
    this.#engine.terminate(signal);
    return this.#engine.join();
  }

  #open(action: string): Engine {
    if (this.#shut) {
      throw new ProcessError(`Cannot ${action}: the executor was shut down; make a new one`);
    }
    if (!this.#started) {
      this.#started = true;
      this.#engine.start();
    }
    return this.#engine;
  }
}

/**
 * An executor whose workers are processes, as Python's.
 *
 * @example
 * ```ts
 * import { ProcessPoolExecutor } from "@manycore/multiprocessing";
 *
 * export const cube = (x: number) => x ** 3;
 *
 * if (import.meta.main) {
 *   await using executor = new ProcessPoolExecutor({ maxWorkers: 2 });
 *   console.log(await executor.submit(cube, 3)); // 27
 * }
 * ```
 */
export class ProcessPoolExecutor extends Executor {
  /** Always `"spawn"`. */
  static override readonly startMethod = "spawn";
}

/**
 * An executor whose workers are threads, each with its own event loop and its own memory.
 *
 * @example
 * ```ts
 * import { ThreadPoolExecutor } from "@manycore/multiprocessing";
 *
 * export const cube = (x: number) => x ** 3;
 *
 * if (import.meta.main) {
 *   await using executor = new ThreadPoolExecutor({ maxWorkers: 2 });
 *   console.log(await executor.submit(cube, 3)); // 27
 * }
 * ```
 */
export class ThreadPoolExecutor extends Executor {
  /** Always `"thread"`. */
  static override readonly startMethod = "thread";
}
