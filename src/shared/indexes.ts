/**
 * Layer 8, shared. `object[i]` for classes that have `get(i)`, `set(i, value)` and `length`. A proxy
 * stands at the end of the prototypes: own methods and fields are found before it, at full speed.
 *
 * @module
 */

import { show } from "../show.ts";

/** What is read and written by index. */
export interface Indexed {
  readonly length: number;
  get(index: number): unknown;
  set(index: number, value: never): void;
}

const last = new Proxy(Object.prototype, {
  get(target, key, receiver) {
    const index = indexIn(key);
    return index === null ? Reflect.get(target, key, receiver) : (receiver as Indexed).get(index);
  },
  set(target, key, value, receiver) {
    const index = indexIn(key);
    if (index === null) return Reflect.set(target, key, value, receiver);
    (receiver as Indexed).set(index, value as never);
    return true;
  },
});

/** Lets the instances of a class be read and written by index. */
export function addIndexes(Class: abstract new (...args: never[]) => Indexed): void {
  Object.setPrototypeOf(Class.prototype, last);
}

/** The number that a key is the text of, also -1, 0.5 and NaN, which are out of range everywhere. */
function indexIn(key: string | symbol): number | null {
  if (typeof key === "symbol") return null;
  let index = 0;
  for (let i = 0; i < key.length; i++) {
    const digit = key.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9 || index === 0 && i > 0) return otherNumberIn(key);
    index = 10 * index + digit;
  }
  return key === "" ? null : index;
}

function otherNumberIn(key: string): number | null {
  const number = Number(key);
  return String(number) === key ? number : null;
}

/** Whether there is an item at an index. */
export function isIndex(index: unknown, length: number): boolean {
  return Number.isInteger(index) && (index as number) >= 0 && (index as number) < length;
}

/** Where a part begins and ends, as `Array.prototype.slice` has it. */
export function range(start = 0, end: number | undefined, length: number): [number, number] {
  const clamp = (index: number): number => {
    const whole = Math.trunc(index) || 0;
    return whole < 0 ? Math.max(0, length + whole) : Math.min(length, whole);
  };
  const from = clamp(start);
  return [from, Math.max(from, clamp(end ?? length))];
}

/** Says that there is no item at an index. */
export function outOfRange(action: string, index: unknown, length: number): RangeError {
  return new RangeError(
    `Cannot ${action} the item at ${show(index)}: ` +
      (length === 0 ? "there are none" : `use an index from 0 to ${length - 1}`),
  );
}
