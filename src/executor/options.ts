/**
 * Layer 12, executor. The options of executors, as types, and how the arguments of `map` are told apart.
 *
 * @module
 */

import { POOL_OPTIONS } from "../pool/checks.ts";
import type { Items } from "../pool/input.ts";
import type { PoolOptions } from "../pool/options.ts";
import type { OptionNames } from "../process/option_names.ts";

/** Options of an executor: those of a pool, and Python's own names. */
export interface ExecutorOptions extends Omit<PoolOptions, "processes" | "trace" | "traceLimit"> {
  /** Number of workers. Default: {@link cpuCount}. */
  maxWorkers?: number;
  /** Workers are called `NAME-1`, `NAME-2`, … Default `ExecutorWorker`. */
  name?: string;
  /** The `bufferSize` of every `map` that has none of its own. Default 2 × maxWorkers × chunkSize. */
  bufferSize?: number;
}

const OF_A_POOL_ONLY = ["processes", "trace", "traceLimit"];

/** What an executor takes. */
export const EXECUTOR_OPTIONS: OptionNames = new Set([
  ...["maxWorkers", "bufferSize"],
  ...[...POOL_OPTIONS].filter((name) => !OF_A_POOL_ONLY.includes(name)),
]);

/** Options of an executor's `map`. */
export interface ExecutorMapOptions {
  /** Items that are read and whose results are not taken, at most. Default: as of the executor. */
  bufferSize?: number;
  /** Items per message. Default: as many as take a quarter of a millisecond, from 1 to 256. */
  chunkSize?: number;
  /** Milliseconds for all results together, from the call of `map` on. Default: for ever. */
  timeout?: number;
}

/** What `map` takes. */
export const MAP_OPTIONS: OptionNames = new Set(["bufferSize", "chunkSize", "timeout"]);

/** Options of `shutdown`. */
export interface ShutdownOptions {
  /** Resolve when everything has ended; otherwise at once, and everything ends by itself. Default `true`. */
  wait?: boolean;
  /** Cancel what has not begun. Default `false`. */
  cancelFutures?: boolean;
}

/** What `shutdown` takes. */
export const SHUTDOWN_OPTIONS: OptionNames = new Set(["wait", "cancelFutures"]);

/** An input for each parameter of a function. */
// deno-lint-ignore no-explicit-any
export type Iterables<A extends readonly any[]> = { [K in keyof A]: Items<A[K]> };

/** Takes the options from the end of the arguments of `map`, if the last one cannot be an input. */
export function splitOptions(
  rest: readonly unknown[],
): { inputs: readonly unknown[]; options: ExecutorMapOptions } {
  const last = rest.at(-1);
  if (rest.length < 2 || !(last === undefined || isOptions(last))) {
    return { inputs: rest, options: {} };
  }
  return { inputs: rest.slice(0, -1), options: last ?? {} };
}

function isOptions(value: unknown): value is ExecutorMapOptions {
  return typeof value === "object" && value !== null && !(Symbol.iterator in value) &&
    !(Symbol.asyncIterator in value) && !("length" in value) && !ArrayBuffer.isView(value);
}
