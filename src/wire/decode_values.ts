/**
 * Layer 3, wire. Owns how values are read: which of the `read_…` files reads which tag, and the
 * ones that nearly every message consists of, primitives, plain objects and arrays. May touch
 * those files and the reader.
 *
 * What a message can make the decoder allocate is bounded by its length: containers grow with what
 * is really there, or are paid from a budget. Keys are data: none of them reaches a prototype.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { readOddArray } from "./array_parts.ts";
import { arrayIndex, type Decoding, type Shape } from "./decoding.ts";
import { readError } from "./errors_wire.ts";
import { readBuffer, readBytes, readResizable, readView } from "./read_buffers.ts";
import {
  readBigInt,
  readBigInt64,
  readBoxed,
  readDate,
  readFunction,
  readMap,
  readPartial,
  readRegExp,
  readSet,
} from "./read_special.ts";
import { readKey, readUnits, readUtf8 } from "./strings.ts";
import * as tag from "./tags.ts";
import { readInstance, readInternal } from "./write_instance.ts";

const PLAIN = Object.prototype;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** Reads any value. `depth` is the number of objects around it. */
export function readAny(s: Decoding, depth: number): unknown {
  const { from } = s;
  const kind = from.u8();
  if (kind < tag.SMALL_INTEGERS) return kind;
  if (kind <= tag.SHORT_STRING + tag.SHORT_STRING_MAX) {
    return readUtf8(from, kind - tag.SHORT_STRING);
  }
  switch (kind) {
    case tag.INT16:
      return from.i16();
    case tag.SHAPED:
      return readPlain(s, readShape(s), depth);
    case tag.ARRAY:
      return readArray(s, depth);
    case tag.INT32:
      return from.i32();
    case tag.FLOAT64:
      return from.f64();
    case tag.STRING:
      return readUtf8(from, from.varint());
    case tag.NULL:
      return null;
    case tag.UNDEFINED:
      return undefined;
    case tag.FALSE:
      return false;
    case tag.TRUE:
      return true;
    case tag.OBJECT:
      return readPlain(s, readNewShape(s), depth);
    case tag.REFERENCE:
      return s.known(from.varint());
    default:
      return readOther(s, kind, depth);
  }
}

function readOther(s: Decoding, kind: number, depth: number): unknown {
  switch (kind) { // what has nothing inside
    case tag.STRING16:
      return readUnits(s.from, s.from.varint());
    case tag.BIGINT64:
      return readBigInt64(s.from);
    case tag.BIGINT:
      return readBigInt(s.from);
    case tag.DATE:
      return readDate(s);
    case tag.REGEXP:
      return readRegExp(s);
    case tag.BUFFER:
      return readBuffer(s);
    case tag.RESIZABLE:
      return readResizable(s);
    case tag.BYTES:
      return readBytes(s);
    case tag.ATTACHED:
      return s.attached(s.from.varint());
    case tag.EXPORTED:
    case tag.INLINE:
    case tag.GLOBAL:
      return readFunction(s, kind);
  }
  if (depth >= tag.MAX_DEPTH) throw tooDeep();
  switch (kind) {
    case tag.ARRAY_ODD:
      return readOddArray(s, depth, readAny);
    case tag.MAP:
      return readMap(s, depth, readAny);
    case tag.SET:
      return readSet(s, depth, readAny);
    case tag.BOXED:
      return readBoxed(s, depth, readAny);
    case tag.VIEW:
      return readView(s, depth, readAny);
    case tag.ERROR:
      return readError(s, depth, readAny);
    case tag.INSTANCE:
      return readInstance(s, depth, readAny);
    case tag.INTERNAL:
      return readInternal(s);
    case tag.PARTIAL:
      return readPartial(s, depth, readAny);
    default:
      throw new ProtocolError(
        `Cannot read a value at byte ${s.from.at - 1}: no type has tag ${kind}`,
      );
  }
}

function readPlain(s: Decoding, shape: Shape, depth: number): object {
  if (depth >= tag.MAX_DEPTH) throw tooDeep();
  const value: Record<string, unknown> = {};
  s.references.push(value);
  const { keys } = shape;
  if (shape.reach >= 0) s.makeRoom(value, shape.reach);
  if (shape.plain) {
    for (let i = 0; i < keys.length; i++) value[keys[i]] = readAny(s, depth + 1);
  } else {
    for (let i = 0; i < keys.length; i++) defineOwn(value, keys[i], readAny(s, depth + 1));
  }
  if (shape.thenable) s.checkThen("then", value.then);
  return value;
}

function readNewShape(s: Decoding): Shape {
  const { from } = s;
  const keys: string[] = [];
  let plain = true;
  let thenable = false;
  let reach = -1;
  for (let left = from.count(2); left > 0; left--) {
    const key = readKey(from);
    // Assigning to it could run a setter or be refused, and would never make it an own property.
    if (key in PLAIN) plain = false;
    if (key === "then") thenable = true;
    const first = key.charCodeAt(0);
    if (first >= DIGIT_0 && first <= DIGIT_9) reach = Math.max(reach, arrayIndex(key));
    keys.push(key);
  }
  const shape = { keys, plain, thenable, reach };
  s.shapes.push(shape);
  return shape;
}

function readShape(s: Decoding): Shape {
  const number = s.from.varint();
  const shape = s.shapes[number];
  if (shape === undefined) throw new ProtocolError(`Cannot read an object of shape ${number}`);
  return shape;
}

function readArray(s: Decoding, depth: number): unknown[] {
  if (depth >= tag.MAX_DEPTH) throw tooDeep();
  const { from } = s;
  const length = from.count(1);
  const array = s.array(length);
  s.references.push(array);
  const { bytes, end } = from;
  for (let i = 0; i < length; i++) {
    const { at } = from;
    const kind = at < end ? bytes[at] : tag.NULL;
    if (kind < tag.SMALL_INTEGERS) {
      from.at = at + 1;
      array[i] = kind;
    } else if (kind === tag.INT16) {
      from.at = at + 1;
      array[i] = from.i16();
    } else {
      array[i] = readAny(s, depth + 1);
    }
  }
  return array;
}

function defineOwn(value: object, key: string, data: unknown): void {
  Object.defineProperty(value, key, {
    value: data,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function tooDeep(): ProtocolError {
  return new ProtocolError(
    `Cannot read a value that is nested deeper than ${tag.MAX_DEPTH} levels`,
  );
}
