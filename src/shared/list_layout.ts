/**
 * Layer 8, shared. The bytes of a `ShareableList`. Owns the format; touches no memory but the view
 * that it is given. All numbers are little-endian.
 *
 * ```text
 * 0      MAGIC u32, COUNT u32
 * 8+16i  item i: KIND u32, LENGTH u32, CAPACITY u32, PLACE u32 in units of 8 bytes
 *        then the items' bytes, each at its PLACE
 * ```
 *
 * CAPACITY and PLACE never change. LENGTH is explicit, so zeros at the end of text and bytes stay.
 *
 * @module
 */

import { ProcessError, ProtocolError } from "../errors.ts";
import { show } from "../show.ts";

/** What can stand in a list. */
export type ListItem = number | bigint | boolean | string | Uint8Array | null;

const MAGIC = 0x314c_504d;
const HEAD = 8;
const ROW = { KIND: 0, LENGTH: 4, CAPACITY: 8, PLACE: 12, BYTES: 16 } as const;
const KIND = { NULL: 0, FALSE: 1, TRUE: 2, NUMBER: 3, BIGINT: 4, TEXT: 5, BYTES: 6 } as const;
const UNIT = 8;

/** How a list of items will lie in memory. */
export interface Plan {
  /** Bytes of all. */
  readonly size: number;
  readonly capacities: readonly number[];
}

/** Finds out how much memory items need; refuses what cannot stand in a list. */
export function plan(items: readonly unknown[]): Plan {
  const capacities = items.map((item, i) => {
    const content = contentOf(checkItem(item, i));
    return Math.max(1, Math.ceil((content?.length ?? 0) / UNIT)) * UNIT;
  });
  const size = capacities.reduce((sum, bytes) => sum + bytes, HEAD + ROW.BYTES * items.length);
  return { size, capacities };
}

/** Writes a new list. */
export function format(view: DataView, items: readonly ListItem[], { capacities }: Plan): void {
  view.setUint32(4, items.length, true);
  let place = HEAD + ROW.BYTES * items.length;
  items.forEach((item, i) => {
    const row = HEAD + ROW.BYTES * i;
    view.setUint32(row + ROW.CAPACITY, capacities[i], true);
    view.setUint32(row + ROW.PLACE, place / UNIT, true);
    writeItem(view, i, item);
    place += capacities[i];
  });
  view.setUint32(0, MAGIC, true);
}

/** How many items there are; refuses memory that is no list. */
export function countIn(view: DataView, name: string): number {
  const isList = view.byteLength >= HEAD && view.getUint32(0, true) === MAGIC;
  const count = isList ? view.getUint32(4, true) : 0;
  if (isList && HEAD + ROW.BYTES * count <= view.byteLength) return count;
  throw new ProcessError(
    `Cannot attach to the list ${JSON.stringify(name)}: the shared memory of this name is no ` +
      "ShareableList; attach with SharedMemory, or give the name of a list: list.shm.name",
  );
}

/** Reads an item. */
export function readItem(view: DataView, index: number): ListItem {
  const row = HEAD + ROW.BYTES * index;
  const kind = view.getUint32(row + ROW.KIND, true);
  const place = UNIT * view.getUint32(row + ROW.PLACE, true);
  switch (kind) {
    case KIND.NULL:
      return null;
    case KIND.FALSE:
      return false;
    case KIND.TRUE:
      return true;
    case KIND.NUMBER:
      return view.getFloat64(place, true);
    case KIND.BIGINT:
      return view.getBigInt64(place, true);
    case KIND.TEXT:
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesAt(view, row, place));
    case KIND.BYTES:
      return bytesAt(view, row, place);
    default:
      throw new ProtocolError(`Item ${index} of a shared list has the unknown kind ${kind}`);
  }
}

/** Writes an item, which was checked. */
export function writeItem(view: DataView, index: number, item: ListItem): void {
  const row = HEAD + ROW.BYTES * index;
  const place = UNIT * view.getUint32(row + ROW.PLACE, true);
  const content = contentOf(item);
  if (content !== null) {
    const capacity = view.getUint32(row + ROW.CAPACITY, true);
    if (content.length > capacity) {
      throw new RangeError(
        `Cannot set item ${index} to ${
          typeof item === "string" ? "text" : "a Uint8Array"
        } of ${content.length} bytes: it has room for ` +
          `${capacity}, from the time when the list was made; make the list with a longer item there`,
      );
    }
    new Uint8Array(view.buffer, view.byteOffset + place, capacity).set(content);
    view.setUint32(row + ROW.LENGTH, content.length, true);
  } else if (typeof item === "number") {
    view.setFloat64(place, item, true);
  } else if (typeof item === "bigint") {
    view.setBigInt64(place, item, true);
  }
  view.setUint32(row + ROW.KIND, kindOf(item), true);
}

/** Refuses what cannot stand in a list. */
export function checkItem(item: unknown, index: number): ListItem {
  if (typeof item === "bigint" && BigInt.asIntN(64, item) !== item) {
    throw new RangeError(
      `Cannot set item ${index} to ${show(item)}: a bigint in a list has 64 bits; give one from ` +
        "-(2n ** 63n) to 2n ** 63n - 1n, or text",
    );
  }
  if (typeof item === "string" && /\p{Surrogate}/u.test(item)) {
    throw new RangeError(
      `Cannot set item ${index} to ${show(item)}: it has half of a surrogate pair, which UTF-8 ` +
        "cannot hold; give whole characters",
    );
  }
  if (
    item === null || item instanceof Uint8Array ||
    ["number", "bigint", "boolean", "string"].includes(typeof item)
  ) {
    return item as ListItem;
  }
  throw new TypeError(
    `Cannot set item ${index} to ${
      show(item)
    }: a list holds numbers, bigints, booleans, strings, ` +
      "Uint8Arrays and null",
  );
}

function contentOf(item: ListItem): Uint8Array | null {
  if (typeof item === "string") return new TextEncoder().encode(item);
  return item instanceof Uint8Array ? item : null;
}

function kindOf(item: ListItem): number {
  if (item === null) return KIND.NULL;
  if (typeof item === "boolean") return item ? KIND.TRUE : KIND.FALSE;
  if (typeof item === "number") return KIND.NUMBER;
  if (typeof item === "bigint") return KIND.BIGINT;
  return typeof item === "string" ? KIND.TEXT : KIND.BYTES;
}

/** A copy of an item's bytes, which no other process changes any more. */
function bytesAt(view: DataView, row: number, place: number): Uint8Array<ArrayBuffer> {
  const capacity = view.getUint32(row + ROW.CAPACITY, true);
  const length = Math.min(view.getUint32(row + ROW.LENGTH, true), capacity);
  return new Uint8Array(new Uint8Array(view.buffer, view.byteOffset + place, length));
}
