/**
 * Layer 3, wire/functions. Functions that every process has: those of the engine and the runtime
 * that are found by identity in `globalThis`, or one step below (`Math.sqrt`). Imports `errors.ts`.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- any callable may be native

import { FunctionReferenceError } from "../../errors.ts";

/** Where native functions live, besides `globalThis` itself. */
const spaces = ("Math JSON Reflect Atomics Intl Object Number String Array BigInt Symbol Date " +
  "Promise Proxy ArrayBuffer SharedArrayBuffer RegExp Map URL Response WebAssembly console " +
  "crypto performance").split(" ");

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
 * Where a function stands in `globalThis`. Only looks under the function's own name: reading more
 * of the globals would load half a runtime.
 *
 * @param fn The function.
 * @returns A path such as `Math.sqrt`, or `null`.
 */
export function globalPath(fn: Function): string | null {
  if (typeof fn.name !== "string" || fn.name === "") return null;
  if (read(globalThis, fn.name) === fn) return fn.name;
  for (const space of spaces) {
    if (read(read(globalThis, space), fn.name) === fn) return `${space}.${fn.name}`;
  }
  return null;
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
