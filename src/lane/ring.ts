/**
 * Layer 5, lane. One direction of a lane: a writer's end and a reader's end of a ring of messages.
 * Owns how a message lies there: its length in a word, then its bytes, filled up to a word. A ring
 * that is too small is left for a larger one; the reader follows.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { exchange, load, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { BESIDE, MAX_RING, MOVED, RING } from "./layout.ts";

const WORD = 4;
/** What the announcement of a larger ring takes; always kept free. */
const MOVED_BYTES = 3 * WORD;
/** A message is at most one of so many parts of its ring. */
const PARTS = 2;
/** Shorter messages are copied byte by byte: that is quicker than making a view. */
const SHORT = 32;

/** Memory for rings. */
export interface RingMemory {
  /** Takes memory for a larger ring; `null` if there is none. Says where it is, in pages. */
  grow(bytes: number): { page: number; buffer: ArrayBufferLike } | null;
  /** Reaches a ring that the other side has made. */
  reach(page: number, bytes: number): ArrayBufferLike;
  /** Gives the memory of a ring back. */
  release(page: number, bytes: number): void;
}

/** The part of a buffer that a ring is. */
export interface RingPlace {
  readonly buffer: ArrayBufferLike;
  readonly offset: number;
  readonly bytes: number;
  /** Where it is in the file, to give it back; 0 for a first ring, which stays. */
  readonly page: number;
}

class View {
  readonly bytes: Uint8Array<ArrayBufferLike>;
  readonly words: Int32Array<ArrayBufferLike>;
  readonly mask: number;
  readonly page: number;

  constructor({ buffer, offset, bytes, page }: RingPlace) {
    this.bytes = new Uint8Array(buffer, offset, bytes);
    this.words = new Int32Array(buffer, offset, bytes / WORD);
    this.mask = bytes - 1;
    this.page = page;
  }

  get size(): number {
    return this.mask + 1;
  }
}

/** The bytes that a message takes. */
function space(length: number): number {
  return WORD + (length + WORD - 1 & ~(WORD - 1));
}

/** The writer's end. */
export class RingWriter {
  readonly #words: Words;
  readonly #at: number;
  readonly #memory: RingMemory;
  #ring: View;
  #tail = 0;
  /** HEAD as it was seen last. */
  #head = 0;
  /** What is before is read, or in an older ring: there is at least as much room. */
  #begin = 0;

  constructor(words: Words, at: number, place: RingPlace, memory: RingMemory) {
    this.#words = words;
    this.#at = at;
    this.#memory = memory;
    this.#ring = new View(place);
  }

