/**
 * Layer 6, pool. The public class `Pool`. Owns the jobs that have not ended and whether the pool is
 * open; checks arguments; leaves the work to the scheduler and the workers to the crew.
 *
 * @module
 */

import { CancelledError, PoolTerminatedError, ProcessError } from "../errors.ts";
import type { BrokenPoolError } from "../errors.ts";
import { getStartMethod } from "../process/family.ts";
import type { StartMethod } from "../process/family.ts";
import { cpuCount } from "../process/cpu_count.ts";
import { refuseToStart } from "../process/launcher.ts";
import { runtime } from "../runtime/mod.ts";
import { Encoder } from "../wire/encode.ts";
import { toFunction } from "../wire/functions/mod.ts";
import { AsyncResult } from "./async_result.ts";
import { Call, checkCount } from "./call.ts";
import type { TaskOptions } from "./call.ts";
import { Crew } from "./crew.ts";
import { ImapJob } from "./imap.ts";
import { openInput } from "./input.ts";
import type { Items } from "./input.ts";
import { ApplyJob, MapJob } from "./jobs.ts";
import type {
  ApplyOptions,
  CallbackOptions,
  ImapOptions,
  MapOptions,
  PoolOptions,
  PoolStats,
  Task,
} from "./options.ts";
import { progressBar } from "./progress.ts";
import { encodeAhead, Run } from "./run.ts";
import type { Job } from "./run.ts";
import { Scheduler } from "./scheduler.ts";

