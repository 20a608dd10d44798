/**
 * Layer 3, wire/functions. Functions with their first arguments filled in, in a form that can
 * travel: the codec asks `partialOf` and sends the function and the bound values. Imports
 * `known.ts`, and `spec.ts` for targets given by module and name.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- the codec's side handles any callable

import { knownReference } from "./known.ts";
import { type FunctionSpec, toFunction } from "./spec.ts";

/** What a partial function is made of. */
export type PartialParts = { fn: Function; bound: readonly unknown[] };

const parts = new WeakMap<Function, PartialParts>();

/**
 * Fills in the first arguments of a function. The result can be called here, and it can travel
 * wherever a function can: the function by reference, the bound values as copies. A partial of a
 * partial is one partial with all the values.
 *
 * @typeParam B The arguments that are bound now.
 * @typeParam A The arguments that are left.
 * @typeParam R What the function returns.
 * @param fn The function, which must itself be one that can travel.
 * @param bound Its first arguments.
 * @returns A function of the arguments that are left.
 * @throws {TypeError} If `fn` is not a function.
 *
 * @example
 * ```ts
 * import { partial } from "@manycore/multiprocessing";
 *
 * const add = (a: number, b: number): number => a + b;
 * console.log(partial(add, 1)(2)); // 3
 * ```
 */
export function partial<B extends unknown[], A extends unknown[], R>(
  fn: (...args: [...B, ...A]) => R,
  ...bound: B
): (...args: A) => R;
/**
 * The same for a function that is given by its module and name.
 *
 * @param fn The module and the name.
 * @param bound The first arguments.
 * @returns A function that can travel, but not be called here.
 */
export function partial(fn: FunctionSpec, ...bound: unknown[]): (...args: unknown[]) => unknown;
export function partial(
  fn: ((...args: never[]) => unknown) | FunctionSpec,
  ...bound: unknown[]
): Function {
  return makePartial(toFunction(fn, "partial()"), bound);
}

/**
 * What a partial function is made of.
 *
 * @param fn Any function.
 * @returns Its function and bound values; `undefined` if it is no partial, or one that was registered
 * and so is found by its name.
 */
export function partialOf(fn: Function): PartialParts | undefined {
  return knownReference(fn) === undefined ? parts.get(fn) : undefined;
}

/**
 * Puts a partial function together, here or after it has travelled.
 *
 * @param fn The function, perhaps a partial itself.
 * @param bound The values to bind.
 * @returns The partial function.
 */
export function makePartial(fn: Function, bound: readonly unknown[]): Function {
  const inner = partialOf(fn);
  const target = inner === undefined ? fn : inner.fn;
  const values = inner === undefined ? [...bound] : [...inner.bound, ...bound];
  const made = (...args: unknown[]): unknown => target(...values, ...args);
  Object.defineProperty(made, "name", { value: `partial(${target.name})`, configurable: true });
  const left = Math.max(0, target.length - values.length);
  Object.defineProperty(made, "length", { value: left, configurable: true });
  parts.set(made, { fn: target, bound: values });
  return made;
}
