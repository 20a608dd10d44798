/**
 * Layer 3, wire. Owns how everything is written that is neither a primitive nor a plain object nor
 * an array. May touch the other `write_…` files, the table of classes and the function hooks.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- any callable travels

import { registrationOf } from "./classes.ts";
import type { Encoding, WriteAny } from "./encoding.ts";
import { isError, writeError } from "./errors_wire.ts";
import { functionHooks } from "./function_hook.ts";
import { describeObject, mapStep, passOn, Refusal, refusal } from "./refusal.ts";
import { writeText } from "./strings.ts";
import * as tag from "./tags.ts";
import { isPort } from "./views.ts";
import { writeBuffer, writeThreadOnly, writeView } from "./write_buffers.ts";
import { writeInstance } from "./write_instance.ts";
import type { Writer } from "./writer.ts";

/** The writers that a special object may turn out to be for after all. */
export type Parts = {
  readonly writeAny: WriteAny;
  readonly writePlain: (s: Encoding, value: Record<string, unknown>, depth: number) => void;
  readonly writeArray: (s: Encoding, value: unknown[], depth: number) => void;
};

const word = new BigInt64Array(1);
const wordBytes = new Uint8Array(word.buffer);

/** Writes an object, which already has its number. */
export function writeSpecial(
  s: Encoding,
  value: object,
  proto: object | null,
  depth: number,
  parts: Parts,
): void {
  if (proto === null) {
    parts.writePlain(s, value as Record<string, unknown>, depth);
    return;
  }
  const registration = registrationOf(proto);
  if (registration !== undefined && registration.kind !== "error") {
    writeInstance(s, value, registration, depth, parts.writeAny);
    return;
  }
  if (isError(value)) {
    writeError(s, value, depth, parts.writeAny);
    return;
  }
  refuseSubclass(value, proto);
  if (Array.isArray(value)) {
    parts.writeArray(s, value, depth);
    return;
  }
  if (ArrayBuffer.isView(value)) {
    writeView(s, value);
    return;
  }
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  checkBrand(value, kind);
  switch (kind) {
    case "Map":
      return writeMap(s, value as Map<unknown, unknown>, depth, parts.writeAny);
    case "Set":
      return writeSet(s, value as Set<unknown>, depth, parts.writeAny);
    case "Date":
      s.to.u8(tag.DATE);
      return s.to.f64(Date.prototype.getTime.call(value));
    case "RegExp":
      s.to.u8(tag.REGEXP);
      writeText(s.to, (value as RegExp).source);
      return writeText(s.to, (value as RegExp).flags);
    case "ArrayBuffer":
      return writeBuffer(s, value as ArrayBuffer);
    case "SharedArrayBuffer":
      return writeThreadOnly(s, value, "a SharedArrayBuffer", false);
    case "Number":
    case "String":
    case "Boolean":
    case "BigInt":
      s.to.u8(tag.BOXED);
      return parts.writeAny(s, value.valueOf(), depth);
    default:
      if (isPort(value)) return writeThreadOnly(s, value, "a MessagePort", true);
      if (!isPlainElsewhere(proto)) throw describeObject(value);
      parts.writePlain(s, value as Record<string, unknown>, depth);
  }
}

/** Writes a bigint: eight bytes if it fits, its magnitude otherwise. */
export function writeBigInt(to: Writer, value: bigint): void {
  if (BigInt.asIntN(64, value) === value) {
    to.u8(tag.BIGINT64);
    word[0] = value;
    to.raw(wordBytes);
    return;
  }
  let hex = (value < 0n ? -value : value).toString(16);
  if (hex.length % 2 === 1) hex = "0" + hex;
  const size = hex.length / 2;
  to.u8(tag.BIGINT);
  to.u8(value < 0n ? 1 : 0);
  to.varint(size);
  to.ensure(size);
  for (let i = hex.length; i > 0; i -= 2) to.u8(Number.parseInt(hex.slice(i - 2, i), 16));
}