const NO_OPTIONS: Readonly<Record<never, never>> = Object.freeze({});

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

  #state: "open" | "closed" | "terminated" = "open";
  #broken: BrokenPoolError | null = null;
  #scheduler = new Scheduler();
  #crew: Crew;
  #jobs = new Set<Job>();
  #release: (() => void) | null = null;
  #ledger = { ended: (job: Job) => this.#ended(job) };
  #aborts = new Map<Job, () => void>();
  /** Calls without options, checked once per function. */
  // deno-lint-ignore ban-types
  #plainCalls = new WeakMap<Function, Call>();
  #scratch: Encoder;
  #size: number;
  #held = 0;

  /**
   * Starts the workers. Tasks may be submitted at once.
   *
   * @param options The number of workers, or {@link PoolOptions}. Default: one per processor.
   * @throws {RangeError | TypeError} If an option is wrong, such as `processes: 0`.
   * @throws {ProcessError} If a worker cannot be started.
   * @throws {BootstrapError} If a child is importing this module.
   */
  constructor(options: number | PoolOptions = {}) {
    const given: PoolOptions = typeof options === "number" ? { processes: options } : options;
    if (typeof given !== "object" || given === null) {
      throw new TypeError(
        `Cannot make a pool from ${String(given)}: give a number of workers, or options`,
      );
    }
    const method = (this.constructor as typeof Pool).startMethod ?? getStartMethod();
    const action = "make a pool";
    this.#size = checkCount(action, "processes", given.processes ?? cpuCount(), 1);
    const maxTasks = given.maxTasksPerChild === undefined
      ? Infinity
      : checkCount(action, "maxTasksPerChild", given.maxTasksPerChild, 1);
    const { initializer: target, initArgs = [], name = "PoolWorker" } = given;
    if (!Array.isArray(initArgs)) {
      throw new TypeError("Cannot make a pool: initArgs must be an array");
    }
    const initializer = target === undefined ? null : toFunction(target, "initializer");
    refuseToStart(action);
    this.#scratch = new Encoder(method === "thread" ? "thread" : "process");
    const body = (encoder: Encoder) => {
      encoder.u8(initializer === null ? 0 : 1);
      if (initializer === null) return;
      encoder.value(initializer, "initializer");
      encoder.value(initArgs, "initArgs");
    };
    const { env, cwd, permissions, memoryLimitMb } = given;
    this.#crew = new Crew(
      {
        env,
        cwd,
        permissions,
        memoryLimitMb,
        method,
        size: this.#size,
        name,
        maxTasks,
        initializer: body,
      },
      this.#scheduler,
      (error) => this.#break(error),
    );
    this.#crew.start();
  }

  /**
   * Calls a function with an array of arguments.
   *
   * @returns What the function returns.
   * @throws What the function throws, with the worker's stack as `cause`.
   * @throws {FunctionReferenceError | SerializationError} If function or arguments cannot travel.
   * @throws {WorkerLostError} If the worker dies.
   * @throws {TimeoutError} If the task runs longer than `timeout` milliseconds.
   * @throws {ProcessError} If the pool is closed.
   */
  apply<A extends unknown[], R>(
    fn: Task<A, R>,
    args: A = [] as unknown[] as A,
    options: ApplyOptions = NO_OPTIONS,
  ): Promise<Awaited<R>> {
    try {
      return this.#apply("apply", fn, args, options).promise as Promise<Awaited<R>>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As {@link Pool.apply}, but returns a handle at once. */
  applyAsync<A extends unknown[], R>(
    fn: Task<A, R>,
    args: A = [] as unknown[] as A,
    options: ApplyOptions & CallbackOptions<Awaited<R>> = NO_OPTIONS,
  ): AsyncResult<Awaited<R>> {
    const { job, promise } = this.#apply("applyAsync", fn, args, options);
    return this.#asyncResult(job, promise as Promise<Awaited<R>>, options);
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
  map<T, R>(
    fn: Task<[item: T], R>,
    items: Items<T>,
    options: MapOptions & { settle: true },
  ): Promise<PromiseSettledResult<Awaited<R>>[]>;
  /** Without `settle`, the results themselves. */
  map<T, R>(fn: Task<[item: T], R>, items: Items<T>, options?: MapOptions): Promise<Awaited<R>[]>;
  async map(fn: unknown, items: unknown, options: MapOptions = {}): Promise<never> {
    return await this.#map("map", fn, items, false, options).promise as never;
  }

  /** As {@link Pool.map}, but each item is an array of arguments. */
  // deno-lint-ignore no-explicit-any
  starmap<A extends any[], R>(
    fn: Task<A, R>,
    argTuples: Items<readonly [...A]>,
    options: MapOptions & { settle: true },
  ): Promise<PromiseSettledResult<Awaited<R>>[]>;
  /** Without `settle`, the results themselves. */
  // deno-lint-ignore no-explicit-any
  starmap<A extends any[], R>(
    fn: Task<A, R>,
    argTuples: Items<readonly [...A]>,
    options?: MapOptions,
  ): Promise<Awaited<R>[]>;
  async starmap(fn: unknown, argTuples: unknown, options: MapOptions = {}): Promise<never> {
    return await this.#map("starmap", fn, argTuples, true, options).promise as never;
  }

  /** As {@link Pool.map}, but returns a handle at once. */
  mapAsync<T, R>(
    fn: Task<[item: T], R>,
    items: Items<T>,
    options: MapOptions & CallbackOptions<Awaited<R>[]> = {},
  ): AsyncResult<Awaited<R>[]> {
    const { job, promise } = this.#map("mapAsync", fn, items, false, options);
    return this.#asyncResult(job, promise as Promise<Awaited<R>[]>, options);
  }

  /** As {@link Pool.starmap}, but returns a handle at once. */
  // deno-lint-ignore no-explicit-any
  starmapAsync<A extends any[], R>(
    fn: Task<A, R>,
    argTuples: Items<readonly [...A]>,
    options: MapOptions & CallbackOptions<Awaited<R>[]> = {},
  ): AsyncResult<Awaited<R>[]> {
    const { job, promise } = this.#map("starmapAsync", fn, argTuples, true, options);
    return this.#asyncResult(job, promise as Promise<Awaited<R>[]>, options);
  }

  /**
   * Calls a function with each item of an input that is read lazily, at most `buffer` items ahead
   * of the results that were taken: an endless input costs no memory.
   *
   * @returns An iterator over the results, in the order of the input. The failure of a task
   * rejects its own `next()`; iteration may go on. Leaving the loop drops the rest.
   */
  imap<T, R>(
    fn: Task<[item: T], R>,
    items: Items<T>,
    options: ImapOptions = {},
  ): AsyncIterableIterator<Awaited<R>> {
    return this.#imap("imap", fn, items, true, options) as ImapJob<Awaited<R>>;
  }

  /** As {@link Pool.imap}, but results come in the order in which they are ready. */
  imapUnordered<T, R>(
    fn: Task<[item: T], R>,
    items: Items<T>,
    options: ImapOptions = {},
  ): AsyncIterableIterator<Awaited<R>> {
    return this.#imap("imapUnordered", fn, items, false, options) as ImapJob<Awaited<R>>;
  }

  /**
   * Takes no more calls. Workers end when everything submitted has ended. An `imap` over an array
   * runs to its end then; one over a generator goes on as its results are taken.
   */
  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closed";
    this.#scheduler.schedule();
    this.#dismissWhenDone();
  }

  /**
   * Ends the workers now. Every call that has not ended rejects with a `PoolTerminatedError`.
   *
   * @returns When the workers have ended.
   */
  async terminate(): Promise<void> {
    if (this.#state !== "terminated") {
      this.#state = "terminated";
      this.#abandonAll(
        new PoolTerminatedError("The pool was terminated before this call had ended"),
      );
      this.#crew.terminate();
    }
    await this.join();
  }

  /**
   * Waits until all workers have ended.
   *
   * @throws {ProcessError} If neither `close` nor `terminate` was called.
   */
  async join(): Promise<void> {
    if (this.#state === "open") {
      throw new ProcessError("Cannot join a pool that is open: call close() or terminate() first");
    }
    const release = runtime.keepAlive();
    try {
      await this.#crew.gone();
    } finally {
      release();
    }
  }

  /** Counts what the pool and its workers do and did. */
  stats(): PoolStats {
    const workers = [...this.#crew.workers].map((worker) => ({
      name: worker.name,
      pid: worker.child.pid,
      ready: worker.ready,
      tasks: worker.tasksDone,
      busyMs: worker.busyMs,
      assigned: worker.outstanding.reduce((sum, run) => sum + run.left, 0),
    }));
    return {
      processes: this.#size,
      completed: this.#crew.completed,
      failed: this.#crew.failed,
      running: workers.reduce((sum, worker) => sum + worker.assigned, 0),
      queued: this.#scheduler.queued,
      retried: this.#crew.retried,
      replaced: this.#crew.replaced,
      workers,
    };
  }

  /** {@link Pool.terminate}, as Python's `with` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminate();
  }

  // -- Inside --

  #apply(
    action: string,
    fn: unknown,
    args: unknown,
    options: ApplyOptions,
  ): { job: Job; promise: Promise<unknown> } {
    const call = this.#call(action, fn, true, options);
    if (!Array.isArray(args)) {
      throw new TypeError(
        `Cannot ${action} with args ${String(args)}: give an array, such as [${String(args)}]`,
      );
    }
    const encoded = encodeAhead(this.#scratch, args, "args", options.transfer);
    const outcome = Promise.withResolvers<unknown>();
    const { promise } = outcome;
    const job = new ApplyJob(call, outcome, this.#ledger);
    // The arguments themselves are kept only where they may have to be encoded again.
    const again = encoded.attachments.length > 0 && call.retries > 0;
    const run = new Run(job, 0, [again ? args : undefined]);
    run.encoded = encoded;
    this.#track(job, true);
    this.#scheduler.push(run);
    return { job, promise };
  }

  #map(action: string, fn: unknown, items: unknown, star: boolean, options: MapOptions): {
    job: Job;
    promise: Promise<unknown>;
  } {
    const call = this.#call(action, fn, star, options);
    const chunkSize = options.chunkSize === undefined
      ? null
      : checkCount(action, "chunkSize", options.chunkSize, 1);
    // deno-lint-ignore prefer-const -- the input's callback refers to it
    let job!: MapJob<unknown>;
    const input = openInput(items, action, () => {
      job.wake();
      this.#scheduler.schedule();
    });
    const bar = options.progress ? progressBar() : null;
    const { onProgress } = options;
    const tell = (done: number, total: number | undefined) => {
      onProgress?.(done, total);
      bar?.update(done, total);
    };
    const outcome = Promise.withResolvers<unknown>();
    const { promise } = outcome;
    job = new MapJob(
      call,
      input,
      {
        chunkSize,
        settle: options.settle ?? false,
        onProgress: onProgress || bar ? tell : null,
      },
      outcome,
      this.#ledger,
    );
    if (bar !== null) {
      bar.update(0, input.total);
      promise.then(bar.stop, bar.stop);
    }
    this.#track(job, true);
    this.#scheduler.add(job);
    job.wake();
    return { job, promise };
  }

  #imap(
    action: string,
    fn: unknown,
    items: unknown,
    ordered: boolean,
    options: ImapOptions,
  ): ImapJob<unknown> {
    const call = this.#call(action, fn, false, options);
    const chunkSize = checkCount(action, "chunkSize", options.chunkSize ?? 1, 1);
    const buffer = checkCount(action, "buffer", options.buffer ?? 2 * this.#size * chunkSize, 1);
    const schedule = () => this.#scheduler.schedule();
    // deno-lint-ignore prefer-const -- the input's callback refers to it
    let job!: ImapJob<unknown>;
    const input = openInput(items, action, () => {
      job.wake();
      schedule();
    });
    job = new ImapJob(call, input, {
      ordered,
      chunkSize,
      buffer,
      draining: () => this.#state === "closed",
      onRoom: schedule,
      onEnd: (early) => {
        if (early) this.#crew.stop(job, new CancelledError("The loop over the results has ended"));
        this.#ended(job);
      },
    });
    this.#track(job, false);
    this.#scheduler.add(job);
    job.wake();
    return job;
  }

  #call(action: string, fn: unknown, star: boolean, options: TaskOptions): Call {
    if (this.#broken !== null) throw this.#broken;
    if (this.#state !== "open") {
      throw new ProcessError(`Cannot ${action}: the pool is ${this.#state}; make a new one`);
    }
    if (options === NO_OPTIONS && typeof fn === "function") {
      let plain = this.#plainCalls.get(fn);
      if (plain?.star !== star) {
        this.#plainCalls.set(fn, plain = new Call(action, fn, star, options, this.#scratch));
      }
      return plain;
    }
    const call = new Call(action, fn, star, options, this.#scratch);
    call.signal?.throwIfAborted();
    return call;
  }

  /** Counts a job in until it ends; `holds` if it keeps the program alive by itself. */
  #track(job: Job, holds: boolean): void {
    this.#jobs.add(job);
    if (holds && this.#held++ === 0) this.#release = runtime.keepAlive();
    const { signal } = job.call;
    if (signal === undefined) return;
    const abort = () => {
      job.abandon(signal.reason);
      this.#crew.stop(job, signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#aborts.set(job, abort);
  }

  #ended(job: Job): void {
    this.#jobs.delete(job);
    if (!(job instanceof ImapJob) && --this.#held === 0) this.#release!();
    if (this.#state === "closed") this.#dismissWhenDone();
    const abort = this.#aborts.get(job);
    if (abort === undefined) return;
    job.call.signal!.removeEventListener("abort", abort);
    this.#aborts.delete(job);
  }

  #asyncResult<R>(job: Job, promise: Promise<R>, options: CallbackOptions<R>): AsyncResult<R> {
    const { callback, errorCallback } = options;
    const called = callback || errorCallback
      ? promise.then((value) => {
        callback?.(value);
        return value;
      }, (error) => {
        errorCallback?.(error);
        throw error;
      })
      : promise;
    return new AsyncResult(called, () => {
      if (job.settled) return false;
      const error = new CancelledError("The call was cancelled");
      job.abandon(error);
      this.#crew.stop(job, error);
      return true;
    });
  }

  #dismissWhenDone(): void {
    if (this.#jobs.size === 0) this.#crew.dismiss();
  }

  #abandonAll(error: unknown): void {
    this.#scheduler.clear();
    for (const job of [...this.#jobs]) job.abandon(error);
  }

  #break(error: BrokenPoolError): void {
    this.#broken = error;
    if (this.#state === "open") this.#state = "closed";
    this.#abandonAll(error);
  }
}
