/**
 * Layer 5, channel. The rings of a channel: where its items lie. The first is part of the channel's
 * words; when it is full and may grow, putters go on in a larger one, and takers follow when they
 * have read the old one to its end. Owns how a frame looks: its length in a word, then its bytes,
 * filled up to a word. Knows nothing of who may write or read when: see `channel_words.ts`.
 *
 * @module
 */

import type { Block } from "../memory/arena.ts";
import { load, store } from "../memory/atomics.ts";
import { AT, FIRST_RING_BYTES, ringBytes } from "./layout.ts";

/** Bytes in front of an item. */
const HEADER = 4;
/** Shorter items are copied byte by byte: that is quicker than making a view. */
const SHORT = 24;
/** Items up to this size are read into the same buffer, one after the other. */
const SCRATCH = 64 * 1024;
/** Rings larger than this give their memory back while they are read. */
const LARGE_RING = 64 * 1024 * 1024;
/** … in pieces of this size. */
const PIECE_SHIFT = 21;
const PIECE = 1 << PIECE_SHIFT;
const PAGE = 4096;

const NONE = new Uint8Array(0);
let scratch = new Uint8Array(SCRATCH);

/** What is to be put: the first bytes of a buffer. */
export interface Item {
  readonly buffer: Uint8Array;
  readonly length: number;
  /** Bytes that stand before the last {@link TRAILER} of them, and are copied from where they are. */
  readonly payload?: Uint8Array | null;
}

/** Bytes of an item that come after its payload. */
export const TRAILER = 4;

/** The bytes of an item. */
export function itemBytes({ length, payload }: Item): number {
  return payload ? length + payload.length : length;
}

interface Ring {
  readonly bytes: Uint8Array<ArrayBufferLike>;
  readonly words: Int32Array<ArrayBufferLike>;
  readonly size: number;
}

/** Whether a piece ends between two positions, and it is worth a system call to give it back. */
export function endsPiece(ring: number, from: number, to: number): boolean {
  return ringBytes(ring) > LARGE_RING && from >>> PIECE_SHIFT !== to >>> PIECE_SHIFT;
}

/** Shows bytes that were read to somebody, whose own code may read more items meanwhile. */
export function show(bytes: Uint8Array, to: { take(bytes: Uint8Array): void }): void {
  const before = scratch;
  if (bytes.buffer === before.buffer) scratch = NONE;
  try {
    to.take(bytes);
  } finally {
    scratch = before;
  }
}

/** Bytes that an item takes in a ring. */
export function frameBytes(length: number): number {
  return HEADER + (length + 3 & ~3);
}

/** This isolate's view of the rings of a channel. */
export class Rings {
  readonly #block: Block;
  readonly #rings: (Ring | undefined)[] = [];

  constructor(block: Block) {
    this.#block = block;
  }

  /** Makes a ring. Returns whether there was memory for it. */
  make(ring: number): boolean {
    const { arena, words, at, region } = this.#block;
    const bytes = ringBytes(ring);
    try {
      if (arena.place === "shared") {
        const buffer = region!.buffer as SharedArrayBuffer;
        const end = offsetOf(ring) + bytes;
        if (buffer.byteLength < end) buffer.grow(end);
        store(words, at + AT.RINGS + ring, 1);
      } else {
        store(words, at + AT.RINGS + ring, arena.grow(bytes).offset / PAGE);
      }
      return true;
    } catch {
      return false;
    }
  }

  /** Gives the memory of a ring back that nobody uses any more. */
  discard(ring: number): void {
    if (ring === 0) return;
    const { arena, words, at } = this.#block;
    const page = load(words, at + AT.RINGS + ring);
    if (arena.place === "mapped") arena.forget(page, ringBytes(ring) / PAGE);
    this.#rings[ring] = undefined;
  }

