/**
 * Layer 3, wire. Owns how values are written: which of the `write_…` files gets which value, and
 * the three that nearly every message consists of, primitives, plain objects and arrays. May touch
 * those files and the writer.
 *
 * The walk is a recursion of two frames a level, which must fit `MAX_DEPTH` levels on the smallest
 * default stack: so the functions on that path have few variables.
 *
 * @module
 */

import { hasNames, writeFromHole, writeNames } from "./array_parts.ts";
import type { Encoding } from "./encoding.ts";
import { insideItself, passOn, refusal, RESTART, tooDeep } from "./refusal.ts";
import { writeText } from "./strings.ts";
import {
  ARRAY,
  ARRAY_ODD,
  FALSE,
  MAX_DEPTH,
  NULL,
  OBJECT,
  REFERENCE,
  SHAPED,
  TRUE,
  UNDEFINED,
} from "./tags.ts";
import { writeBigInt, writeFunction, writeSpecial } from "./write_special.ts";

const PLAIN = Object.prototype;
const PLAIN_ARRAY = Array.prototype;

/** Writes any value. `depth` is the number of objects around it. */
export function writeAny(s: Encoding, value: unknown, depth: number): void {
  switch (typeof value) {
    case "number":
      s.to.number(value);
      return;
    case "string":
      writeText(s.to, value);
      return;
    case "object": {
      if (value === null) {
        s.to.u8(NULL);
        return;
      }
      if (writeKnown(s, value)) return;
      if (depth >= MAX_DEPTH) throw tooDeep(MAX_DEPTH);
      const proto: object | null = Object.getPrototypeOf(value);
      if (proto === PLAIN) writePlain(s, value as Record<string, unknown>, depth);
      else if (proto === PLAIN_ARRAY && Array.isArray(value)) writeArray(s, value, depth);
      else writeSpecial(s, value, proto, depth, PARTS);
      return;
    }
    case "boolean":
      s.to.u8(value ? TRUE : FALSE);
      return;
    case "undefined":
      s.to.u8(UNDEFINED);
      return;
    case "bigint":
      writeBigInt(s.to, value);
      return;
    case "function":
      if (writeKnown(s, value)) return;
      if (depth >= MAX_DEPTH) throw tooDeep(MAX_DEPTH);
      writeFunction(s, value, depth, writeAny);
      return;
    default:
      throw refusal("a symbol", "symbols are unique to their process; send a string");
  }
}

/** Writes an object that was met before as its number; numbers it otherwise. */
function writeKnown(s: Encoding, value: object): boolean {
  const number = s.references.find(value);
  if (number < 0) {
    s.references.add(value);
    return false;
  }
  if (s.partial !== null && s.partial.has(value)) throw RESTART;
  if (s.open.length > 0 && s.open.includes(value)) throw insideItself(value);
  s.to.u8(REFERENCE);
  s.to.varint(number);
  return true;
}

function writePlain(s: Encoding, value: Record<string, unknown>, depth: number): void {
  const keys = Object.keys(value);
  writeShape(s, keys);
  let i = 0;
  try {
    for (; i < keys.length; i++) writeAny(s, value[keys[i]], depth + 1);
  } catch (error) {
    throw passOn(error, keys[i]);
  }
}

function writeShape(s: Encoding, keys: string[]): void {
  const { to } = s;
  const number = s.shapes.number(keys);
  if (number >= 0) {
    to.u8(SHAPED);
    to.varint(number);
    return;
  }
  to.u8(OBJECT);
  to.varint(keys.length);
  for (let i = 0; i < keys.length; i++) writeText(to, keys[i]);
}

function writeArray(s: Encoding, array: unknown[], depth: number): void {
  const { to } = s;
  const { length } = array;
  const head = to.at;
  to.u8(ARRAY);
  to.varint(length);
  let i = 0;
  try {
    for (; i < length; i++) {
      const item = array[i];
      if (typeof item === "number") to.number(item);
      else if (item === undefined && !Object.hasOwn(array, i)) break;
      else writeAny(s, item, depth + 1);
    }
  } catch (error) {
    throw passOn(error, i);
  }
  const holes = i < length ? writeFromHole(s, array, i, depth, writeAny) : 0;
  const named = hasNames(array, length - holes);
  if (holes > 0 || named) {
    to.bytes[head] = ARRAY_ODD;
    writeNames(s, named ? array : [], depth, writeAny);
  }
}

/** What `writeSpecial` needs of this file, which imports it. */
const PARTS: {
  writeAny: typeof writeAny;
  writePlain: typeof writePlain;
  writeArray: typeof writeArray;
} = {
  writeAny,
  writePlain,
  writeArray,
};
