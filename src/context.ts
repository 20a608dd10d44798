/**
 * The façade: one object per start method with every constructor, and the default context behind
 * the top-level names. Imports every layer below and owns nothing.
 *
 * @module
 */

import { cpuCount } from "./process/cpu_count.ts";
import { activeChildren, Process } from "./process/process.ts";
import { currentProcess, parentProcess } from "./process/family.ts";
import { warmFor } from "./process/warm.ts";
import type { warm } from "./process/warm.ts";
import { checkMethod, getStartMethod } from "./park/start_method.ts";
import type { StartMethod } from "./park/start_method.ts";
import "./broker/mod.ts";
import { BaseManager } from "./manager/base_manager.ts";
import { Manager } from "./manager/manager.ts";
import { SharedMemoryManager } from "./manager/shared_memory_manager.ts";
import { ProcessPoolExecutor, ThreadPoolExecutor } from "./executor/executor.ts";
import { getLogger, logToStderr } from "./process/logging.ts";
import { connect } from "./remote/connect.ts";
import { Listener } from "./remote/listener.ts";
import { Pool } from "./pool/pool.ts";
import { makePipe } from "./connection/pipe.ts";
import type { Pipe } from "./connection/pipe.ts";
import { wait } from "./connection/wait.ts";
import { JoinableQueue } from "./queue/joinable_queue.ts";
import { Queue } from "./queue/queue.ts";
import { SimpleQueue } from "./queue/simple_queue.ts";
import { RawArray } from "./shared/raw_array.ts";
import { ShareableList } from "./shared/shareable_list.ts";
import { SharedArray } from "./shared/shared_array.ts";
import { SharedMemory } from "./shared/shared_memory.ts";
import { RawValue, Value } from "./shared/value.ts";
import { Barrier } from "./sync/barrier.ts";
import { Condition } from "./sync/condition.ts";
import { Event } from "./sync/event.ts";
import { Lock } from "./sync/lock.ts";
import { RLock } from "./sync/rlock.ts";
import { BoundedSemaphore, Semaphore } from "./sync/semaphore.ts";
import { registerSubclass } from "./wire/classes.ts";
import type { AnyClass } from "./wire/classes.ts";

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

/** The classes of managers, each bound to a start method. */
function managers(startMethod: StartMethod): Pick<
  Context,
  "BaseManager" | "Manager" | "SharedMemoryManager"
> {
  const bound = {
    BaseManager: class extends BaseManager {},
    Manager: class extends Manager {},
    SharedMemoryManager: class extends SharedMemoryManager {},
  };
  for (const Class of Object.values(bound)) {
    Object.defineProperty(Class, "startMethod", { value: startMethod });
  }
  return bound;
}

