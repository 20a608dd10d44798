/**
 * Layer 3, wire. Owns how instances of registered classes, and the library's own objects, are
 * written and read. May touch the encoding, the decoding and the table of classes.
 *
 * A class is named by its text the first time a value has one of its instances, then by number.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { internalNamed, type Registration, registrationNamed } from "./classes.ts";
import type { Decoding, ReadAny } from "./decoding.ts";
import type { Encoding, WriteAny } from "./encoding.ts";
import { passOn } from "./refusal.ts";
import { readText, writeText } from "./strings.ts";
import { INSTANCE, INTERNAL, LEVEL_OF_INSTANCE } from "./tags.ts";

/** Writes an instance, which already has its number. */
export function writeInstance(
  s: Encoding,
  value: object,
  registration: Registration,
  depth: number,
  writeAny: WriteAny,
): void {
  const { to } = s;
  const internal = registration.codec !== undefined;
  to.u8(internal ? INTERNAL : INSTANCE);
  const number = s.classes.indexOf(registration);
  to.varint(number + 1);
  if (number < 0) {
    s.classes.push(registration);
    writeText(to, registration.name);
  }
  if (internal) {
    s.modules.add(registration.module!);
    try {
      registration.codec!.encode(s.output, value);
    } catch (error) {
      throw passOn(error, { shown: "" });
    }
    return;
  }
  s.open.push(value);
  let shown = "";
  try {
    const data = registration.reduce!(value);
    shown = "(reduced)";
    writeAny(s, data, depth + LEVEL_OF_INSTANCE);
  } catch (error) {
    throw passOn(error, { shown });
  }
  s.open.pop();
}

/** Reads an instance of a registered class. */
export function readInstance(s: Decoding, depth: number, readAny: ReadAny): unknown {
  const { name, rebuild } = readClass(s, registrationNamed);
  if (rebuild === undefined) s.fail(unknownClass(name));
  const number = s.reserve();
  const data = readAny(s, depth + LEVEL_OF_INSTANCE);
  return s.references[number] = s.outside(() => rebuild!(data));
}

/** Reads an object of the library. */
export function readInternal(s: Decoding): unknown {
  const { name, codec } = readClass(s, internalNamed);
  if (codec === undefined) throw unknownClass(name);
  const number = s.reserve();
  return s.references[number] = s.internal(codec);
}

function readClass(s: Decoding, find: (name: string) => Registration | undefined): Registration {
  const number = s.from.varint();
  if (number > 0) {
    const known = s.classes[number - 1];
    if (known === undefined) throw new ProtocolError(`Cannot read class ${number}: not named yet`);
    return known;
  }
  const name = readText(s.from);
  const registration = find(name) ?? { name, Class: Object, kind: "data" }; // nobody knows it
  s.classes.push(registration);
  return registration;
}

function unknownClass(name: string): ProtocolError {
  return new ProtocolError(
    `Cannot rebuild an instance of ${name.slice(0, 100)}: this process does not know the class; ` +
      "call registerClass in a module that both sides import",
  );
}
