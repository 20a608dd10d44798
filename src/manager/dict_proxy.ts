/**
 * Layer 12, manager. The public DictProxy, SetProxy and NamespaceProxy.
 *
 * @module
 */

import type { Update } from "./list_proxy.ts";
import { invoke, registerProxy, RemoteProxy } from "./proxy.ts";

/** What a dict or a namespace is made from. */
export type Entries<K, V> = Iterable<readonly [K, V]> | Readonly<Record<string, V>>;

/**
 * A dict in the server of a manager, with the methods of a `Map`. Keys are primitive values. What is
 * in it is a copy of what was put in, and what comes out is another one: to change a value, set it, or
 * use {@link DictProxy.update}. A proxy in a dict stays a proxy.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * export const increment = (n = 0) => n + 1;
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const counts = await manager.dict<string, number>({ apples: 1 });
 *   await Promise.all([counts.update("apples", increment), counts.update("pears", increment)]);
 *   console.log(await counts.toObject()); // { apples: 2, pears: 1 }
 * }
 * ```
 */
export class DictProxy<K = unknown, V = unknown> extends RemoteProxy {
  /** The value of a key; `undefined` if there is none. */
  get(key: K): Promise<V | undefined> {
    return invoke(this, "get", [key]);
  }

  /**
   * Sets the value of a key.
   *
   * @throws {TypeError} If the key is an object: a copy of it would never be found again.
   */
  set(key: K, value: V): Promise<void> {
    const refused = refuseObject(key, "use an object as a key of a managed dict");
    return refused ?? invoke(this, "set", [key, value]);
  }

  /** Whether there is a key. */
  has(key: K): Promise<boolean> {
    return invoke(this, "has", [key]);
  }

  /** Removes a key; resolves to whether it was there. */
  delete(key: K): Promise<boolean> {
    return invoke(this, "delete", [key]);
  }

  /** Removes all keys. */
  clear(): Promise<void> {
    return invoke(this, "clear", []);
  }

  /** How many keys there are. */
  get size(): Promise<number> {
    return invoke(this, "size", []);
  }

  /** Copies the keys, in the order in which they were set first. */
  keys(): Promise<K[]> {
    return invoke(this, "keys", []);
  }

  /** Copies the values. */
  values(): Promise<V[]> {
    return invoke(this, "values", []);
  }

  /** Copies keys and values. */
  entries(): Promise<[K, V][]> {
    return invoke(this, "entries", []);
  }

  /** Sets all keys of an object, a Map, or pairs, in one step. */
  update(entries: Entries<K, V>): Promise<void>;
  /**
   * Sets a key to what a function makes of its value, in one step: no other call comes between. The
   * function travels to the server, is given `undefined` if there is no value, and must return at once.
   *
   * @returns The new value.
   */
  // deno-lint-ignore no-explicit-any -- whatever the function takes
  update<A extends any[]>(
    key: K,
    fn: (value: V | undefined, ...args: A) => V,
    ...args: A
  ): Promise<V>;
  update(first: unknown, ...rest: unknown[]): Promise<never> {
    try {
      if (rest.length === 0) return invoke(this, "merge", [pairsOf(first, "update a dict with")]);
    } catch (error) {
      return Promise.reject(error);
    }
    const refused = refuseObject(first, "use an object as a key of a managed dict");
    return (refused ?? invoke(this, "update", [first, ...rest])) as Promise<never>;
  }

  /** Copies it as an object; keys become texts. */
  async toObject(): Promise<Record<string, V>> {
    return Object.fromEntries(await this.entries() as unknown as [string, V][]);
  }

  /** Keys and values, as they are when the loop begins. */
  async *[Symbol.asyncIterator](): AsyncGenerator<[K, V], void, undefined> {
    yield* await this.entries();
  }
}

/**
 * A set in the server of a manager, with the methods of a `Set`. Its items are primitive values.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const seen = await manager.set(["a"]);
 *   await seen.add("b");
 *   console.log(await seen.has("b"), await seen.size); // true 2
 * }
 * ```
 */
