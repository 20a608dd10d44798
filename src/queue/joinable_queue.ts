/**
 * Layer 7, queue. The public JoinableQueue: a queue that knows when the work of its items is done.
 *
 * @module
 */

import { awaitDone, CHANNEL, itemDone } from "../channel/channel_words.ts";
import { ProcessError } from "../errors.ts";
import { registerShared } from "../park/adopt.ts";
import type { WaitOptions } from "../park/wait.ts";
import { endOfQueue, Queue } from "./queue.ts";

/**
 * A {@link Queue} whose getters say when the work of an item is done, so that others can wait until
 * all of it is.
 *
 * @example
 * ```ts
 * import { JoinableQueue, Process } from "@manycore/multiprocessing";
 *
 * export async function work(queue: JoinableQueue<number>) {
 *   for await (const x of queue) {
 *     console.log(x * x);
 *     queue.taskDone();
 *   }
 * }
 *
 * if (import.meta.main) {
 *   const queue = new JoinableQueue<number>();
 *   const child = new Process({ target: work, args: [queue] });
 *   child.start();
 *   for (const x of [1, 2, 3]) await queue.put(x);
 *   await queue.join(); // all three are printed
 *   queue.shutdown();
 *   await child.join();
 * }
 * ```
 */
export class JoinableQueue<T = unknown> extends Queue<T> {
  /**
   * Says that the work of one item that was got is done.
   *
   * @throws {ProcessError} If it was said as often as there were items.
   */
  taskDone(): void {
    if (endOfQueue(this).now(itemDone, 0) === CHANNEL.DONE) return;
    throw new ProcessError(
      "Cannot call taskDone: it was called for every item that was put; call it once for each",
    );
  }

  /**
   * Waits, without blocking the event loop, until the work of every item that was put is done.
   *
   * @param options `timeout` in milliseconds, default for ever; `signal`.
   * @returns Whether all is done; `false` when the time is up.
   * @throws The signal's reason.
   */
  async join(options?: WaitOptions): Promise<boolean> {
    const end = endOfQueue(this);
    return await end.wait(awaitDone, 0, options, "join the queue") === CHANNEL.DONE;
  }

  /** As {@link JoinableQueue.join}, blocking this thread. */
  joinSync(options?: WaitOptions): boolean {
    const end = endOfQueue(this);
    return end.waitSync(awaitDone, 0, options, "join the queue") === CHANNEL.DONE;
  }
}

registerShared(JoinableQueue, "JoinableQueue", import.meta.url, endOfQueue);
