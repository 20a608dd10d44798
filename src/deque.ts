/**
 * Layer 0. A queue open at both ends, without the cost of `Array.shift`.
 *
 * @module
 */

/** A growing ring. */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array(16);
  #head = 0;
  #length = 0;

  /** How many it holds. */
  get length(): number {
    return this.#length;
  }

  /** Adds at the end. */
  push(value: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length++) & (this.#ring.length - 1)] = value;
  }

  /** Adds in front. */
  unshift(value: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = value;
    this.#length++;
  }

  /** The first, without taking it. */
  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#ring[this.#head];
  }

  /** Takes the first. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const value = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    return value;
  }

  /** Takes one out, wherever it is; returns whether it was there. */
  remove(value: T): boolean {
    if (this.#length === 0) return false;
    if (this.peek() === value) return this.shift() !== undefined;
    const last = (this.#head + this.#length - 1) & (this.#ring.length - 1);
    if (this.#ring[last] === value) {
      this.#ring[last] = undefined;
      this.#length--;
      return true;
    }
    const kept = [...this].filter((other) => other !== value);
    if (kept.length === this.#length) return false;
    this.#ring.fill(undefined);
    this.#head = 0;
    this.#length = 0;
    for (const other of kept) this.push(other);
    return true;
  }

  /** All of them, from the first to the last. */
  *[Symbol.iterator](): Generator<T> {
    const count = this.#length;
    for (let i = 0; i < count; i++) {
      yield this.#ring[(this.#head + i) & (this.#ring.length - 1)]!;
    }
  }

  #grow(): void {
    const old = this.#ring;
    const ring: (T | undefined)[] = new Array(old.length * 2);
    for (let i = 0; i < this.#length; i++) ring[i] = old[(this.#head + i) & (old.length - 1)];
    this.#ring = ring;
    this.#head = 0;
  }
}