  /** Writes an item at a position. It must fit. */
  write(ring: number, position: number, item: Item): void {
    const to = this.#ring(ring);
    const mask = to.size - 1;
    const { buffer, length, payload } = item;
    const at = position & mask;
    to.words[at >>> 2] = itemBytes(item);
    const start = at + HEADER & mask;
    if (!payload) return copy(to, start, buffer, 0, length);
    const head = length - TRAILER;
    copy(to, start, buffer, 0, head);
    copy(to, start + head & mask, payload, 0, payload.length);
    copy(to, start + head + payload.length & mask, buffer, head, length);
  }

  /** The bytes of an item where they lie, if they are many and lie in one piece; else `null`. */
  window(ring: number, position: number, length: number): Uint8Array | null {
    if (length <= SCRATCH) return null;
    const { bytes, size } = this.#ring(ring);
    const at = (position & (size - 1)) + HEADER & (size - 1);
    return at + length <= size ? bytes.subarray(at, at + length) : null;
  }

  /** The length of the item at a position, as it stands there. */
  lengthAt(ring: number, position: number): number {
    const { words, size } = this.#ring(ring);
    return words[(position & (size - 1)) >>> 2];
  }

  /**
   * Copies an item.
   *
   * @returns Its bytes: a short item's only until the next call, in whatever channel.
   */
  read(ring: number, position: number, length: number): Uint8Array {
    const from = this.#ring(ring);
    const at = (position & (from.size - 1)) + HEADER & (from.size - 1);
    const to = length <= scratch.length ? scratch : new Uint8Array(length);
    if (length <= SHORT && at + length <= from.size) {
      for (let i = 0; i < length; i++) to[i] = from.bytes[at + i];
    } else {
      const first = Math.min(length, from.size - at);
      to.set(from.bytes.subarray(at, at + first));
      if (first < length) to.set(from.bytes.subarray(0, length - first), first);
    }
    return length === to.length ? to : to.subarray(0, length);
  }

  /**
   * Gives the memory of the pieces back that end between two positions. Everything before `to` has
   * been read, and nobody writes now.
   */
  release(ring: number, from: number, to: number, tail: number): void {
    const size = ringBytes(ring);
    const { arena, words, at } = this.#block;
    if (arena.place !== "mapped") return;
    const first = from - from % PIECE;
    const last = to - to % PIECE;
    if (tail - first >>> 0 > size) return; // written again from its beginning
    const start = load(words, at + AT.RINGS + ring);
    for (let position = first; position !== last; position = (position + PIECE) % 2 ** 32) {
      arena.forget(start + position % size / PAGE, PIECE / PAGE);
    }
  }

  #ring(ring: number): Ring {
    const known = this.#rings[ring];
    if (known !== undefined) return known;
    const made = this.#view(ring);
    this.#rings[ring] = made;
    return made;
  }

  #view(ring: number): Ring {
    const { arena, words, at, region } = this.#block;
    const size = ringBytes(ring);
    if (ring === 0) {
      return view(words.buffer, words.byteOffset + 4 * (at + AT.FIRST_RING), FIRST_RING_BYTES);
    }
    if (arena.place === "shared") return view(region!.buffer, offsetOf(ring), size);
    return view(arena.reach(load(words, at + AT.RINGS + ring), size).buffer, 0, size);
  }
}

/** Copies a part of a buffer into a ring. */
function copy(to: Ring, at: number, from: Uint8Array, start: number, end: number): void {
  const length = end - start;
  if (length <= SHORT && at + length <= to.size) {
    for (let i = 0; i < length; i++) to.bytes[at + i] = from[start + i];
    return;
  }
  const first = Math.min(length, to.size - at);
  to.bytes.set(from.subarray(start, start + first), at);
  if (first < length) to.bytes.set(from.subarray(start + first, end), 0);
}

/** Where a ring begins, where all are in one `SharedArrayBuffer` that grows. */
function offsetOf(ring: number): number {
  return ringBytes(ring) - ringBytes(1);
}

function view(buffer: ArrayBufferLike, offset: number, size: number): Ring {
  return {
    bytes: new Uint8Array(buffer, offset, size),
    words: new Int32Array(buffer, offset, size / 4),
    size,
  };
}
