/**
 * Layer 3, wire. Owns the parts of an array that are no plain list: holes, and properties with
 * names, such as the `index` of a match. May touch the encoding and the decoding.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { arrayIndex, type Decoding, FAR, type ReadAny } from "./decoding.ts";
import type { Encoding, WriteAny } from "./encoding.ts";
import { isJavaScriptCore } from "../runtime/engine.ts";
import { passOn } from "./refusal.ts";
import { readText, writeText } from "./strings.ts";
import { HOLES, LEVEL_OF_COLLECTION } from "./tags.ts";

/** A run of this many holes is stepped over by listing what is there. */
const LONG_RUN = 64;

/**
 * Up to this length, arrays are asked for all their keys. JavaScriptCore needs 50 to 300 ns for
 * each, more than to send the element, so there only they are: named properties of a longer
 * array do not travel. V8 lists the values of any array in 3 ns each.
 */
const LISTED = 16;
const FEW = 8;

/**
 * Writes an array from its first hole on. Answers how many holes it has. Where they are many, the
 * indices that the array has are listed, once: an array can be four thousand million holes long.
 */
export function writeFromHole(
  s: Encoding,
  array: readonly unknown[],
  from: number,
  depth: number,
  writeAny: WriteAny,
): number {
  const { length } = array;
  let listed: number[] | null = null;
  let position = 0;
  let holes = 0;
  let i = from;
  try {
    while (i < length) {
      if (array[i] !== undefined || Object.hasOwn(array, i)) {
        writeAny(s, array[i], depth + LEVEL_OF_COLLECTION);
        i++;
        continue;
      }
      let next = i + 1;
      const near = Math.min(length, next + LONG_RUN);
      while (next < near && array[next] === undefined && !Object.hasOwn(array, next)) next++;
      if (next === near && near < length) {
        // The keys of an array begin with its indices, in order.
        listed ??= Object.keys(array).map(arrayIndex);
        while (position < listed.length && listed[position] < near && listed[position] >= 0) {
          position++;
        }
        const found = listed[position] ?? -1;
        next = found < near || found > length ? length : found;
      }
      s.to.u8(HOLES);
      s.to.varint(next - i);
      holes += next - i;
      i = next;
    }
  } catch (error) {
    throw passOn(error, i);
  }
  return holes;
}

/** Whether an array of `filled` elements has properties besides them. */
export function hasNames(array: readonly unknown[], filled: number): boolean {
  if (filled <= FEW) return Object.keys(array).length !== filled;
  if (!isJavaScriptCore) return Object.values(array).length !== filled;
  return filled <= LISTED && Object.keys(array).length !== filled;
}

/** Writes the named properties of an array: their number, then each. */
export function writeNames(
  s: Encoding,
  array: readonly unknown[],
  depth: number,
  writeAny: WriteAny,
): void {
  const names = Object.keys(array).filter((key) => arrayIndex(key) < 0);
  s.to.varint(names.length);
  for (const name of names) {
    writeText(s.to, name);
    try {
      writeAny(s, (array as unknown as Record<string, unknown>)[name], depth + LEVEL_OF_COLLECTION);
    } catch (error) {
      throw passOn(error, name);
    }
  }
}

/**
 * Reads an array with holes or named properties. Its length may be any number: holes that cost
 * memory are paid from a budget, and without that the array becomes one that the engine keeps as
 * a table of what it has.
 */
export function readOddArray(s: Decoding, depth: number, readAny: ReadAny): unknown[] {
  const { from } = s;
  const array: unknown[] = [];
  s.references.push(array);
  const length = from.varint();
  if (length > 0xffffffff) throw new ProtocolError(`Cannot make an array of ${length} elements`);
  let dense = true;
  let i = 0;
  while (i < length) {
    if (from.at < from.end && from.bytes[from.at] === HOLES) {
      from.at++;
      const holes = from.varint();
      if (holes === 0 || holes > length - i) {
        throw new ProtocolError(`Cannot leave ${holes} holes at ${i} of ${length} elements`);
      }
      i += holes;
      if (dense && holes > s.slots) {
        dense = false;
        array[FAR] = null;
        delete array[FAR];
      }
      if (dense) {
        s.slots -= holes;
        array.length = i;
      }
    } else {
      array[i++] = readAny(s, depth + 1);
    }
  }
  array.length = length;
  for (let left = from.count(2); left > 0; left--) {
    const name = readText(from);
    if (name === "length" || arrayIndex(name) >= 0) {
      throw new ProtocolError(`Cannot give an array the name ${name} twice`);
    }
    const value = readAny(s, depth + 1);
    s.checkThen(name, value);
    Object.defineProperty(array, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return array;
}
