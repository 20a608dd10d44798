/**
 * Layer 8, shared. The types of what stands in shared memory: their names, their sizes, which
 * values fit, and how one element is read and changed. May touch `memory/atomics.ts`.
 *
 * @module
 */

import { casItem, loadItem, storeItem } from "../memory/atomics.ts";
import type { Integers } from "../memory/atomics.ts";
import { show } from "../show.ts";
import type { ItemCodes, ItemTypes } from "./item_types.ts";

/** Any item. */
export type Item = number | bigint | boolean;
/** Any typed array that holds items. */
export type Items = ItemTypes[keyof ItemTypes][0];

/** What is known of a type. */
export interface TypeInfo {
  readonly name: keyof ItemTypes;
  /** Its position in the table: how it is written down. */
  readonly number: number;
  /** Bytes of an item. */
  readonly bytes: number;
  readonly kind: "integer" | "bigint" | "float" | "bool";
  /** The least and the greatest value, of integers. */
  readonly least: number | bigint;
  readonly greatest: number | bigint;
  readonly Array: new (buffer: ArrayBufferLike, offset: number, length: number) => Items;
}

type Row = readonly [
  keyof ItemTypes,
  number,
  TypeInfo["kind"],
  number | bigint,
  number | bigint,
  unknown,
];

// The order is part of what processes tell each other.
const ROWS: readonly Row[] = [
  ["int8", 1, "integer", -128, 127, Int8Array],
  ["uint8", 1, "integer", 0, 255, Uint8Array],
  ["int16", 2, "integer", -32768, 32767, Int16Array],
  ["uint16", 2, "integer", 0, 65535, Uint16Array],
  ["int32", 4, "integer", -(2 ** 31), 2 ** 31 - 1, Int32Array],
  ["uint32", 4, "integer", 0, 2 ** 32 - 1, Uint32Array],
  ["float32", 4, "float", 0, 0, Float32Array],
  ["float64", 8, "float", 0, 0, Float64Array],
  ["bigint64", 8, "bigint", -(2n ** 63n), 2n ** 63n - 1n, BigInt64Array],
  ["biguint64", 8, "bigint", 0n, 2n ** 64n - 1n, BigUint64Array],
  ["bool", 1, "bool", 0, 1, Uint8Array],
];

const TYPES: readonly TypeInfo[] = ROWS.map(([name, bytes, kind, least, greatest, Array], number) =>
  ({ name, number, bytes, kind, least, greatest, Array }) as TypeInfo
);
const CODES: Readonly<ItemCodes> = {
  b: "int8",
  B: "uint8",
  h: "int16",
  H: "uint16",
  i: "int32",
  I: "uint32",
  l: "bigint64",
  L: "biguint64",
  q: "bigint64",
  Q: "biguint64",
  f: "float32",
  d: "float64",
};
const BY_NAME: ReadonlyMap<unknown, TypeInfo> = new Map([
  ...TYPES.map((type) => [type.name, type] as const),
  ...Object.entries(CODES).map(([code, name]) =>
    [code, TYPES.find((type) => type.name === name)!] as const
  ),
]);

/** The type that a user names. */
export function typeNamed(name: unknown, action: string): TypeInfo {
  const type = BY_NAME.get(name);
  if (type !== undefined) return type;
  if (typeof name !== "string") {
    throw new TypeError(`Cannot ${action} of type ${show(name)}: name a type, such as "int32"`);
  }
  const instead = name === "c" || name === "u"
    ? 'characters are not shared one by one; use "uint8" with TextEncoder, or a ShareableList for text'
    : name === "int64" || name === "uint64"
    ? `64-bit integers are bigints; use "big${name}"`
    : `use one of ${TYPES.map((type) => type.name).join(", ")}, or one of Python's codes ` +
      Object.keys(CODES).join(" ");
  throw new RangeError(`Cannot ${action} of type ${show(name)}: ${instead}`);
}

