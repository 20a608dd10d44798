/**
 * Layer 2, wire/functions. Functions that every process has: those of the engine and the runtime
 * that are found by identity in `globalThis`, or one step below (`Math.sqrt`). Imports `errors.ts`.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- any callable may be native

import { FunctionReferenceError } from "../../errors.ts";

let paths: Map<unknown, string> | null = null;

/**
 * Whether a function's text says that the engine keeps its code to itself.
 *
 * @param text The function's own text.
 * @returns `true` for native and bound functions.
 */
export function isNative(text: string): boolean {
  return /\{\s*\[native code\]\s*\}\s*$/.test(text);
}

/**
 * Where a function stands in `globalThis`.
 *
 * @param fn The function.
 * @param byName Look only for a global of the function's own name, even behind an accessor.
 * @returns A path such as `Math.sqrt`, or `null`.
 */
export function globalPath(fn: Function, byName = false): string | null {
  if (byName) return read(globalThis, fn.name) === fn ? fn.name : null;
  paths ??= listGlobals();
  const path = paths.get(fn);
  // The table was made once: what the program has replaced since is not the engine's.
  return path !== undefined && globalAt(path) === fn ? path : null;
}

/**
 * The function at a path in `globalThis`.
 *
 * @param path Such as `Math.sqrt`.
 * @returns The function.
 * @throws {FunctionReferenceError} If there is none.
 */
export function globalFunction(path: string): Function {
  const found = globalAt(path);
  if (typeof found === "function") return found;
  throw new FunctionReferenceError(
    `Cannot find the global function "${path}" in this process: it must be one that the runtime ` +
      `itself provides; export a function of your own instead`,
  );
}

function globalAt(path: string): unknown {
  let at: unknown = globalThis;
  for (const name of path.split(".")) at = read(at, name);
  return at;
}

function read(from: unknown, name: string): unknown {
  if (from === null || typeof from !== "object" && typeof from !== "function") return undefined;
  if (!Object.hasOwn(from, name)) return undefined;
  try {
    return (from as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** Reads values only: an accessor may load half a runtime, or warn. */
function listGlobals(): Map<unknown, string> {
  const found = new Map<unknown, string>();
  const spaces: [string, object][] = [];
  for (const [name, value] of values(globalThis)) {
    if (value === globalThis) continue;
    if (typeof value === "function" && !found.has(value)) found.set(value, name);
    if (typeof value === "function" || typeof value === "object" && value !== null) {
      spaces.push([name, value]);
    }
  }
  for (const [space, object] of spaces) {
    for (const [name, value] of values(object)) {
      if (typeof value !== "function" || name === "constructor" || name.includes(".")) continue;
      if (!found.has(value)) found.set(value, `${space}.${name}`);
    }
  }
  return found;
}

function* values(object: object): Generator<[string, unknown]> {
  for (const name of Object.getOwnPropertyNames(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, name);
    if (descriptor !== undefined && "value" in descriptor) yield [name, descriptor.value];
  }
}
