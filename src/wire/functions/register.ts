/**
 * Layer 3, wire/functions. The table of functions that their modules registered by name. The
 * child that imports such a module runs the same `register` call, and so fills the same table.
 * Imports `known.ts`.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- the table holds any callable

import { forget, remember } from "./known.ts";

/** Any function or class, whatever its parameters. */
export type AnyFunction =
  | ((...args: never[]) => unknown)
  | (abstract new (...args: never[]) => unknown);

const table = new Map<string, Map<string, Function>>();

/**
 * Makes functions of this module known by name, so that other processes find them without any
 * search. They need not be exported: closures made at import time, bound functions and methods
 * may be registered too. A child process imports the module, which runs the same call there.
 *
 * Call it at the top level of the module. Registering a name again replaces the function, as when
 * a module is reloaded; the replaced function is no longer known by that name. In CommonJS, where
 * there is no `import.meta`, pass `{ url: pathToFileURL(__filename).href }`.
 *
 * @param meta The module's own `import.meta`.
 * @param functions The functions, each under the name it is to be found by.
 * @throws {TypeError} If `meta` has no `url`, or a value is not a function.
 *
 * @example
 * ```ts
 * import { register } from "@manycore/multiprocessing";
 *
 * const square = (x: number): number => x * x;
 * register(import.meta, { square });
 * ```
 */
export function register(
  meta: { readonly url: string },
  functions: Readonly<Record<string, AnyFunction>>,
): void {
  if (typeof meta !== "object" || meta === null || typeof meta.url !== "string") {
    throw new TypeError(
      `register(import.meta, { … }) needs the module's import.meta first, received ${show(meta)}`,
    );
  }
  if (!URL.canParse(meta.url)) {
    throw new TypeError(`register() needs import.meta.url to be an address, received ${meta.url}`);
  }
  if (typeof functions !== "object" || functions === null || Array.isArray(functions)) {
    throw new TypeError(
      `register(import.meta, { … }) needs an object of functions, received ${show(functions)}`,
    );
  }
  const entries = Object.entries(functions);
  for (const [name, fn] of entries) {
    if (typeof fn === "function") continue;
    throw new TypeError(`Cannot register "${name}": it is not a function but ${show(fn)}`);
  }
  let names = table.get(meta.url);
  if (names === undefined) table.set(meta.url, names = new Map());
  for (const [name, fn] of entries) {
    const before = names.get(name);
    if (before !== undefined && before !== fn) forget(before);
    names.set(name, fn);
    remember(fn, { kind: "export", modules: [meta.url], name, check: 0, search: false });
  }
}

/**
 * A registered function.
 *
 * @param module Address of its module.
 * @param name The name it was registered by.
 * @returns The function, or `undefined`.
 */
export function registeredFunction(module: string, name: string): Function | undefined {
  return table.get(module)?.get(name);
}

/**
 * The names that a module has registered.
 *
 * @param module Address of the module.
 * @returns The names, in order.
 */
export function registeredNames(module: string): string[] {
  return [...table.get(module)?.keys() ?? []];
}

function show(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object without url";
  return typeof value === "string" ? JSON.stringify(value) : `a ${typeof value}`;
}
