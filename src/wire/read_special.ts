/**
 * Layer 3, wire. Owns how everything is read that is neither a primitive nor a plain object nor an
 * array. May touch the decoding, its reader and the function hooks.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- any callable travels

import { ProtocolError } from "../errors.ts";
import type { Decoding, ReadAny } from "./decoding.ts";
import { functionHooks, type FunctionReference } from "./function_hook.ts";
import type { Reader } from "./reader.ts";
import { readText } from "./strings.ts";
import { EXPORTED, INLINE, LEVEL_OF_COLLECTION } from "./tags.ts";

const word = new BigInt64Array(1);
const wordBytes = new Uint8Array(word.buffer);

/** Reads a bigint of eight bytes. */
export function readBigInt64(from: Reader): bigint {
  const at = from.skip(8);
  for (let i = 0; i < 8; i++) wordBytes[i] = from.bytes[at + i];
  return word[0];
}

/** Reads a bigint of any size. */
export function readBigInt(from: Reader): bigint {
  const negative = from.u8() === 1;
  const bytes = from.window(from.varint());
  let hex = "";
  for (let i = bytes.length - 1; i >= 0; i--) hex += bytes[i].toString(16).padStart(2, "0");
  try {
    const magnitude = BigInt("0x" + hex);
    return negative ? -magnitude : magnitude;
  } catch (cause) {
    throw new ProtocolError(`Cannot read a bigint of ${bytes.length} bytes`, { cause });
  }
}

/** Reads a Map. */
export function readMap(s: Decoding, depth: number, readAny: ReadAny): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  s.references.push(map);
  for (let left = s.from.count(2); left > 0; left--) {
    const key = readAny(s, depth + LEVEL_OF_COLLECTION);
    map.set(key, readAny(s, depth + LEVEL_OF_COLLECTION));
  }
  return map;
}

/** Reads a Set. */
export function readSet(s: Decoding, depth: number, readAny: ReadAny): Set<unknown> {
  const set = new Set<unknown>();
  s.references.push(set);
  for (let left = s.from.count(1); left > 0; left--) {
    set.add(readAny(s, depth + LEVEL_OF_COLLECTION));
  }
  return set;
}

/** Reads a Date. */
export function readDate(s: Decoding): Date {
  const date = new Date(s.from.f64());
  s.references.push(date);
  return date;
}

/** Reads a RegExp. It is compiled, not run. */
export function readRegExp(s: Decoding): RegExp {
  const source = readText(s.from);
  const flags = readText(s.from);
  try {
    const regExp = new RegExp(source, flags);
    s.references.push(regExp);
    return regExp;
  } catch (cause) {
    throw new ProtocolError(
      `Cannot read a regular expression of ${source.length} characters with flags ${
        flags.slice(0, 20)
      }`,
      { cause },
    );
  }
}

/** Reads a boxed primitive. */
export function readBoxed(s: Decoding, depth: number, readAny: ReadAny): object {
  const number = s.reserve();
  const primitive = readAny(s, depth + 1);
  if (primitive === null || primitive === undefined || typeof primitive === "object") {
    throw new ProtocolError(`Cannot box ${primitive === null ? "null" : typeof primitive}`);
  }
  return s.references[number] = Object(primitive);
}

/** Reads a function that is found or made by its reference. */
export function readFunction(s: Decoding, kind: number): Function {
  const { from } = s;
  let reference: FunctionReference;
  if (kind === EXPORTED) {
    const search = from.u8() === 1;
    const check = from.f64();
    const name = readText(from);
    const modules: string[] = [];
    for (let left = from.count(1); left > 0; left--) modules.push(readText(from));
    reference = { kind: "export", modules, name, check, search };
  } else if (kind === INLINE) {
    reference = { kind: "inline", source: readText(from), name: readText(from) };
  } else {
    reference = { kind: "global", path: readText(from) };
  }
  const fn = s.outside(() => functionHooks().resolve(reference));
  s.references.push(fn);
  return fn;
}

/** Reads a function with bound arguments. */
export function readPartial(s: Decoding, depth: number, readAny: ReadAny): Function {
  const number = s.reserve();
  const count = s.from.count(1);
  const fn = readAny(s, depth + LEVEL_OF_COLLECTION);
  if (typeof fn !== "function") {
    throw new ProtocolError(`Cannot bind arguments to a value of type ${typeof fn}`);
  }
  // Nobody sends a partial function of another, and a long line of them would copy values for ever.
  if (functionHooks().partialOf(fn) !== undefined) {
    throw new ProtocolError("Cannot bind arguments to a function that has some already");
  }
  const bound: unknown[] = [];
  for (let left = count; left > 0; left--) bound.push(readAny(s, depth + LEVEL_OF_COLLECTION));
  const partial = s.outside(() => functionHooks().makePartial(fn, bound));
  s.references[number] = partial;
  return partial;
}