  /** Writes a message; returns whether there was room. */
  write(bytes: Uint8Array): boolean {
    const { length } = bytes;
    if (!this.#reserve(space(length))) return false;
    const { mask, words } = this.#ring;
    const at = this.#tail & mask;
    words[at >>> 2] = length;
    this.#copy(at + WORD & mask, bytes);
    this.#publish(space(length));
    return true;
  }

  /** Writes that the next message comes another way; returns whether there was room. */
  writeBeside(): boolean {
    if (!this.#reserve(WORD)) return false;
    this.#ring.words[(this.#tail & this.#ring.mask) >>> 2] = BESIDE;
    this.#publish(WORD);
    return true;
  }

  /** Whether a message of this length can be written, now or when the reader has made room. */
  fits(length: number): boolean {
    const needed = space(length);
    return needed * PARTS <= this.#ring.size || this.#grow(needed);
  }

  /** Whether the reader sleeps; whoever gets `true` has to ring, and nobody else gets it. */
  takeAsleep(): boolean {
    const at = this.#at + RING.ASLEEP;
    return load(this.#words, at) !== 0 && exchange(this.#words, at, 0) !== 0;
  }

  /** Asks for a ring as soon as there is room; `false` if there is more room by now. */
  askForRoom(): boolean {
    store(this.#words, this.#at + RING.FULL, 1);
    return load(this.#words, this.#at + RING.HEAD) === this.#head;
  }

  #reserve(needed: number): boolean {
    if (this.#hasRoom(needed)) return true;
    this.#head = load(this.#words, this.#at + RING.HEAD);
    if ((this.#head - this.#begin | 0) > 0) this.#begin = this.#head;
    return this.#hasRoom(needed);
  }

  /** Whether there is room, beside that for an announcement. */
  #hasRoom(needed: number): boolean {
    return (this.#tail - this.#begin | 0) + needed + MOVED_BYTES <= this.#ring.size;
  }

  #grow(needed: number): boolean {
    let bytes = this.#ring.size;
    while (bytes < needed * PARTS) bytes *= 2;
    if (bytes > MAX_RING) return false;
    const made = this.#memory.grow(bytes);
    if (made === null) return false;
    const { words, mask } = this.#ring;
    words[(this.#tail & mask) >>> 2] = MOVED;
    words[(this.#tail + WORD & mask) >>> 2] = made.page;
    words[(this.#tail + 2 * WORD & mask) >>> 2] = bytes;
    this.#publish(MOVED_BYTES);
    this.#ring = new View({ buffer: made.buffer, offset: 0, bytes, page: made.page });
    this.#begin = this.#tail;
    return true;
  }

  #copy(at: number, from: Uint8Array): void {
    const { bytes, size } = this.#ring;
    const { length } = from;
    if (length <= SHORT && at + length <= size) {
      for (let i = 0; i < length; i++) bytes[at + i] = from[i];
      return;
    }
    const first = Math.min(length, size - at);
    bytes.set(first === length ? from : from.subarray(0, first), at);
    if (first < length) bytes.set(from.subarray(first), 0);
  }

  #publish(bytes: number): void {
    this.#tail = this.#tail + bytes | 0;
    store(this.#words, this.#at + RING.TAIL, this.#tail);
  }
}

/** What a reader found. */
export const NOTHING: unique symbol = Symbol("nothing");

/** The reader's end. */
export class RingReader {
  readonly #words: Words;
  readonly #at: number;
  readonly #memory: RingMemory;
  #ring: View;
  #head = 0;

  constructor(words: Words, at: number, place: RingPlace, memory: RingMemory) {
    this.#words = words;
    this.#at = at;
    this.#memory = memory;
    this.#ring = new View(place);
  }

  /** Whether there is nothing to read. */
  get isEmpty(): boolean {
    return load(this.#words, this.#at + RING.TAIL) === this.#head;
  }

  /** Takes a message: its bytes, `null` for one that comes another way, or {@link NOTHING}. */
  read(): Uint8Array<ArrayBuffer> | null | typeof NOTHING {
    for (;;) {
      const there = load(this.#words, this.#at + RING.TAIL) - this.#head | 0;
      if (there === 0) return NOTHING;
      const { mask, words } = this.#ring;
      const at = this.#head & mask;
      const length = words[at >>> 2];
      if (length === MOVED) {
        this.#follow(at);
        continue;
      }
      if (length === BESIDE) {
        this.#advance(WORD);
        return null;
      }
      if (length < 0 || space(length) > there || space(length) > mask) {
        throw new ProtocolError(`Cannot read a message of ${length} bytes: ${there} are there`);
      }
      const bytes = this.#copy(at + WORD & mask, length);
      this.#advance(space(length));
      return bytes;
    }
  }

  /** Whether the writer waits for room; whoever gets `true` has to ring, and nobody else gets it. */
  takeFull(): boolean {
    const at = this.#at + RING.FULL;
    return load(this.#words, at) !== 0 && exchange(this.#words, at, 0) !== 0;
  }

  /** Asks for a ring with the next message; `false` if there is one by now. */
  sleep(): boolean {
    store(this.#words, this.#at + RING.ASLEEP, 1);
    if (this.isEmpty) return true;
    this.wake();
    return false;
  }

  /** No ring is needed. */
  wake(): void {
    store(this.#words, this.#at + RING.ASLEEP, 0);
  }

  #follow(at: number): void {
    const { mask, words, page, size } = this.#ring;
    const to = words[(at + WORD & mask) >>> 2];
    const bytes = words[(at + 2 * WORD & mask) >>> 2];
    const buffer = this.#memory.reach(to, bytes);
    if (page !== 0) this.#memory.release(page, size);
    this.#ring = new View({ buffer, offset: 0, bytes, page: to });
    this.#advance(MOVED_BYTES);
  }

  #copy(at: number, length: number): Uint8Array<ArrayBuffer> {
    const { bytes, size } = this.#ring;
    if (at + length <= size && length > SHORT) {
      return bytes.slice(at, at + length) as Uint8Array<ArrayBuffer>;
    }
    const copied = new Uint8Array(length);
    if (at + length <= size) {
      for (let i = 0; i < length; i++) copied[i] = bytes[at + i];
      return copied;
    }
    copied.set(bytes.subarray(at), 0);
    copied.set(bytes.subarray(0, length - (size - at)), size - at);
    return copied;
  }

  #advance(bytes: number): void {
    this.#head = this.#head + bytes | 0;
    store(this.#words, this.#at + RING.HEAD, this.#head);
  }
}
