/**
 * Layer 2, memory. The one file that names `Atomics`: tests replace it by a scheduler that tries
 * every interleaving. All operations are on 32-bit words and sequentially consistent.
 *
 * @module
 */

/** Words that several agents read and write. */
export type Words = Int32Array<ArrayBufferLike>;

/** Reads a word. */
export function load(words: Words, at: number): number {
  return Atomics.load(words, at);
}

/** Writes a word. */
export function store(words: Words, at: number, value: number): void {
  Atomics.store(words, at, value);
}

/** Adds to a word; returns what it was. */
export function add(words: Words, at: number, value: number): number {
  // An integer for certain: for one that was divided, compiled code of Bun 1.4 may return rubbish.
  return Atomics.add(words, at, value | 0);
}

/** Clears the bits that `mask` does not have; returns what the word was. */
export function and(words: Words, at: number, mask: number): number {
  return Atomics.and(words, at, mask);
}

/** Sets the bits of `mask`; returns what the word was. */
export function or(words: Words, at: number, mask: number): number {
  return Atomics.or(words, at, mask);
}

/** Writes a word; returns what it was. */
export function exchange(words: Words, at: number, value: number): number {
  return Atomics.exchange(words, at, value);
}

/** Writes a word if it is `expected`; returns whether it was. */
export function cas(words: Words, at: number, expected: number, value: number): boolean {
  return Atomics.compareExchange(words, at, expected, value) === expected;
}

/** Blocks this thread while a word of a `SharedArrayBuffer` is `expected`, at most `ms` milliseconds. */
export function sleepOn(words: Words, at: number, expected: number, ms: number): void {
  Atomics.wait(words as Int32Array<SharedArrayBuffer>, at, expected, ms);
}

/** Resolves when a word of a `SharedArrayBuffer` is no longer `expected` and somebody notified it. */
export function awaitOn(words: Words, at: number, expected: number): Promise<unknown> | null {
  const result = Atomics.waitAsync(words as Int32Array<SharedArrayBuffer>, at, expected);
  return result.async ? result.value : null;
}

/** Wakes whoever sleeps on a word of a `SharedArrayBuffer`. */
export function notify(words: Words, at: number): void {
  Atomics.notify(words as Int32Array<SharedArrayBuffer>, at);
}

/** Tells the processor that this thread spins. */
export const pause: () => void =
  (Atomics as unknown as { pause?: () => void }).pause?.bind(Atomics) ?? (() => {});

/** Typed arrays whose elements can be read and changed in one step. */
export type Integers =
  | Int8Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>
  | Int16Array<ArrayBufferLike>
  | Uint16Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Uint32Array<ArrayBufferLike>
  | BigInt64Array<ArrayBufferLike>
  | BigUint64Array<ArrayBufferLike>;

/** Reads an element. */
export function loadItem(array: Integers, index: number): number | bigint {
  return Atomics.load(array as Int32Array, index);
}

/** Writes an element, whose value is one of the array's type. */
export function storeItem(array: Integers, index: number, value: number | bigint): void {
  Atomics.store(array as Int32Array, index, value as number);
}

/** Writes an element if it is `expected`; returns what it was. */
export function casItem(
  array: Integers,
  index: number,
  expected: number | bigint,
  value: number | bigint,
): number | bigint {
  return Atomics.compareExchange(array as Int32Array, index, expected as number, value as number);
}
