/**
 * Layer 12, manager. The containers of a server: list, dict and set. A namespace is a dict whose keys
 * are names. Owns what is in them.
 *
 * @module
 */

/** Runs the function of an `update`, which no other call may come between. */
export function updated(
  fn: (value: unknown, ...args: unknown[]) => unknown,
  value: unknown,
  args: readonly unknown[],
): unknown {
  if (typeof fn !== "function") {
    throw new TypeError(
      `Cannot update with ${typeof fn}: give a function that makes the new value of the old one`,
    );
  }
  const result = fn(value, ...args);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new TypeError(
      `Cannot update with ${
        fn.name || "a function"
      }: it returns a promise, and other calls would ` +
        "come between; give a function that returns the new value at once, or hold a lock",
    );
  }
  return result;
}

/** A list. */
export class ListReferent {
  #items: unknown[];

  constructor(items: unknown[] = []) {
    this.#items = items;
  }

  push(...items: unknown[]): number {
    for (const item of items) this.#items.push(item);
    return this.#items.length;
  }

  pop(): unknown {
    return this.#items.pop();
  }

  shift(): unknown {
    return this.#items.shift();
  }

  unshift(...items: unknown[]): number {
    return this.#items.unshift(...items);
  }

  at(index: number): unknown {
    return this.#items.at(index);
  }

  set(index: number, value: unknown): void {
    this.#items[this.#index(index, "set")] = value;
  }

  insert(index: number, ...items: unknown[]): void {
    this.#items.splice(index, 0, ...items);
  }

  splice(...args: [number, number, ...unknown[]]): unknown[] {
    return this.#items.splice(...args);
  }

  slice(start?: number, end?: number): unknown[] {
    return this.#items.slice(start, end);
  }

  indexOf(value: unknown, from?: number): number {
    return this.#items.indexOf(value, from);
  }

  includes(value: unknown): boolean {
    return this.#items.includes(value);
  }

  reverse(): void {
    this.#items.reverse();
  }

  sort(compare?: (a: unknown, b: unknown) => number): void {
    this.#items.sort(compare);
  }

  length(): number {
    return this.#items.length;
  }

  toArray(): unknown[] {
    return this.#items;
  }

  update(
    index: number,
    fn: (value: unknown, ...args: unknown[]) => unknown,
    ...args: unknown[]
  ): unknown {
    const at = this.#index(index, "update");
    return this.#items[at] = updated(fn, this.#items[at], args);
  }

  clear(): void {
    this.#items.length = 0;
  }

  #index(index: number, action: string): number {
    const { length } = this.#items;
    const at = index < 0 ? length + index : index;
    if (Number.isInteger(at) && at >= 0 && at < length) return at;
    throw new RangeError(
      `Cannot ${action} item ${index} of a list of ${length}: give an index from ${-length} to ` +
        `${length - 1}, or push`,
    );
  }
}

/** A dict, in a Map: no key means anything to it. */
export class DictReferent {
  readonly #items: Map<unknown, unknown>;

  constructor(entries: [unknown, unknown][] = []) {
    this.#items = new Map(entries);
  }

  get(key: unknown): unknown {
    return this.#items.get(key);
  }

  set(key: unknown, value: unknown): void {
    this.#items.set(key, value);
  }

  has(key: unknown): boolean {
    return this.#items.has(key);
  }

  delete(key: unknown): boolean {
    return this.#items.delete(key);
  }

  clear(): void {
    this.#items.clear();
  }

  size(): number {
    return this.#items.size;
  }

  keys(): unknown[] {
    return [...this.#items.keys()];
  }

  values(): unknown[] {
    return [...this.#items.values()];
  }

  entries(): [unknown, unknown][] {
    return [...this.#items];
  }

  merge(entries: [unknown, unknown][]): void {
    for (const [key, value] of entries) this.#items.set(key, value);
  }

  update(
    key: unknown,
    fn: (value: unknown, ...args: unknown[]) => unknown,
    ...args: unknown[]
  ): unknown {
    const value = updated(fn, this.#items.get(key), args);
    this.#items.set(key, value);
    return value;
  }
}

/** A set. */
export class SetReferent {
  readonly #items: Set<unknown>;

  constructor(items: unknown[] = []) {
    this.#items = new Set(items);
  }

  add(...items: unknown[]): void {
    for (const item of items) this.#items.add(item);
  }

  has(item: unknown): boolean {
    return this.#items.has(item);
  }

  delete(item: unknown): boolean {
    return this.#items.delete(item);
  }

  clear(): void {
    this.#items.clear();
  }

  size(): number {
    return this.#items.size;
  }

  values(): unknown[] {
    return [...this.#items];
  }
}
