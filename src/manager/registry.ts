/**
 * Layer 12, manager. What was registered with the classes of managers: names, and what makes an
 * object of each. Owns that table, and the rule for names.
 *
 * @module
 */

import { show } from "../show.ts";
import { isCallable } from "./server_kinds.ts";

/** What makes an object: a class, or a function that returns one. */
// deno-lint-ignore no-explicit-any -- any arguments
export type Source = (new (...args: any[]) => object) | ((...args: any[]) => unknown);

/** How a class is registered. */
export interface RegisterOptions {
  /**
   * The methods that can be called. Default: all of its own and its parents', but none that begins
   * with `_`.
   */
  exposed?: readonly string[];
}

/** A registered name. */
export interface Registered {
  readonly name: string;
  /** `null` where only the server knows what it makes. */
  readonly source: Source | null;
  readonly exposed: readonly string[] | null;
}

const registries = new WeakMap<object, Map<string, Registered>>();

/** Checks what is to be registered, and takes note of it for a class of managers. */
export function addRegistered(
  Class: { readonly prototype: object },
  name: unknown,
  source: unknown,
  options: unknown,
): Registered {
  if (typeof name !== "string" || !/^[\p{ID_Start}$][\p{ID_Continue}$]*$/u.test(name)) {
    throw new TypeError(
      `Cannot register ${
        show(name)
      }: give the name of a method that does not begin with _, such as ` +
        '"Counter"',
    );
  }
  const known = registries.get(Class)?.has(name) ?? false;
  if (!known && (name in Class.prototype || !isCallable(name))) {
    throw new TypeError(`Cannot register "${name}": a manager has something of that name already`);
  }
  if (source !== undefined && typeof source !== "function") {
    throw new TypeError(
      `Cannot register ${
        show(source)
      } as "${name}": give a class, or a function that makes an object`,
    );
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot register "${name}" with options ${show(options)}: give { exposed: ["add"] }`,
    );
  }
  for (const other in options) {
    if (other === "exposed") continue;
    throw new TypeError(
      `Cannot register "${name}" with an option ${JSON.stringify(other)}: there is exposed`,
    );
  }
  const made = source as Source | undefined;
  const { exposed: wanted } = options as RegisterOptions;
  const exposed = made === undefined ? null : checkExposed(name, made, wanted);
  let registry = registries.get(Class);
  if (registry === undefined) registries.set(Class, registry = new Map());
  const entry = { name, source: made ?? null, exposed };
  registry.set(name, entry);
  return entry;
}

/** What a class of managers and those that it extends have registered. */
export function registeredWith(Class: object): Map<string, Registered> {
  const found = new Map<string, Registered>();
  for (let one: object | null = Class; one !== null; one = Object.getPrototypeOf(one)) {
    for (const [name, entry] of registries.get(one) ?? []) {
      if (!found.has(name)) found.set(name, entry);
    }
  }
  return found;
}

/** Whether it is called with `new`. */
export function isClass(source: Source): source is new (...args: unknown[]) => object {
  return Object.getOwnPropertyDescriptor(source, "prototype")?.writable === false;
}

function checkExposed(name: string, source: Source, exposed: unknown): readonly string[] | null {
  if (exposed === undefined) return null;
  if (!Array.isArray(exposed) || !exposed.every((method) => typeof method === "string")) {
    throw new TypeError(
      `Cannot expose ${show(exposed)} of "${name}": give the names of methods, such as ["add"]`,
    );
  }
  for (const method of exposed) {
    if (!isCallable(method) || method in Object.prototype && !hasOwnMethod(source, method)) {
      throw new TypeError(
        `Cannot expose ${
          show(method)
        } of "${name}": what begins with _, then, constructor and what ` +
          "every object has stay private",
      );
    }
    if (isClass(source) && !hasOwnMethod(source, method)) {
      throw new TypeError(
        `Cannot expose ${show(method)} of "${name}": the class ${source.name} has no such method`,
      );
    }
  }
  return [...exposed];
}

/** Whether a class, or one that it extends, defines a method itself. */
function hasOwnMethod(source: Source, method: string): boolean {
  if (!isClass(source)) return false;
  for (
    let proto: object | null = source.prototype;
    proto !== null && proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto)
  ) {
    const value = Object.getOwnPropertyDescriptor(proto, method)?.value as unknown;
    if (typeof value === "function") return true;
  }
  return false;
}
