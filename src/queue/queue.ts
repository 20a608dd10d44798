/**
 * Layer 7, queue. The public Queue. What it does is in `channel`; here it gets its names.
 *
 * @module
 */

import { hasNone, itemCount, itemLimit, shut } from "../channel/channel_words.ts";
import { Channel } from "../channel/channel.ts";
import { CHANNEL_WORDS } from "../channel/layout.ts";
import { CHANNEL_EXTRA, initChannel } from "../channel/make.ts";
import { registerReadable } from "../channel/readable.ts";
import { QueueFull, QueueShutDown } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { isArriving, newEnd, registerShared } from "../park/adopt.ts";
import type { End } from "../park/end.ts";
import type { StartMethod } from "../park/start_method.ts";
import { takeUntil } from "../park/take_until.ts";
import type { WaitOptions } from "../park/wait.ts";
import { show } from "../show.ts";
import { closed, QUEUE_WORDING } from "./wording.ts";

/** How long {@link Queue.put} may wait, and what it moves. */
export interface PutOptions extends WaitOptions {
  /**
   * Buffers that are given away rather than kept: they are empty here as soon as the item is written
   * down, also if the time is up before there is a place for it.
   */
  transfer?: readonly ArrayBuffer[];
}

let channelOf: (queue: Queue) => Channel;

/**
 * A queue between any number of processes and threads: each item is got exactly once, by one of them.
 *
 * Items of one process arrive in the order in which it put them. An item is safe as soon as `put`
 * resolves: it lies in shared memory, and stays there when the process that put it ends or is killed;
 * a process that put what nobody gets can still end. One that is killed while it gets an item loses at
 * most that one. Without `maxSize` a queue takes what memory has room for.
 *
 * The methods that end in `Sync` block this thread; the others do not. In one process, `put` and
 * `get` are served in the order in which they are called.
 *
 * @example
 * ```ts
 * import { Process, Queue } from "@manycore/multiprocessing";
 *
 * export async function square(queue: Queue<number>, x: number) {
 *   await queue.put(x * x);
 * }
 *
 * if (import.meta.main) {
 *   const queue = new Queue<number>();
 *   const children = [1, 2, 3].map((x) => new Process({ target: square, args: [queue, x] }));
 *   for (const child of children) child.start();
 *   for (const child of children) await child.join();
 *   queue.shutdown(); // all is in: the loop ends after the last item
 *   let sum = 0;
 *   for await (const result of queue) sum += result;
 *   console.log(sum); // 14
 * }
 * ```
 */
export class Queue<T = unknown> {
  /** The context of the class; `null` follows the default start method. */
  static readonly startMethod: StartMethod | null = null;

  readonly #channel: Channel;
  #closed = false;

  static {
    channelOf = (queue) => queue.#channel;
  }

  /**
   * Makes a queue.
   *
   * @param maxSize How many items it holds at most; 0 or less for no limit. Default 0.
   * @throws {RangeError} If it is not a whole number up to 2,147,483,647.
   */
  constructor(maxSize = 0) {
    if (!isArriving() && (!Number.isInteger(maxSize) || maxSize > 0x7fff_ffff)) {
      throw new RangeError(
        `Cannot make a queue with a maxSize of ${
          show(maxSize)
        }: give a whole number, 0 for no limit`,
      );
    }
    const limits = { items: Math.max(0, maxSize) };
    const end = newEnd(
      this.constructor as typeof Queue,
      CHANNEL_WORDS,
      (words, at, place) => initChannel(words, at, limits, place),
      CHANNEL_EXTRA,
    );
    this.#channel = new Channel(end, QUEUE_WORDING);
  }

