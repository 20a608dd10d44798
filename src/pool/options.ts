/**
 * Layer 10, pool. The options of the public methods of a pool, as types.
 *
 * @module
 */

import type { LaunchOptions } from "../process/launcher.ts";
import type { FunctionSpec } from "../wire/functions/mod.ts";
import type { TaskOptions } from "./call.ts";
import type { Percentiles } from "./meter.ts";

/** A function that a pool can call: one that travels, or where to find it. */
// deno-lint-ignore no-explicit-any
export type Task<A extends readonly any[], R> = ((...args: A) => R) | FunctionSpec;

/** What comes of one task of a `map` or `imap`: its result, or with `settle` how it has ended. */
export type TaskResult<R, S extends boolean> = S extends true ? PromiseSettledResult<Awaited<R>>
  : Awaited<R>;

/** Options of a pool. */
export interface PoolOptions extends Omit<LaunchOptions, "stdout" | "stderr"> {
  /** Number of workers. Default: {@link cpuCount}. */
  processes?: number;
  /** Runs once in each worker before its first task. If it fails, the pool is broken. */
  // deno-lint-ignore no-explicit-any
  initializer?: Task<any[], unknown>;
  /** Arguments of the initializer. Default none. */
  initArgs?: unknown[];
  /** A worker is replaced after so many tasks. Default: never. */
  maxTasksPerChild?: number;
  /**
   * Spare processes or threads to keep ready for workers that have to be replaced: after
   * `maxTasksPerChild`, a timeout, a death. They come on top of those of {@link warm}, and like
   * those are for children without `env`, `cwd`, `permissions` and `memoryLimitMb`. Default 0.
   */
  warm?: number;
  /** Workers are called `NAME-1`, `NAME-2`, … Default `PoolWorker`. */
  name?: string;
  /**
   * Records each task for {@link Pool.writeTrace}: its function, position, attempt, worker, waiting
   * time, beginning, end and outcome. Costs about half a microsecond and 44 bytes for each. Default
   * `false`.
   */
  trace?: boolean;
  /** With `trace`, so many of the last tasks are kept. Default 1,000,000. */
  traceLimit?: number;
}

/** Options of `apply`. */
export interface ApplyOptions extends TaskOptions {
  /**
   * Calls that wait for a worker go by priority, the highest number first, then in their order. What
   * a worker was given already stays in front. Default 0; the items of a `map` have 0.
   */
  priority?: number;
  /** Buffers and ports among the arguments that move instead of being copied. */
  transfer?: readonly object[];
}

/** Options of `map` and `starmap`. */
export interface MapOptions extends TaskOptions {
  /** Items per message. Default: chosen by how long the tasks take. */
  chunkSize?: number;
  /** Runs everything and returns what each task came to, instead of failing with the first. */
  settle?: boolean;
  /** Called with the number of finished tasks, and of all where it is known; once per message. */
  onProgress?: (done: number, total: number | undefined) => void;
  /** Draws a progress bar on standard error, when that is a terminal. Default `false`. */
  progress?: boolean;
}

/** What the asynchronous forms take in addition. */
export interface CallbackOptions<R> {
  /** Called with the result, before it is ready. If it throws, the call fails with that. */
  callback?: (value: R) => void;
  /** Called with the error, before it is ready. */
  errorCallback?: (error: unknown) => void;
}

/** Options of `imap` and `imapUnordered`. */
export interface ImapOptions extends TaskOptions {
  /** Items per message. Default: as many as take a quarter of a millisecond, from 1 to 256. */
  chunkSize?: number;
  /** Items read but not yet taken, at most. Default 2 × processes × chunkSize. */
  buffer?: number;
  /** Gives what each task came to, so that a loop goes on after one that has failed. Default `false`. */
  settle?: boolean;
}

/** One worker, in {@link PoolStats}. */
export interface WorkerStats {
  /** Its name. */
  name: string;
  /** Its process id. */
  pid: number;
  /** Whether it has finished its initializer. */
  ready: boolean;
  /** Tasks that it has finished. */
  tasks: number;
  /** Milliseconds that it has spent in tasks, of those whose results are here. */
  busyMs: number;
  /**
   * The part of its time since it was ready that it has spent in tasks, from 0 to 1, the one that
   * runs now included. 0 before it is ready. Time between two tasks of one message counts as well.
   */
  utilisation: number;
  /** Tasks that it has been given and not finished. */
  assigned: number;
}

/** What a pool does. */
export interface PoolStats {
  /** Number of workers that it should have. */
  processes: number;
  /** Tasks finished well. */
  completed: number;
  /** Tasks finished badly. */
  failed: number;
  /** Tasks that a worker has been given. */
  running: number;
  /**
   * Tasks that wait for a worker, or to be tried again. Items of an array count as soon as `map` was
   * called; those of an `imap` as far as its buffer has room for them. How many an iterator still has
   * nobody knows: its items do not count until a worker has been given them.
   */
  queued: number;
  /** Messages of tasks that were sent again because their worker was lost. */
  retried: number;
  /**
   * Workers that were replaced: lost, or ended because a task had to be stopped. Not those that have
   * done their `maxTasksPerChild`.
   */
  replaced: number;
  /**
   * How long tasks have waited, since the pool was made: from `apply`, or from when the item was read
   * out of the input of a `map`, until the task began. Within 5 % and 0.1 milliseconds; tasks that
   * answer together count as if each had run equally long. A task that is tried again waits anew.
   */
  wait: Percentiles;
  /**
   * How long tasks have run, since the pool was made. Within 5 %; but short tasks that answer together
   * count with their mean, so a single slow one among them does not show. A task counts when its
   * result is here: one that was stopped or lost never does.
   */
  run: Percentiles;
  /** The workers that live. */
  workers: WorkerStats[];
}
