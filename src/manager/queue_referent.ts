/**
 * Layer 12, manager. The queue of a server, joinable or not. Owns the items, and those that wait to
 * put or to get one: whoever has waited longest comes first.
 *
 * @module
 */

import { ProcessError, QueueEmpty, QueueFull, QueueShutDown } from "../errors.ts";
import { Deque } from "../deque.ts";
import { show } from "../show.ts";
import { Waits } from "./call.ts";
import type { Call } from "./call.ts";

/** A queue. */
export class QueueReferent {
  readonly #most: number;
  readonly #items = new Deque<unknown>();
  readonly #getters = new Waits<unknown>();
  /** About: the item. */
  readonly #putters = new Waits<void>();
  readonly #joiners = new Waits<boolean>();
  #unfinished = 0;
  #shut = false;

  constructor(maxSize = 0) {
    if (!Number.isInteger(maxSize)) {
      throw new RangeError(
        `Cannot make a queue with a maxSize of ${
          show(maxSize)
        }: give a whole number, 0 for no limit`,
      );
    }
    this.#most = maxSize > 0 ? maxSize : Infinity;
  }

  put(call: Call, timeout: number, item: unknown): void | Promise<void> {
    if (this.#shut) throw shutError("put an item into the queue", "takes no more");
    if (this.#items.length < this.#most) return this.#add(item);
    if (timeout <= 0) throw fullError(timeout);
    return this.#putters.wait(call, timeout, () => {
      throw fullError(timeout);
    }, item);
  }

  get(call: Call, timeout: number): unknown {
    if (this.#items.length > 0) {
      const item = this.#items.shift();
      const putter = this.#putters.first();
      if (putter !== undefined) {
        this.#add(putter.about);
        this.#putters.grant();
      }
      return item;
    }
    if (this.#shut) throw shutError("get an item from the queue", "everything has been got");
    if (timeout <= 0) throw emptyError(timeout);
    return this.#getters.wait(call, timeout, () => {
      throw emptyError(timeout);
    });
  }

  qsize(): number {
    return this.#items.length;
  }

  empty(): boolean {
    return this.#items.length === 0;
  }

  full(): boolean {
    return this.#items.length >= this.#most;
  }

  shutdown(): void {
    this.#shut = true;
    while (this.#putters.refuse(shutError("put an item into the queue", "takes no more")));
    const none = "everything has been got";
    while (this.#getters.refuse(shutError("get an item from the queue", none)));
  }

  taskDone(): void {
    if (this.#unfinished === 0) {
      throw new ProcessError(
        "Cannot call taskDone: it was called for every item that was put; call it once for each",
      );
    }
    if (--this.#unfinished === 0) { while (this.#joiners.grant(true)); }
  }

  join(call: Call, timeout: number): boolean | Promise<boolean> {
    if (this.#unfinished === 0) return true;
    if (timeout <= 0) return false;
    return this.#joiners.wait(call, timeout, () => false);
  }

  #add(item: unknown): void {
    this.#unfinished++;
    if (!this.#getters.grant(item)) this.#items.push(item);
  }
}

function shutError(action: string, why: string): QueueShutDown {
  return new QueueShutDown(`Cannot ${action}: it was shut down, and ${why}`);
}

function fullError(timeout: number): QueueFull {
  return new QueueFull(
    `Cannot put an item into the queue: there was no room${
      within(timeout)
    }; get items, or wait longer`,
  );
}

function emptyError(timeout: number): QueueEmpty {
  return new QueueEmpty(
    `Cannot get an item from the queue: there was none${
      within(timeout)
    }; put items, or wait longer`,
  );
}

function within(timeout: number): string {
  return timeout > 0 ? ` within ${timeout} ms` : " now";
}
