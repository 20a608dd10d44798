/**
 * Layer 12, manager. The public QueueProxy and JoinableQueueProxy.
 *
 * @module
 */

import { QueueShutDown } from "../errors.ts";
import { takeUntil } from "../park/take_until.ts";
import type { WaitOptions } from "../park/wait.ts";
import { invoke, invokeWait, registerProxy, RemoteProxy } from "./proxy.ts";

const PUT = "put an item into the queue";
const GET = "get an item from the queue";

/**
 * A queue in the server of a manager: also for programs that did not start each other, on one machine
 * or several. Within one program a `Queue` is quicker.
 *
 * Items of one process arrive in the order in which it put them; who has waited longest gets the next
 * one. A process that is killed while it waits takes nothing with it.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const queue = await manager.Queue<string>();
 *   await queue.put("a");
 *   await queue.shutdown();
 *   for await (const item of queue) console.log(item); // a
 * }
 * ```
 */
export class QueueProxy<T = unknown> extends RemoteProxy {
  /**
   * Puts an item at the end.
   *
   * @param options `timeout` in milliseconds for a place in a full queue, default for ever, 0 or less
   * tries once; `signal`.
   * @throws {QueueFull} If the time is up.
   * @throws {QueueShutDown} After {@link QueueProxy.shutdown}.
   */
  put(item: T, options?: WaitOptions): Promise<void> {
    return invokeWait(this, "put", options, PUT, item);
  }

  /**
   * Gets the first item, which nobody else gets.
   *
   * @param options `timeout` in milliseconds, default for ever, 0 or less tries once; `signal`.
   * @throws {QueueEmpty} If the time is up.
   * @throws {QueueShutDown} When the queue was shut down and everything has been got.
   */
  get(options?: WaitOptions): Promise<T> {
    return invokeWait(this, "get", options, GET);
  }

  /** Puts an item if there is room now; else rejects with `QueueFull`. */
  putNowait(item: T): Promise<void> {
    return this.put(item, { timeout: 0 });
  }

  /** Gets the first item if there is one now; else rejects with `QueueEmpty`. */
  getNowait(): Promise<T> {
    return this.get({ timeout: 0 });
  }

  /** How many items are in the queue. */
  qsize(): Promise<number> {
    return invoke(this, "qsize", []);
  }

  /** Whether no item is in the queue. */
  empty(): Promise<boolean> {
    return invoke(this, "empty", []);
  }

  /** Whether `maxSize` items are in the queue. */
  full(): Promise<boolean> {
    return invoke(this, "full", []);
  }

  /** Ends the queue for everybody: what is in it can still be got. */
  shutdown(): Promise<void> {
    return invoke(this, "shutdown", []);
  }

  /** Gets item after item until the queue is shut down and empty. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return takeUntil(() => this.get(), (error) => error instanceof QueueShutDown);
  }
}

/**
 * A {@link QueueProxy} whose getters say when the work of an item is done.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const queue = await manager.JoinableQueue<number>();
 *   await queue.put(1);
 *   await queue.get();
 *   await queue.taskDone();
 *   console.log(await queue.join()); // true
 * }
 * ```
 */
export class JoinableQueueProxy<T = unknown> extends QueueProxy<T> {
  /**
   * Says that the work of one item that was got is done.
   *
   * @throws {ProcessError} If it was said as often as there were items.
   */
  taskDone(): Promise<void> {
    return invoke(this, "taskDone", []);
  }

  /** Waits until the work of every item is done; resolves to `false` when the time is up. */
  join(options?: WaitOptions): Promise<boolean> {
    return invokeWait(this, "join", options, "join the queue");
  }
}

registerProxy("Queue", QueueProxy);
registerProxy("JoinableQueue", JoinableQueueProxy);
