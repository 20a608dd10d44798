/**
 * The façade: one object per start method with every constructor, and the default context behind
 * the top-level names. Imports every layer below and owns nothing.
 *
 * @module
 */

import { cpuCount } from "./process/cpu_count.ts";
import { activeChildren, Process } from "./process/process.ts";
import { checkMethod, currentProcess, getStartMethod, parentProcess } from "./process/family.ts";
import type { StartMethod } from "./process/family.ts";
import { Pool } from "./pool/pool.ts";

/**
 * A process of the `"thread"` context: a Worker with its own isolate and event loop, in this
 * operating-system process.
 *
 * @example
 * ```ts
 * import { Thread } from "@manycore/multiprocessing";
 *
 * export const work = () => console.log("in a thread");
 *
 * if (import.meta.main) {
 *   const thread = new Thread({ target: work });
 *   thread.start();
 *   await thread.join();
 * }
 * ```
 */
// deno-lint-ignore no-explicit-any
export class Thread<A extends any[] = any[]> extends Process<A> {
  /** Always `"thread"`. */
  static override readonly startMethod = "thread";
}

/**
 * A pool of the `"thread"` context.
 *
 * @example
 * ```ts
 * import { ThreadPool } from "@manycore/multiprocessing";
 *
 * export const double = (x: number) => 2 * x;
 *
 * if (import.meta.main) {
 *   await using pool = new ThreadPool(2);
 *   console.log(await pool.map(double, [1, 2, 3])); // [ 2, 4, 6 ]
 * }
 * ```
 */
export class ThreadPool extends Pool {
  /** Always `"thread"`. */
  static override readonly startMethod = "thread";
}

// deno-lint-ignore no-explicit-any
class SpawnProcess<A extends any[] = any[]> extends Process<A> {
  static override readonly startMethod = "spawn";
}

class SpawnPool extends Pool {
  static override readonly startMethod = "spawn";
}

/** Everything, for one start method. */
export interface Context {
  /** The start method of this context. */
  readonly method: StartMethod;
  /** As the top-level `Process`, with this method. */
  readonly Process: typeof Process;
  /** As the top-level `Pool`, with this method. */
  readonly Pool: typeof Pool;
  /** As the top-level function. */
  readonly currentProcess: typeof currentProcess;
  /** As the top-level function. */
  readonly parentProcess: typeof parentProcess;
  /** As the top-level function. */
  readonly activeChildren: typeof activeChildren;
  /** As the top-level function. */
  readonly cpuCount: typeof cpuCount;
}

const shared = { currentProcess, parentProcess, activeChildren, cpuCount };

const contexts: Record<StartMethod, Context> = {
  spawn: { method: "spawn", Process: SpawnProcess, Pool: SpawnPool, ...shared },
  thread: { method: "thread", Process: Thread, Pool: ThreadPool, ...shared },
};

/**
 * Returns the context of a start method: every constructor, bound to it.
 *
 * @param method Default: the default start method, which is fixed by this call.
 * @throws {RangeError} If there is no such method.
 *
 * @example
 * ```ts
 * import { getContext } from "@manycore/multiprocessing";
 *
 * const { Pool } = getContext("thread");
 * await using pool = new Pool(2);
 * ```
 */
export function getContext(method?: StartMethod): Context {
  return contexts[method === undefined ? getStartMethod() : checkMethod(method)];
}
