/**
 * Stands in for `src/memory/atomics.ts`: the same operations, each of them a point at which the
 * scheduler may let another agent go on. An import map in `deno.json` puts it in that place.
 *
 * @module
 */

import { OP, step } from "./replay.ts";

/** Words that several agents read and write: here the scheduler has them. */
export type Words = Int32Array<ArrayBufferLike>;

export function load(_: Words, at: number): number {
  return step(OP.LOAD, at);
}

export function store(_: Words, at: number, value: number): void {
  step(OP.STORE, at, value);
}

export function add(_: Words, at: number, value: number): number {
  return step(OP.ADD, at, value);
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
  return step(OP.CAS, at, expected, value) !== 0;
}

export function sleepOn(): void {
  throw new Error("the model sleeps in its own agents");
}

export function awaitOn(): never {
  throw new Error("the model has no event loop");
}

export function notify(): void {
  throw new Error("the model rings in its own agents");
}

export function pause(): void {}
