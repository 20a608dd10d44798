/**
 * Layer 10, pool. The options of the public methods of a pool, as types.
 *
 * @module
 */

import type { LaunchOptions } from "../process/launcher.ts";
import type { FunctionSpec } from "../wire/functions/mod.ts";
import type { TaskOptions } from "./call.ts";

/** A function that a pool can call: one that travels, or where to find it. */
// deno-lint-ignore no-explicit-any
export type Task<A extends readonly any[], R> = ((...args: A) => R) | FunctionSpec;

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
   * `maxTasksPerChild`, a timeout, a death. They come on top of those of {@link warm}. Default 0.
   */
  warm?: number;
  /** Workers are called `NAME-1`, `NAME-2`, … Default `PoolWorker`. */
  name?: string;
}

/** Options of `apply`. */
export interface ApplyOptions extends TaskOptions {
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
  /** Items per message. Default 1. */
  chunkSize?: number;
  /** Items read but not yet taken, at most. Default 2 × processes × chunkSize. */
  buffer?: number;
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
  /** Milliseconds that it has spent in tasks. */
  busyMs: number;
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
  /** Single tasks that wait for a worker; items of a `map` that were not read yet do not count. */
  queued: number;
  /** Messages of tasks that were sent again because their worker was lost. */
  retried: number;
  /** Workers that were replaced after they were lost. */
  replaced: number;
  /** The workers that live. */
  workers: WorkerStats[];
}
