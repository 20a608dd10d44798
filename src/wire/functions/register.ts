/**
 * Layer 3, wire/functions. The table of functions that their modules registered by name. The
 * child that imports such a module runs the same `register` call, and so fills the same table.
 * Imports `host.ts` and `known.ts`.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- the table holds any callable

import type { FunctionReference } from "../function_hook.ts";
import { toUrl } from "./host.ts";
import { forget, knownReference, remember } from "./known.ts";

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
 * there is no `import.meta`, pass `module`: `register(module, { square })`.
 *
 * @param meta The module's own `import.meta`; CommonJS's `module`; or `{ url }`, its address.
 * @param functions The functions, each under the name it is to be found by.
 * @throws {TypeError} If `meta` has neither a `url` nor the absolute path of a file as `filename`, or
 * a value is not a function.
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
  meta: { readonly url: string } | { readonly filename: string },
  functions: Readonly<Record<string, AnyFunction>>,
): void {
  const url = addressOf(meta);
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
  let names = table.get(url);
  if (names === undefined) table.set(url, names = new Map());
  for (const [name, fn] of entries) {
    const before = names.get(name);
    names.set(name, fn);
    if (before !== undefined && before !== fn) replace(before, url, name, names);
    remember(fn, referenceOf(url, name));
  }
}

/** A name stands for another function: the one before may have a second name, and is found by it. */
function replace(fn: Function, url: string, name: string, names: Map<string, Function>): void {
  forget(fn, referenceOf(url, name));
  if (knownReference(fn) !== undefined) return;
  for (const [alias, other] of names) {
    if (other === fn) return remember(fn, referenceOf(url, alias));
  }
}

function referenceOf(url: string, name: string): FunctionReference {
  return { kind: "export", modules: [url], name, check: 0, search: false };
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

function addressOf(meta: { readonly url?: unknown; readonly filename?: unknown }): string {
  const { url, filename } = meta ?? {};
  if (typeof url === "string") {
    if (URL.canParse(url)) return url;
    throw new TypeError(`register() needs import.meta.url to be an address, received ${url}`);
  }
  const file = typeof filename === "string" ? toUrl(filename) : null;
  if (file !== null) return file;
  throw new TypeError(
    "register(import.meta, { … }) needs the module's import.meta first (in CommonJS: module), " +
      `received ${show(meta)}`,
  );
}

function show(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object without the url or filename of a module";
  return typeof value === "string" ? JSON.stringify(value) : `a ${typeof value}`;
}