/** Everything, for one start method. */
export interface Context {
  /** The start method of this context. */
  readonly method: StartMethod;
  /** As the top-level `Process`, with this method. */
  readonly Process: typeof Process;
  /** As the top-level `Pool`, with this method. */
  readonly Pool: typeof Pool;
  /** As the top-level `Lock`, with this method. */
  readonly Lock: typeof Lock;
  /** As the top-level `RLock`, with this method. */
  readonly RLock: typeof RLock;
  /** As the top-level `Semaphore`, with this method. */
  readonly Semaphore: typeof Semaphore;
  /** As the top-level `BoundedSemaphore`, with this method. */
  readonly BoundedSemaphore: typeof BoundedSemaphore;
  /** As the top-level `Event`, with this method. */
  readonly Event: typeof Event;
  /** As the top-level `Condition`, with this method. */
  readonly Condition: typeof Condition;
  /** As the top-level `Barrier`, with this method. */
  readonly Barrier: typeof Barrier;
  /** As the top-level `Pipe`, with this method. */
  readonly Pipe: typeof Pipe;
  /** As the top-level `Queue`, with this method. */
  readonly Queue: typeof Queue;
  /** As the top-level `JoinableQueue`, with this method. */
  readonly JoinableQueue: typeof JoinableQueue;
  /** As the top-level `SimpleQueue`, with this method. */
  readonly SimpleQueue: typeof SimpleQueue;
  /** As the top-level `Value`, with this method. */
  readonly Value: typeof Value;
  /** As the top-level `RawValue`, with this method. */
  readonly RawValue: typeof RawValue;
  /** As the top-level `SharedArray`, with this method. */
  readonly SharedArray: typeof SharedArray;
  /** As the top-level `RawArray`, with this method. */
  readonly RawArray: typeof RawArray;
  /** As the top-level `SharedMemory`, with this method. */
  readonly SharedMemory: typeof SharedMemory;
  /** As the top-level `ShareableList`, with this method. */
  readonly ShareableList: typeof ShareableList;
  /** As the top-level `BaseManager`, whose server is started with this method. */
  readonly BaseManager: typeof BaseManager;
  /** As the top-level `Manager`, whose server is started with this method. */
  readonly Manager: typeof Manager;
  /** As the top-level `SharedMemoryManager`, whose server is started with this method. */
  readonly SharedMemoryManager: typeof SharedMemoryManager;
  /** As the top-level function, with this method. */
  readonly warm: typeof warm;
  /** As the top-level class: its processes are spawned whatever the context. */
  readonly ProcessPoolExecutor: typeof ProcessPoolExecutor;
  /** As the top-level class: its threads are threads whatever the context. */
  readonly ThreadPoolExecutor: typeof ThreadPoolExecutor;
  /** As the top-level class. */
  readonly Listener: typeof Listener;
  /** As the top-level function. */
  readonly connect: typeof connect;
  /** As the top-level function. */
  readonly wait: typeof wait;
  /** As the top-level function. */
  readonly currentProcess: typeof currentProcess;
  /** As the top-level function. */
  readonly parentProcess: typeof parentProcess;
  /** As the top-level function. */
  readonly activeChildren: typeof activeChildren;
  /** As the top-level function. */
  readonly cpuCount: typeof cpuCount;
  /** As the top-level function. */
  readonly getLogger: typeof getLogger;
  /** As the top-level function. */
  readonly logToStderr: typeof logToStderr;
}

const SHARED = {
  Lock,
  RLock,
  Semaphore,
  BoundedSemaphore,
  Event,
  Condition,
  Barrier,
  Queue,
  JoinableQueue,
  SimpleQueue,
  Value,
  RawValue,
  SharedArray,
  RawArray,
  SharedMemory,
  ShareableList,
};
/** What is the same for every start method. */
const COMMON = {
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  Listener,
  connect,
  wait,
  currentProcess,
  parentProcess,
  activeChildren,
  cpuCount,
  getLogger,
  logToStderr,
};

const contexts: Record<StartMethod, Context> = {
  spawn: {
    method: "spawn",
    Process: SpawnProcess,
    Pool: SpawnPool,
    ...sharedClasses("spawn"),
    ...managers("spawn"),
    Pipe: (options) => makePipe("spawn", options),
    warm: (count, options) => warmFor("spawn", count, options),
    ...COMMON,
  },
  thread: {
    method: "thread",
    Process: Thread,
    Pool: ThreadPool,
    ...sharedClasses("thread"),
    ...managers("thread"),
    Pipe: (options) => makePipe("thread", options),
    warm: (count, options) => warmFor("thread", count, options),
    ...COMMON,
  },
};

/** The classes of shared objects, each bound to a start method. */
function sharedClasses(startMethod: StartMethod): typeof SHARED {
  const bound: Record<string, unknown> = {};
  for (const [name, Class] of Object.entries(SHARED)) {
    const Base = Class as unknown as new (...args: unknown[]) => object;
    const Bound = class extends Base {};
    Object.defineProperty(Bound, "name", { value: name });
    Object.defineProperty(Bound, "startMethod", { value: startMethod });
    registerSubclass(Bound, Class as AnyClass<unknown>);
    bound[name] = Bound;
  }
  return bound as typeof SHARED;
}

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
