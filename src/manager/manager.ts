/**
 * Layer 12, manager. The public Manager: a server with the usual objects.
 *
 * @module
 */

import { checkTimeout } from "../park/wait.ts";
import type { PoolOptions } from "../pool/options.ts";
import { checkOptionNames } from "../process/option_names.ts";
import type { OptionNames } from "../process/option_names.ts";
import type { ItemOf, ItemType } from "../shared/item_types.ts";
import { BaseManager, makeObject } from "./base_manager.ts";
import type { BarrierProxy } from "./barrier_proxy.ts";
import type { ConditionProxy } from "./condition_proxy.ts";
import { itemsOf, pairsOf } from "./dict_proxy.ts";
import type { DictProxy, NamespaceProxy, SetProxy } from "./dict_proxy.ts";
import type { EventProxy } from "./event_proxy.ts";
import type { ListProxy } from "./list_proxy.ts";
import type { LockProxy, RLockProxy } from "./lock_proxies.ts";
import type { PoolProxy } from "./pool_proxy.ts";
import type { JoinableQueueProxy, QueueProxy } from "./queue_proxies.ts";
import type { SemaphoreProxy } from "./semaphore_proxies.ts";
import type { ArrayProxy, ValueProxy } from "./value_proxies.ts";

/** How to make a barrier of a manager. */
export interface ManagedBarrierOptions {
  /** Called in the server when all parties are there. It travels. */
  action?: () => unknown;
  /** Milliseconds that a `wait` without a time-out of its own may take. Default: for ever. */
  timeout?: number;
}

const BARRIER_OPTIONS: OptionNames = new Set(["action", "timeout"]);

/**
 * A manager whose server has containers, queues, locks and pools. Its first use starts the server,
 * unless it was given an address.
 *
 * @example
 * ```ts
 * import { type DictProxy, Manager, Process } from "@manycore/multiprocessing";
 *
 * export async function work(shared: DictProxy<string, number>, name: string) {
 *   await shared.set(name, name.length);
 * }
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const shared = await manager.dict<string, number>();
 *   const children = ["a", "bc"].map((name) => new Process({ target: work, args: [shared, name] }));
 *   for (const child of children) child.start();
 *   for (const child of children) await child.join();
 *   console.log((await shared.keys()).sort()); // [ "a", "bc" ]
 * }
 * ```
 */
export class Manager extends BaseManager {
  /** Everything below. */
  static override readonly makes = "objects";

  /** Makes a list of items. */
  // deno-lint-ignore require-await -- so that a mistake rejects
  async list<T = unknown>(items: Iterable<T> = []): Promise<ListProxy<T>> {
    return makeObject(this, "list", [[...items]]);
  }

  /**
   * Makes a dict of an object, a `Map`, or pairs.
   *
   * @throws {TypeError} If a key is an object.
   */
  dict<K = string, V = unknown>(entries?: Iterable<readonly [K, V]>): Promise<DictProxy<K, V>>;
  /** Makes a dict of an object. */
  dict<V>(entries: Readonly<Record<string, V>>): Promise<DictProxy<string, V>>;
  /** Makes a dict of an object, with the types of keys and values. */
  dict<K extends string, V>(entries: Readonly<Record<string, V>>): Promise<DictProxy<K, V>>;
  // deno-lint-ignore require-await -- so that a mistake rejects
  async dict(entries: unknown = {}): Promise<never> {
    return makeObject(this, "dict", [pairsOf(entries, "make a dict from")]);
  }

  /**
   * Makes a set of items.
   *
   * @throws {TypeError} If one is an object.
   */
  // deno-lint-ignore require-await -- so that a mistake rejects
  async set<T = unknown>(items: Iterable<T> = []): Promise<SetProxy<T>> {
    return makeObject(this, "set", [itemsOf(items)]);
  }

  /** Makes a namespace of an object. */
  // deno-lint-ignore no-explicit-any require-await -- the names of any type; so that a mistake rejects
  async Namespace<T extends object = Record<string, any>>(values?: T): Promise<NamespaceProxy<T>> {
    return makeObject(this, "Namespace", [pairsOf(values ?? {}, "make a namespace from")]);
  }

  /** Makes a queue of at most `maxSize` items; 0 or less for no limit. */
  Queue<T = unknown>(maxSize = 0): Promise<QueueProxy<T>> {
    return makeObject(this, "Queue", [maxSize]);
  }

  /** Makes a queue that knows when the work of its items is done. */
  JoinableQueue<T = unknown>(maxSize = 0): Promise<JoinableQueueProxy<T>> {
    return makeObject(this, "JoinableQueue", [maxSize]);
  }

  /** Makes a lock. */
  Lock(): Promise<LockProxy> {
    return makeObject(this, "Lock", []);
  }

  /** Makes a recursive lock. */
  RLock(): Promise<RLockProxy> {
    return makeObject(this, "RLock", []);
  }

  /** Makes a semaphore of `value` permits. */
  Semaphore(value = 1): Promise<SemaphoreProxy> {
    return makeObject(this, "Semaphore", [value]);
  }

  /** Makes a semaphore that never has more permits than at first. */
  BoundedSemaphore(value = 1): Promise<SemaphoreProxy> {
    return makeObject(this, "BoundedSemaphore", [value]);
  }

  /** Makes an event. */
  Event(): Promise<EventProxy> {
    return makeObject(this, "Event", []);
  }

  /** Makes a condition; `lock` is one of this manager, default a new `RLock`. */
  Condition(lock?: LockProxy): Promise<ConditionProxy> {
    return makeObject(this, "Condition", lock === undefined ? [] : [lock]);
  }

  /**
   * Makes a barrier of so many parties.
   *
   * @throws {TypeError | RangeError} If the number or an option is wrong.
   */
  // deno-lint-ignore require-await -- so that a mistake rejects
  async Barrier(parties: number, options: ManagedBarrierOptions = {}): Promise<BarrierProxy> {
    checkOptionNames("make a barrier", options, BARRIER_OPTIONS);
    const timeout = checkTimeout(options.timeout, "make a barrier");
    return makeObject(this, "Barrier", [parties, options.action ?? null, timeout]);
  }

  /** Makes a value: see `Value` for the types. */
  Value<T extends ItemType>(type: T, value?: ItemOf<T>): Promise<ValueProxy<T>> {
    return makeObject(this, "Value", [type, value]);
  }

  /** Makes an array of so many zeros, or of items: see `SharedArray` for the types. */
  // deno-lint-ignore require-await -- so that a mistake rejects
  async Array<T extends ItemType>(
    type: T,
    items: number | Iterable<ItemOf<T>>,
  ): Promise<ArrayProxy<T>> {
    return makeObject(this, "Array", [type, typeof items === "number" ? items : [...items]]);
  }

  /** Makes a pool in the server: see `Pool` for the options. */
  Pool(options: number | PoolOptions = {}): Promise<PoolProxy> {
    return makeObject(this, "Pool", [options]);
  }
}
