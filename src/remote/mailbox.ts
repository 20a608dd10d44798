/**
 * Layer 11, remote. What has come in and is waited for, in order: messages of a socket, clients of a
 * listener. Owns who waits.
 *
 * @module
 */

import { EXPIRED, timeoutOf, waitFor } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import { Deque } from "../deque.ts";
import { turns } from "./turns.ts";

interface Taker<T> {
  give(item: T): void;
  fail(reason: unknown): void;
  /** Lives while it waits. */
  readonly owner: unknown;
}

/** Items on one side, those who take them on the other. */
export class Mailbox<T> {
  readonly #items = new Deque<T>();
  readonly #takers = new Set<Taker<T>>();
  readonly #watchers = new Set<Taker<void>>();
  #failure: (() => unknown) | null = null;

  /** How many items nobody has taken. */
  get length(): number {
    return this.#items.length;
  }

  /** Brings an item. */
  add(item: T): void {
    const [taker] = this.#takers;
    if (taker !== undefined) {
      this.#takers.delete(taker);
      taker.give(item);
    } else {
      this.#items.push(item);
      this.#tellWatchers();
    }
  }

  /** Takes an item out that nobody has taken. */
  remove(item: T): void {
    this.#items.remove(item);
  }

  /** Takes all items out. */
  clear(): T[] {
    const items = [...this.#items];
    while (this.#items.shift() !== undefined);
    return items;
  }

  /** No more items come: who wants one when none is left gets this error. */
  end(failure: () => unknown): void {
    this.#failure = failure;
    this.#tellWatchers();
    for (const taker of this.#takers) taker.fail(failure());
    this.#takers.clear();
  }

  /** Ends the calls that wait. */
  abandon(reason: unknown): void {
    for (const set of [this.#takers, this.#watchers]) {
      for (const { fail } of set) fail(reason);
      set.clear();
    }
  }

  /** Takes the first item; {@link EXPIRED} when the time is up. */
  take(
    options: WaitOptions | undefined,
    action: string,
    owner?: unknown,
  ): T | Promise<T | Expired> {
    timeoutOf(options, action);
    options?.signal?.throwIfAborted();
    if (this.#items.length > 0) return this.#items.shift()!;
    if (this.#failure !== null) throw this.#failure();
    return this.#takeLater(options, action, owner);
  }

  /** Waits until `take` would not; whether it would not when the time is up. */
  async ready(options: WaitOptions | undefined, action: string, owner?: unknown): Promise<boolean> {
    timeoutOf(options, action);
    options?.signal?.throwIfAborted();
    if (this.#items.length > 0 || this.#failure !== null) return true;
    await this.#wait(this.#watchers, () => {}, options, action, owner);
    return this.#items.length > 0 || this.#failure !== null;
  }

  async #takeLater(
    options: WaitOptions | undefined,
    action: string,
    owner: unknown,
  ): Promise<T | Expired> {
    let given: { item: T } | null = null;
    try {
      await this.#wait(this.#takers, (item) => given = { item }, options, action, owner);
    } catch (error) {
      if (given !== null) this.#items.unshift((given as { item: T }).item);
      throw error;
    }
    return given === null ? EXPIRED : (given as { item: T }).item;
  }

  async #wait<G>(
    waiting: Set<Taker<G>>,
    onGiven: (item: G) => void,
    options: WaitOptions | undefined,
    action: string,
    owner: unknown,
  ): Promise<void> {
    let taker: Taker<G>;
    const came = new Promise<void>((resolve, fail) => {
      taker = {
        give(item) {
          onGiven(item);
          resolve();
        },
        fail,
        owner,
      };
      waiting.add(taker);
    });
    try {
      if (options?.timeout !== undefined && options.timeout <= 0) {
        // What has reached this machine is not here before the event loop has looked.
        await waitFor(Promise.race([came, turns()]), { signal: options.signal }, action);
      } else await waitFor(came, options, action);
    } finally {
      waiting.delete(taker!);
    }
  }

  #tellWatchers(): void {
    for (const { give } of this.#watchers) give();
    this.#watchers.clear();
  }
}

type Expired = typeof EXPIRED;
