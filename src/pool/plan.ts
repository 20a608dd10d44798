/**
 * Layer 10, pool. What a pool is to be, from the options that were given: checked, with defaults.
 *
 * @module
 */

import type { StartMethod } from "../park/start_method.ts";
import { cpuCount } from "../process/cpu_count.ts";
import { checkOptionNames } from "../process/option_names.ts";
import { checkLaunchOptions } from "../process/options.ts";
import { isPlain } from "../process/start_child.ts";
import type { Encoder } from "../wire/encode.ts";
import { toFunction } from "../wire/functions/mod.ts";
import { checkCount, POOL_OPTIONS } from "./checks.ts";
import type { CrewOptions } from "./crew.ts";
import { Meter } from "./meter.ts";
import type { PoolOptions } from "./options.ts";
import { Trace } from "./trace.ts";

const DEFAULT_TRACE_LIMIT = 1_000_000;

/**
 * Checks the options of a pool.
 *
 * @param action Such as `make a pool`, for messages.
 * @throws {TypeError | RangeError} If one of them cannot be.
 */
export function planOf(options: PoolOptions, method: StartMethod, action: string): CrewOptions {
  checkOptionNames(action, options, POOL_OPTIONS);
  const size = checkCount(action, "processes", options.processes ?? cpuCount(), 1);
  const maxTasks = options.maxTasksPerChild === undefined
    ? Infinity
    : checkCount(action, "maxTasksPerChild", options.maxTasksPerChild, 1);
  const initializer = initializerOf(options, action);
  checkLaunchOptions(options);
  const { name = "PoolWorker", env, cwd, permissions, memoryLimitMb } = options;
  const launch = { env, cwd, permissions, memoryLimitMb, method };
  const warm = checkCount(action, "warm", options.warm ?? 0, 0);
  if (warm > 0 && !isPlain(launch)) {
    throw new TypeError(
      `Cannot ${action} with warm ${warm}: spares have no env, cwd, permissions or ` +
        "memoryLimitMb of their own; leave these out, or warm",
    );
  }
  const meter = new Meter(traceOf(action, options, method));
  return { ...launch, size, name, maxTasks, warm, meter, initializer };
}

function initializerOf(options: PoolOptions, action: string): (encoder: Encoder) => void {
  const { initializer: target, initArgs = [] } = options;
  if (!Array.isArray(initArgs)) {
    throw new TypeError(`Cannot ${action}: initArgs must be an array`);
  }
  const initializer = target === undefined ? null : toFunction(target, "initializer");
  return (encoder) => {
    encoder.u8(initializer === null ? 0 : 1);
    if (initializer === null) return;
    encoder.value(initializer, "initializer");
    encoder.value(initArgs, "initArgs");
  };
}

function traceOf(action: string, options: PoolOptions, method: StartMethod): Trace | null {
  const { trace = false, traceLimit } = options;
  if (typeof trace !== "boolean") {
    throw new TypeError(`Cannot ${action} with trace ${String(trace)}: give true or false`);
  }
  const limit = checkCount(action, "traceLimit", traceLimit ?? DEFAULT_TRACE_LIMIT, 1);
  return trace ? new Trace(limit, method === "thread") : null;
}
