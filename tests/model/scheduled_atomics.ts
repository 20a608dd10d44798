/**
 * Stands in for `src/memory/atomics.ts`: the same operations, each of them a point at which the
 * scheduler may let another agent go on. An import map in `deno.json` puts it in that place.
 *
 * @module
 */

import { OP, step } from "./replay.ts";
import type { Op } from "./replay.ts";

/** Words that several agents read and write: here the scheduler has them. */
export type Words = Int32Array<ArrayBufferLike>;

/** What an operation gives that is left out; nothing for one that is not. */
export type Omission = (op: Op, at: number, value: number) => number | undefined;

let omitted: Omission = () => undefined;

/** Seeds a fault: code that is run without some of its operations. */
export function without<T>(omission: Omission, body: () => T): T {
  omitted = omission;
  try {
    return body();
  } finally {
    omitted = () => undefined;
  }
}

export function load(_: Words, at: number): number {
  return omitted(OP.LOAD, at, 0) ?? step(OP.LOAD, at);
}

export function store(_: Words, at: number, value: number): void {
  if (omitted(OP.STORE, at, value) === undefined) step(OP.STORE, at, value);
}

export function add(_: Words, at: number, value: number): number {
  return omitted(OP.ADD, at, value) ?? step(OP.ADD, at, value);
}

export function and(_: Words, at: number, mask: number): number {
  return step(OP.AND, at, mask);
}

export function or(_: Words, at: number, mask: number): number {
  return step(OP.OR, at, mask);
}

export function exchange(_: Words, at: number, value: number): number {
  return step(OP.EXCHANGE, at, value);
}

export function cas(_: Words, at: number, expected: number, value: number): boolean {
  return (omitted(OP.CAS, at, value) ?? step(OP.CAS, at, expected, value)) !== 0;
}

export function sleepOn(_words: Words, _at: number, _expected: number, _ms: number): void {
  throw new Error("the model sleeps in its own agents");
}

export function awaitOn(_words: Words, _at: number, _expected: number): never {
  throw new Error("the model has no event loop");
}

export function notify(_words: Words, _at: number): void {
  throw new Error("the model rings in its own agents");
}

export function pause(): void {}
