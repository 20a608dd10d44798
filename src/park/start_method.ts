/**
 * Layer 4, park. The start methods, and the default one: which kind of children an object that is
 * made without a context is for. Owns that choice.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";

/** How a child is started: a process of its own, or a thread of this one. */
export type StartMethod = "spawn" | "thread";

/** All start methods, the default first. */
export const START_METHODS: readonly StartMethod[] = ["spawn", "thread"];

let method: StartMethod | null = null;

/** Fixes the default in a child: its parent's. */
export function fixStartMethod(startMethod: StartMethod): void {
  method = startMethod;
}

/** The start method of a class: that of its context, or the default. */
export function methodOf(
  { startMethod }: { readonly startMethod: StartMethod | null },
): StartMethod {
  return startMethod ?? getStartMethod();
}

/** Refuses a start method that does not exist. */
export function checkMethod(value: unknown): StartMethod {
  if (START_METHODS.includes(value as StartMethod)) return value as StartMethod;
  throw new RangeError(
    `Cannot use the start method ${JSON.stringify(value)}: use "spawn" or "thread"`,
  );
}

/**
 * Returns the default start method and fixes it, as any use of the top-level constructors does.
 *
 * @example
 * ```ts
 * import { getStartMethod } from "@manycore/multiprocessing";
 *
 * console.log(getStartMethod()); // spawn
 * ```
 */
export function getStartMethod(): StartMethod {
  return method ??= "spawn";
}

/**
 * Returns the start methods of this platform, the default first.
 *
 * @example
 * ```ts
 * import { getAllStartMethods } from "@manycore/multiprocessing";
 *
 * console.log(getAllStartMethods()); // [ "spawn", "thread" ]
 * ```
 */
export function getAllStartMethods(): StartMethod[] {
  return [...START_METHODS];
}

/**
 * Chooses the default start method. Call it once, at the start of the program.
 *
 * @param startMethod `"spawn"` or `"thread"`.
 * @param options `force: true` changes a method that is already in use. Default `false`.
 * @throws {ProcessError} If the method is already fixed.
 * @throws {RangeError} If there is no such method.
 *
 * @example
 * ```ts
 * import { setStartMethod } from "@manycore/multiprocessing";
 *
 * setStartMethod("thread", { force: true });
 * ```
 */
export function setStartMethod(startMethod: StartMethod, options: { force?: boolean } = {}): void {
  checkMethod(startMethod);
  if (method !== null && !options.force) {
    throw new ProcessError(
      `Cannot set the start method to "${startMethod}": it is already "${method}"; call ` +
        "setStartMethod once, before anything else, or pass { force: true }",
    );
  }
  method = startMethod;
}
