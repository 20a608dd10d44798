/** What the codec's tests share: a round trip, a strict comparison, stand-ins for functions. */
// deno-lint-ignore-file ban-types -- any callable travels

import assert from "node:assert/strict";
import { FunctionReferenceError, SerializationError } from "../../../src/errors.ts";
import { Decoder } from "../../../src/wire/decode.ts";
import { Encoder, type Route } from "../../../src/wire/encode.ts";
import { type FunctionReference, setFunctionHooks } from "../../../src/wire/function_hook.ts";

/** Encodes a value into a message of its own. */
export function encode(value: unknown, route: Route = "process"): Uint8Array<ArrayBuffer> {
  const encoder = new Encoder(route);
  encoder.value(value, "value");
  return encoder.take().bytes;
}

/** Decodes a message of one value, to its last byte. */
export function decode(bytes: Uint8Array): unknown {
  const decoder = new Decoder(bytes);
  const value = decoder.value();
  assert.equal(decoder.remaining, 0, "the value ends where the message ends");
  return value;
}

/** Sends a value to a process and back. */
export function roundTrip<T>(value: T): T {
  return decode(encode(value)) as T;
}

/** The error that sending a value makes. */
export function refusalOf(value: unknown, route: Route = "process"): SerializationError {
  try {
    new Encoder(route).value(value, "args[0]");
  } catch (error) {
    assert.ok(error instanceof SerializationError, `a SerializationError, not ${error}`);
    return error;
  }
  assert.fail("the value should have been refused");
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromHex(hex: string): Uint8Array {
  const digits = hex.replaceAll(" ", "");
  return Uint8Array.from(
    { length: digits.length / 2 },
    (_, i) => parseInt(digits.substr(i * 2, 2), 16),
  );
}

/** A random generator that makes the same numbers everywhere. */
export function generator(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) % below;
  };
}

type Known = { fn: Function; reference: FunctionReference };
const known: Known[] = [];
const partials = new WeakMap<Function, { fn: Function; bound: readonly unknown[] }>();

/** Gives a function a reference, as the library's own side would find it. */
export function knowFunction(fn: Function, reference: FunctionReference): void {
  known.push({ fn, reference });
}

export function partial(fn: Function, ...bound: unknown[]): Function {
  const made = (...rest: unknown[]): unknown => fn(...bound, ...rest);
  const inner = partials.get(fn);
  partials.set(made, inner ? { fn: inner.fn, bound: [...inner.bound, ...bound] } : { fn, bound });
  return made;
}

/** Stand-ins for the functions' side: what `knowFunction` was told. */
export function installFunctionHooks(): void {
  setFunctionHooks({
    describe(fn, path) {
      const found = known.find((each) => each.fn === fn);
      if (!found) throw new FunctionReferenceError(`Cannot send ${path}: nobody knows ${fn.name}`);
      return found.reference;
    },
    resolve(reference) {
      const wanted = JSON.stringify(reference);
      const found = known.find((each) => JSON.stringify(each.reference) === wanted);
      if (!found) throw new FunctionReferenceError(`Cannot find a function by ${reference.kind}`);
      return found.fn;
    },
    partialOf: (fn) => partials.get(fn),
    makePartial: (fn, bound) => partial(fn, ...bound),
    whyNotThen: () => null,
  });
}

/**
 * How two values differ, or `null`. Stricter than deepStrictEqual: what is one object in one must
 * be one object in the other, holes count, and so do prototypes, hidden parts and buffers.
 */
export function difference(left: unknown, right: unknown): string | null {
  return compare(left, right, "value", new Map(), new Map());
}

type Pairs = Map<object, object>;

function compare(a: unknown, b: unknown, path: string, there: Pairs, back: Pairs): string | null {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) {
    return Object.is(a, b) ? null : `${path}: ${String(a)} is not ${String(b)}`;
  }
  if (there.has(a) || back.has(b)) {
    return there.get(a) === b && back.get(b) === a ? null : `${path}: not the same object again`;
  }
  there.set(a, b);
  back.set(b, a);
  const protoA = Object.getPrototypeOf(a) ?? Object.prototype;
  if (protoA !== Object.getPrototypeOf(b)) return `${path}: another prototype`;
  const inner = parts(a);
  const others = parts(b);
  if (inner.length !== others.length) return `${path}: ${inner.length} parts, not ${others.length}`;
  for (let i = 0; i < inner.length; i++) {
    const [name, value] = inner[i];
    const [otherName, otherValue] = others[i];
    if (name !== otherName) return `${path}: ${name} is not ${otherName}`;
    const found = compare(value, otherValue, `${path} ${name}`, there, back);
    if (found !== null) return found;
  }
  return null;
}

function parts(value: object): [string, unknown][] {
  const list: [string, unknown][] = [];
  if (Array.isArray(value)) list.push(["length", value.length]);
  if (value instanceof Map) {
    [...value].forEach(([k, v], i) => list.push([`key ${i}`, k], [`entry ${i}`, v]));
  } else if (value instanceof Set) {
    [...value].forEach((item, i) => list.push([`item ${i}`, item]));
  } else if (value instanceof Date) {
    list.push(["time", value.getTime()]);
  } else if (value instanceof RegExp) {
    list.push(["source", value.source], ["flags", value.flags], ["lastIndex", value.lastIndex]);
  } else if (value instanceof ArrayBuffer) {
    const bytes = Array.from(new Uint8Array(value)).join();
    list.push(["bytes", bytes], ["maximum", value.resizable ? value.maxByteLength : -1]);
  } else if (ArrayBuffer.isView(value)) {
    list.push(["offset", value.byteOffset], ["size", value.byteLength], ["buffer", value.buffer]);
    return list;
  } else if (value instanceof Error) {
    for (const key of ["message", "name", "stack"] as const) list.push([key, value[key]]);
    for (const key of ["cause", "errors"]) {
      if (Object.hasOwn(value, key)) {
        list.push([key, (value as unknown as Record<string, unknown>)[key]]);
      }
    }
  } else if (
    value instanceof Number || value instanceof String || value instanceof Boolean ||
    value instanceof BigInt
  ) {
    list.push(["primitive", value.valueOf()]);
    return list;
  }
  for (const key of Object.keys(value)) list.push([key, (value as Record<string, unknown>)[key]]);
  return list;
}
