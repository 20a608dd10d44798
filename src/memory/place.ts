/**
 * Layer 2, memory. Where words live, and how one sleeps on them: a `SharedArrayBuffer`, for the
 * threads of a process, or mapped pages, for processes as well. Everything above is the same code.
 *
 * @module
 */

import { sharedPages } from "../runtime/pages.ts";
import type { Pages } from "../runtime/pages.ts";
import { notify, sleepOn } from "./atomics.ts";

/** A piece of memory of an arena. */
export interface Extent {
  /** Where it begins in the arena, in bytes. */
  readonly offset: number;
  /** Its memory: the user's typed arrays are made of this. */
  readonly buffer: ArrayBufferLike;
  /** The same, as words. */
  readonly words: Int32Array<ArrayBufferLike>;
  /** Where it is mapped; 0 in a `SharedArrayBuffer`. */
  readonly address: number;
}

/** Makes the extent that a `SharedArrayBuffer` is. */
export function sharedExtent(offset: number, buffer: SharedArrayBuffer): Extent {
  return { offset, buffer, words: new Int32Array(buffer), address: 0 };
}

/** Maps an extent of a file. */
export function mappedExtent(file: number, offset: number, bytes: number): Extent {
  const { buffer, address } = pages().map(file, offset, bytes);
  return { offset, buffer, words: new Int32Array(buffer), address };
}

/** Blocks this thread while a word is `expected`, at most `ms` milliseconds. May return early. */
export function sleep({ words, address }: Extent, at: number, expected: number, ms: number): void {
  if (address === 0) sleepOn(words, at, expected, ms);
  else pages().wait(address + 4 * at, expected, ms);
}

/** Wakes whoever sleeps on a word. */
export function wake({ words, address }: Extent, at: number): void {
  if (address === 0) notify(words, at);
  else pages().wake(address + 4 * at);
}

/** The shared pages, where it is known that there are some. */
export function pages(): Pages {
  return sharedPages()!;
}
