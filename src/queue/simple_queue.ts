/**
 * Layer 7, queue. The public SimpleQueue.
 *
 * @module
 */

import { registerShared } from "../park/adopt.ts";
import { endOfQueue, Queue } from "./queue.ts";

/**
 * A queue without a limit. It is here for programs that come from Python, where it is the quick one:
 * here it is a {@link Queue} under another name.
 */
export class SimpleQueue<T = unknown> extends Queue<T> {
  /** Makes a queue. */
  constructor() {
    super();
  }
}

registerShared(SimpleQueue, "SimpleQueue", import.meta.url, endOfQueue);