  /**
   * Puts an item at the end, without blocking the event loop. The value is written down before this
   * returns: later changes to it do not matter.
   *
   * @param item Anything that can travel.
   * @param options `timeout` in milliseconds for a place in a full queue, default for ever, 0 or less
   * tries once; `signal`; `transfer`.
   * @returns A promise that resolves when the item is in the queue.
   * @throws {SerializationError} If the item, or a part of it, cannot travel.
   * @throws {QueueFull} If the time is up.
   * @throws {QueueShutDown} After {@link Queue.shutdown}.
   * @throws {ProcessError} After {@link Queue.close}.
   */
  put(item: T, options?: PutOptions): Promise<void> {
    if (this.#closed) return Promise.reject(closed(QUEUE_WORDING.put));
    return this.#channel.put(item, "item", options, options?.transfer);
  }

  /** As {@link Queue.put}, blocking this thread. A signal counts only before the wait begins. */
  putSync(item: T, options?: PutOptions): void {
    if (this.#closed) throw closed(QUEUE_WORDING.put);
    this.#channel.putSync(item, "item", options, options?.transfer);
  }

  /**
   * Puts an item if there is room now. Never waits, also not behind a `put` of this process that does.
   *
   * @throws {QueueFull} If there is none; and as {@link Queue.put}.
   */
  putNowait(item: T): void {
    if (this.#closed) throw closed(QUEUE_WORDING.put);
    if (this.#channel.putNowait(item, "item")) return;
    throw new QueueFull(
      "Cannot put an item into the queue: there is no room now; get items, or use put to wait",
    );
  }

  /**
   * Gets the first item, without blocking the event loop.
   *
   * @param options `timeout` in milliseconds for an item to come, default for ever, 0 or less tries
   * once; `signal`.
   * @returns The item, which nobody else gets.
   * @throws {QueueEmpty} If the time is up.
   * @throws {QueueShutDown} When the queue was shut down and everything has been got.
   * @throws {ProcessError} After {@link Queue.close}.
   */
  get(options?: WaitOptions): Promise<T> {
    if (this.#closed) return Promise.reject(closed(QUEUE_WORDING.take));
    return this.#channel.take(options) as Promise<T>;
  }

  /**
   * As {@link Queue.get}, blocking this thread. A signal counts only before the wait begins.
   *
   * @throws {ProcessError} Also if the item holds a function whose module this program has not
   * imported: the item stays for the next `get`.
   */
  getSync(options?: WaitOptions): T {
    if (this.#closed) throw closed(QUEUE_WORDING.take);
    return this.#channel.takeSync(options) as T;
  }

  /**
   * Gets the first item if there is one now. Never waits.
   *
   * @throws {QueueEmpty} If there is none; and as {@link Queue.getSync}.
   */
  getNowait(): T {
    if (this.#closed) throw closed(QUEUE_WORDING.take);
    return this.#channel.takeNowait() as T;
  }

  /** How many items are in the queue; may have changed before you look at the answer. */
  qsize(): number {
    return this.#channel.end.now(itemCount, 0);
  }

  /** Whether no item is in the queue; may have changed before you look at the answer. */
  empty(): boolean {
    return this.#channel.end.now(hasNone, 0) === 1;
  }

  /** Whether `maxSize` items are in the queue; may have changed before you look at the answer. */
  full(): boolean {
    const limit = this.#channel.end.now(itemLimit, 0);
    return limit > 0 && this.qsize() >= limit;
  }

  /**
   * Ends the queue for everybody: nothing can be put any more; what is in it can still be got, then
   * getters are told {@link QueueShutDown}, and loops over the queue end. Calling it again does nothing.
   */
  shutdown(): void {
    this.#channel.end.waitSync(shut, 0, undefined, "shut the queue down");
  }

  /** Says that this object is not used any more. Others of the same queue go on. */
  close(): void {
    this.#closed = true;
  }

  /** As {@link Queue.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Gets item after item until the queue is shut down and empty. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return takeUntil(() => this.get(), (error) => error instanceof QueueShutDown);
  }
}

/** The end of a queue, for `JoinableQueue` and `wait`. */
export function endOfQueue<T>(queue: Queue<T>): End {
  return channelOf(queue as unknown as Queue).end;
}

registerReadable((object) => object instanceof Queue ? channelOf(object) : null);
registerShared(Queue, "Queue", import.meta.url, (queue) => channelOf(queue).end);
showsAs(Queue, (queue) => ({ size: queue.qsize(), full: queue.full() }));
