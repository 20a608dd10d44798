/**
 * Layer 3, wire. Owns the envelope of an error. May touch the encoding and the decoding.
 *
 * An error always arrives. A part of it that cannot travel (a cause, an own field) is replaced by
 * a short text, a class that the other side does not know by the nearest that it does. It is
 * rebuilt as data: no constructor of a user runs, yet it is an error to the engine, too.
 *
 * After the tag: origin and name of the class (`error_classes.ts`), a byte of flags, then the
 * message, stack and name that the flags promise, then hidden parts and own fields: a count and
 * that many (text, value) each.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { arrayIndex, type Decoding, type ReadAny } from "./decoding.ts";
import type { Encoding, WriteAny } from "./encoding.ts";
import { type ErrorClass, errorClassOf, errorPrototype, Origin } from "./error_classes.ts";
import { brief, isStackOverflow, passOn, Refusal, RESTART } from "./refusal.ts";
import { withoutFrames } from "./remote_error.ts";
import { readString, readText, writeString, writeText } from "./strings.ts";
import { ERROR, LEVEL_OF_INSTANCE } from "./tags.ts";

const HAS_MESSAGE = 1;
const HAS_STACK = 2;
const HAS_NAME = 4;

/** Parts that belong to an error, but are not listed among its properties. */
const HIDDEN = ["cause", "errors", "error", "suppressed"];
/** What JavaScriptCore adds to an error that it makes: where this file is, which is no news. */
const ENGINE_FIELDS = ["line", "column", "sourceURL", "originalLine", "originalColumn"];

type Fields = Record<string, unknown>;

const { isError: isNative } = Error as { isError?: (value: unknown) => boolean };

/** Whether an object is an error, of any realm where the runtime can tell. */
export function isError(value: object): boolean {
  // For Bun a DOMException is none.
  return isNative?.(value) || value instanceof Error;
}

/** Writes an error, which already has its number. */
export function writeError(s: Encoding, error: object, depth: number, writeAny: WriteAny): void {
  const { to } = s;
  const { known, exact } = errorClassOf(error);
  const message = textOf(error, "message");
  const stack = textOf(error, "stack");
  const name = nameOf(error, known, exact);
  to.u8(ERROR);
  to.u8(known.origin);
  writeString(to, known.name);
  to.u8(
    (message === undefined ? 0 : HAS_MESSAGE) | (stack === undefined ? 0 : HAS_STACK) |
      (name === undefined ? 0 : HAS_NAME),
  );
  if (message !== undefined) writeString(to, message);
  if (stack !== undefined) writeString(to, stack);
  if (name !== undefined) writeString(to, name);
  const fields = ownKeys(error).filter((key) => key !== "message" && key !== "stack");
  const hidden = HIDDEN.filter((key) => Object.hasOwn(error, key) && !fields.includes(key));
  writeFields(s, error, hidden, depth, writeAny);
  writeFields(s, error, fields, depth, writeAny);
}

/** Reads an error. */
export function readError(s: Decoding, depth: number, readAny: ReadAny): object {
  const { from } = s;
  const origin = from.u8();
  const className = readString(from);
  const flags = from.u8();
  const message = flags & HAS_MESSAGE ? readString(from) : undefined;
  const stack = flags & HAS_STACK ? readString(from) : undefined;
  const name = flags & HAS_NAME ? readString(from) : undefined;
  const error = blankError(s, origin, className, message, name);
  if (stack !== undefined) define(error, "stack", stack, false);
  s.references.push(error);
  readFields(s, error, false, depth, readAny);
  readFields(s, error, true, depth, readAny);
  return error;
}

function blankError(
  s: Decoding,
  origin: number,
  className: string,
  message: string | undefined,
  name: string | undefined,
): object {
  if (origin === Origin.language && className === "DOMException") {
    return new DOMException(message, name);
  }
  const prototype = errorPrototype(origin, className);
  if (prototype === undefined) {
    s.fail(
      new ProtocolError(
        `Cannot rebuild an error of class ${
          className.slice(0, 100)
        }: this process does not know it; ` +
          "call registerClass in a module that both sides import",
      ),
    );
  }
  const error = withoutFrames(() => new Error());
  if (prototype !== undefined && prototype !== Error.prototype) {
    Object.setPrototypeOf(error, prototype);
  }
  for (const field of ENGINE_FIELDS) {
    if (Object.hasOwn(error, field)) Reflect.deleteProperty(error, field);
  }
  if (message !== undefined) define(error, "message", message, false);
  if (name !== undefined) define(error, "name", name, false);
  return error;
}

function writeFields(
  s: Encoding,
  error: object,
  keys: string[],
  depth: number,
  writeAny: WriteAny,
): void {
  s.to.varint(keys.length);
  for (const key of keys) {
    writeText(s.to, key);
    const mark = s.mark();
    try {
      writeAny(s, (error as Fields)[key], depth + LEVEL_OF_INSTANCE);
    } catch (thrown) {
      const refused = passOn(thrown, key);
      if (!(refused instanceof Refusal)) throw refused;
      s.back(mark);
      writeText(s.to, placeholder(refused));
    }
  }
}

function placeholder(refused: Refusal): string {
  const inside = refused.steps.length > 1 ? " inside" : "";
  return `[not sent: ${refused.fn ? "a function" : refused.what}${inside}]`;
}

function readFields(
  s: Decoding,
  error: object,
  enumerable: boolean,
  depth: number,
  readAny: ReadAny,
): void {
  for (let left = s.from.count(2); left > 0; left--) {
    const key = readText(s.from);
    s.makeRoom(error, arrayIndex(key));
    const value = readAny(s, depth + LEVEL_OF_INSTANCE);
    s.checkThen(key, value);
    define(error, key, value, enumerable);
  }
}

function define(error: object, key: string, value: unknown, enumerable: boolean): void {
  const descriptor = { value, enumerable, writable: true, configurable: true };
  if (!Reflect.defineProperty(error, key, descriptor)) {
    throw new ProtocolError(`Cannot give an error the property ${key.slice(0, 100)}`);
  }
}

/** A property that should be a string: what it is instead, as text; nothing if it is missing. */
function textOf(error: object, key: "message" | "stack"): string | undefined {
  try {
    const value = (error as Fields)[key];
    if (typeof value === "string") {
      return value !== "" || Object.hasOwn(error, key) ? value : undefined;
    }
    return value === undefined || key === "stack" ? undefined : brief(value);
  } catch (thrown) {
    if (isStackOverflow(thrown) || thrown === RESTART) throw thrown;
    return `[reading its ${key} threw ${brief(thrown)}]`;
  }
}

/**
 * The name to give it on the other side, unless its class or an own field does that: what its
 * `name` says or, if that only repeats what the known class has, the name of the class that is
 * lost.
 */
function nameOf(error: object, known: ErrorClass, exact: boolean): string | undefined {
  try {
    const { name, constructor } = error as { name?: unknown; constructor?: { name?: unknown } };
    if (known.name === "DOMException") return String(name);
    if (Object.hasOwn(error, "name")) {
      return Object.prototype.propertyIsEnumerable.call(error, "name") ? undefined : String(name);
    }
    if (exact) return undefined;
    const inherited = (errorPrototype(known.origin, known.name) as Fields | undefined)?.name;
    const kept = name === inherited ? constructor?.name : name;
    return typeof kept === "string" && kept !== "" ? kept : undefined;
  } catch {
    return undefined;
  }
}

function ownKeys(error: object): string[] {
  try {
    return Object.keys(error);
  } catch {
    return [];
  }
}