/** Writes a function, which already has its number. */
export function writeFunction(
  s: Encoding,
  fn: Function,
  depth: number,
  writeAny: WriteAny,
): void {
  const { to } = s;
  const hooks = functionHooks();
  const partial = hooks.partialOf(fn);
  if (partial !== undefined) {
    to.u8(tag.PARTIAL);
    to.varint(partial.bound.length);
    s.open.push(fn);
    let i = -1;
    try {
      writeAny(s, partial.fn, depth + tag.LEVEL_OF_COLLECTION);
      for (i = 0; i < partial.bound.length; i++) {
        writeAny(s, partial.bound[i], depth + tag.LEVEL_OF_COLLECTION);
      }
    } catch (error) {
      throw passOn(error, { shown: i < 0 ? ".fn" : `.bound[${i}]` });
    }
    s.open.pop();
    return;
  }
  let reference;
  try {
    reference = hooks.describe(fn, "");
  } catch (cause) {
    // It is asked again when the path is known, so that its message can name it.
    throw new Refusal("a function", "it is a function", cause, fn);
  }
  switch (reference.kind) {
    case "export":
      to.u8(tag.EXPORTED);
      to.u8(reference.search ? 1 : 0);
      to.f64(reference.check);
      writeText(to, reference.name);
      to.varint(reference.modules.length);
      for (const url of reference.modules) {
        writeText(to, url);
        s.modules.add(url);
      }
      s.mentioned.add(reference);
      return;
    case "inline":
      to.u8(tag.INLINE);
      writeText(to, reference.source);
      writeText(to, reference.name);
      return;
    case "global":
      to.u8(tag.GLOBAL);
      writeText(to, reference.path);
  }
}

function writeMap(
  s: Encoding,
  map: Map<unknown, unknown>,
  depth: number,
  writeAny: WriteAny,
): void {
  // A getter on the way may change the map: what is sent is what it was at first.
  const entries = [...Map.prototype.entries.call(map)] as [unknown, unknown][];
  s.to.u8(tag.MAP);
  s.to.varint(entries.length);
  let i = 0;
  let inKey = true;
  try {
    for (; i < entries.length; i++) {
      inKey = true;
      writeAny(s, entries[i][0], depth + tag.LEVEL_OF_COLLECTION);
      inKey = false;
      writeAny(s, entries[i][1], depth + tag.LEVEL_OF_COLLECTION);
    }
  } catch (error) {
    throw passOn(error, inKey ? { shown: `.keys()[${i}]` } : mapStep(entries[i][0], i));
  }
}

function writeSet(s: Encoding, set: Set<unknown>, depth: number, writeAny: WriteAny): void {
  const items = [...Set.prototype.values.call(set)] as unknown[];
  s.to.u8(tag.SET);
  s.to.varint(items.length);
  let i = 0;
  try {
    for (; i < items.length; i++) writeAny(s, items[i], depth + tag.LEVEL_OF_COLLECTION);
  } catch (error) {
    throw passOn(error, { shown: `.values()[${i}]` });
  }
}

/** An instance of a subclass would arrive as one of the registered class, or lose its methods. */
function refuseSubclass(value: object, proto: object): void {
  for (
    let above: object | null = Object.getPrototypeOf(proto);
    above !== null;
    above = Object.getPrototypeOf(above)
  ) {
    const registration = registrationOf(above);
    if (registration === undefined) continue;
    const name = (value.constructor as Function | undefined)?.name || "a subclass";
    throw refusal(
      `an instance of class ${name}, a subclass of the registered class ${registration.name}`,
      `only ${registration.name} itself was registered; call registerClass(${name}, …) as well`,
    );
  }
}

/** For each type that an object can claim to be, a question that only a real one answers. */
const PROBES: Record<string, (this: never) => unknown> = {
  Map: Map.prototype.keys,
  Set: Set.prototype.keys,
  Date: Date.prototype.getTime,
  RegExp: getter(RegExp.prototype, "source"),
  ArrayBuffer: getter(ArrayBuffer.prototype, "byteLength"),
  Number: Number.prototype.valueOf,
  String: String.prototype.valueOf,
  Boolean: Boolean.prototype.valueOf,
  BigInt: BigInt.prototype.valueOf,
};

function checkBrand(value: object, kind: string): void {
  if (!Object.hasOwn(PROBES, kind)) return;
  try {
    PROBES[kind].call(value as never);
  } catch {
    throw describeObject(value);
  }
}

function getter(prototype: object, key: string): (this: never) => unknown {
  return Object.getOwnPropertyDescriptor(prototype, key)!.get!;
}

/** The Object.prototype of another realm, such as one of `node:vm`. */
function isPlainElsewhere(proto: object): boolean {
  return Object.getPrototypeOf(proto) === null && Object.hasOwn(proto, "isPrototypeOf");
}
