/**
 * Layer 4, park. How an object of a public class gets its end: a new one when the user constructs
 * it, the one that arrived when it is read from a message.
 *
 * @module
 */

import type { Extra } from "../memory/allocator.ts";
import type { PlaceName } from "../memory/arena.ts";
import { registerInternal } from "../wire/classes.ts";
import type { End } from "./end.ts";
import { methodOf } from "./start_method.ts";
import type { StartMethod } from "./start_method.ts";
import { makeEnd, readEnd, writeEnd } from "./travel.ts";

/** A class whose objects have one end. */
type SharedClass<T> = (new () => T) & { readonly startMethod: StartMethod | null };

let arrived: End | null = null;

/**
 * The end of an object under construction. `init` sets the words of a new one.
 */
export function newEnd(
  Class: { readonly startMethod: StartMethod | null },
  words: number,
  init?: (words: Int32Array<ArrayBufferLike>, at: number, place: PlaceName) => void,
  extra?: Extra,
): End {
  if (arrived !== null) {
    const end = arrived;
    arrived = null;
    return end;
  }
  const end = makeEnd(methodOf(Class), words, extra);
  const { block } = end;
  init?.(block.words, block.at, block.arena.place);
  return end;
}

/** Makes an object of an end. */
export function construct<T>(Class: new () => T, end: End): T {
  arrived = end;
  try {
    return new Class();
  } finally {
    arrived = null;
  }
}

/** Whether the object under construction has arrived in a message: its arguments do not count. */
export function isArriving(): boolean {
  return arrived !== null;
}

/** Lets the objects of a class travel: all they have is their end. */
export function registerShared<T>(
  Class: SharedClass<T>,
  name: string,
  module: string,
  endOf: (value: T) => End,
): void {
  registerInternal(Class, name, module, {
    encode: (output, value: T) => writeEnd(output, endOf(value)),
    decode: (input) => construct(Class, readEnd(input)),
  });
}