/** The type with a number, if there is one. */
export function typeNumbered(number: number): TypeInfo | undefined {
  return TYPES[number];
}

/** Refuses a value that is not one of the type. */
export function checkItem(type: TypeInfo, value: unknown, action: string): Item {
  const wanted = type.kind === "bool" ? "boolean" : type.kind === "bigint" ? "bigint" : "number";
  const received = typeof value;
  if (received !== wanted) {
    const instead = type.kind === "bigint" && typeof value === "number"
      ? `give a bigint${
        Number.isInteger(value) ? `: ${value}n` : ""
      }; "int32" and "float64" take numbers`
      : `give a ${wanted}`;
    throw new TypeError(`Cannot ${action} to ${show(value)}: it holds ${type.name}; ${instead}`);
  }
  if (type.kind === "integer" || type.kind === "bigint") {
    const number = value as number | bigint;
    const fits = number >= type.least && number <= type.greatest;
    if (!fits || typeof number === "number" && !Number.isInteger(number)) {
      throw outOfRange(type, number, action);
    }
  }
  return value as Item;
}

/** Refuses what cannot be added to an item of the type; the sum is checked when it is known. */
export function checkAddend(type: TypeInfo, value: unknown, action: string): number | bigint {
  if (type.kind === "bool" || type.kind === "float") throw noAtomics(type, action);
  const wanted = type.kind === "bigint" ? "bigint" : "number";
  const received = typeof value;
  if (received !== wanted) {
    throw new TypeError(`Cannot ${action} ${show(value)}: it holds ${type.name}; give a ${wanted}`);
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new RangeError(`Cannot ${action} ${value}: it holds ${type.name}; give a whole number`);
  }
  return value as number | bigint;
}

/** Refuses a type whose items cannot be compared and exchanged in one step. */
export function checkExchange(type: TypeInfo, action: string): void {
  if (type.kind === "float") throw noAtomics(type, action);
}

/** Reads an item. */
export function readItem(type: TypeInfo, array: Items, index: number): Item {
  if (type.kind === "float") return array[index];
  const value = loadItem(array as Integers, index);
  return type.kind === "bool" ? value !== 0 : value;
}

/** Writes an item, which was checked. */
export function writeItem(type: TypeInfo, array: Items, index: number, value: Item): void {
  if (type.kind === "float") array[index] = value as number;
  else storeItem(array as Integers, index, stored(value));
}

/** Adds to an integer in one step, unless the sum does not fit; returns what it was. */
export function addItem(
  type: TypeInfo,
  array: Items,
  index: number,
  addend: number | bigint,
): number | bigint {
  for (;;) {
    const before = loadItem(array as Integers, index);
    const sum = (before as number) + (addend as number); // both are numbers, or both bigints
    if (sum < type.least || sum > type.greatest) {
      throw outOfRange(type, sum, `add ${show(addend)} to ${show(before)}, which comes`);
    }
    if (casItem(array as Integers, index, before, sum) === before) return before;
  }
}

/** Replaces an item in one step if it is the expected one; returns what it was. */
export function exchangeItem(
  type: TypeInfo,
  array: Items,
  index: number,
  expected: Item,
  replacement: Item,
): Item {
  const found = casItem(array as Integers, index, stored(expected), stored(replacement));
  return type.kind === "bool" ? found !== 0 : found;
}

/** How an item stands in the typed array. */
export function stored(item: Item): number | bigint {
  return typeof item === "boolean" ? Number(item) : item;
}

function outOfRange(type: TypeInfo, value: number | bigint, action: string): RangeError {
  return new RangeError(
    `Cannot ${action} to ${show(value)}: ${type.name} holds whole numbers from ` +
      `${show(type.least)} to ${show(type.greatest)}; give one of them, or use a wider type`,
  );
}

function noAtomics(type: TypeInfo, action: string): TypeError {
  return new TypeError(
    `Cannot ${action}: ${type.name} cannot be changed in one step; hold the lock while you read ` +
      "and write, or use an integer type",
  );
}