export class SetProxy<T = unknown> extends RemoteProxy {
  /**
   * Adds items.
   *
   * @throws {TypeError} If one is an object: a copy of it would never be found again.
   */
  add(...items: T[]): Promise<void> {
    for (const item of items) {
      const refused = refuseObject(item, "put an object into a managed set");
      if (refused !== null) return refused;
    }
    return invoke(this, "add", items);
  }

  /** Whether an item is in the set. */
  has(item: T): Promise<boolean> {
    return invoke(this, "has", [item]);
  }

  /** Removes an item; resolves to whether it was there. */
  delete(item: T): Promise<boolean> {
    return invoke(this, "delete", [item]);
  }

  /** Removes all items. */
  clear(): Promise<void> {
    return invoke(this, "clear", []);
  }

  /** How many items there are. */
  get size(): Promise<number> {
    return invoke(this, "size", []);
  }

  /** Copies the items, in the order in which they were added. */
  values(): Promise<T[]> {
    return invoke(this, "values", []);
  }

  /** Copies the items into a set. */
  async toSet(): Promise<Set<T>> {
    return new Set(await this.values());
  }

  /** The items, as they are when the loop begins. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    yield* await this.values();
  }
}

/**
 * Named values in the server of a manager.
 *
 * @example
 * ```ts
 * import { Manager } from "@manycore/multiprocessing";
 *
 * if (import.meta.main) {
 *   await using manager = new Manager();
 *   const settings = await manager.Namespace({ mode: "slow" });
 *   await settings.set("mode", "fast");
 *   console.log(await settings.toObject()); // { mode: "fast" }
 * }
 * ```
 */
// deno-lint-ignore no-explicit-any -- the names of any type
export class NamespaceProxy<T extends object = Record<string, any>> extends RemoteProxy {
  /** The value of a name; `undefined` if there is none. */
  get<K extends keyof T & string>(name: K): Promise<T[K]> {
    return invoke(this, "get", [name]);
  }

  /** Sets a name. */
  set<K extends keyof T & string>(name: K, value: T[K]): Promise<void> {
    return invoke(this, "set", [name, value]);
  }

  /** Whether there is a name. */
  has(name: string): Promise<boolean> {
    return invoke(this, "has", [name]);
  }

  /** Removes a name; resolves to whether it was there. */
  delete(name: string): Promise<boolean> {
    return invoke(this, "delete", [name]);
  }

  /** Sets a name to what a function makes of its value, in one step: see {@link DictProxy.update}. */
  // deno-lint-ignore no-explicit-any -- whatever the function takes
  update<K extends keyof T & string, A extends any[]>(
    name: K,
    fn: Update<T[K], A>,
    ...args: A
  ): Promise<T[K]> {
    return invoke(this, "update", [name, fn, ...args]);
  }

  /** Copies all of it. */
  async toObject(): Promise<T> {
    return Object.fromEntries(await invoke<[string, unknown][]>(this, "entries", [])) as T;
  }
}

/** Pairs of keys and values. */
export function pairsOf(entries: unknown, action: string): [unknown, unknown][] {
  if (typeof entries !== "object" || entries === null) {
    throw new TypeError(`Cannot ${action} ${String(entries)}: give an object, a Map, or pairs`);
  }
  if (!(Symbol.iterator in entries)) return Object.entries(entries);
  const pairs = [...entries as Iterable<[unknown, unknown]>];
  for (const pair of pairs) {
    if (!Array.isArray(pair)) throw new TypeError(`Cannot ${action} items that are no pairs`);
    if (isObject(pair[0])) throw objectError("use an object as a key of a managed dict");
  }
  return pairs;
}

/** Items of a set. */
export function itemsOf(items: Iterable<unknown>): unknown[] {
  const all = [...items];
  if (all.some(isObject)) throw objectError("put an object into a managed set");
  return all;
}

function refuseObject(value: unknown, action: string): Promise<never> | null {
  return isObject(value) ? Promise.reject(objectError(action)) : null;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null || typeof value === "function";
}

function objectError(action: string): TypeError {
  return new TypeError(
    `Cannot ${action}: a copy of it would arrive, which is equal to no other; give a text or a number`,
  );
}

registerProxy("dict", DictProxy);
registerProxy("set", SetProxy);
registerProxy("Namespace", NamespaceProxy);
