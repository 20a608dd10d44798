/**
 * Layer 3, wire/functions. The one memory of which function has which reference, in both
 * directions: a function is described once, and one that comes back to the program that sent it
 * is the very same object. Imports types only.
 *
 * Holds functions weakly: knowing a function never keeps it alive.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- any callable: its parameters do not matter here

import type { FunctionReference } from "../function_hook.ts";

const references = new WeakMap<Function, FunctionReference>();
const functions = new Map<string, WeakRef<Function>>();
const forgotten = new FinalizationRegistry<string>((key) => {
  if (functions.get(key)?.deref() === undefined) functions.delete(key);
});

/**
 * A text that is the same for equal references.
 *
 * @param reference The reference.
 * @returns The key.
 */
export function referenceKey(reference: FunctionReference): string {
  if (reference.kind === "inline") return "inline\n" + reference.name + "\n" + reference.source;
  if (reference.kind === "global") return "global\n" + reference.path;
  return `export\n${reference.name}\n${reference.check}\n${reference.modules.join("\n")}`;
}

/**
 * Remembers that a function is reached by a reference, and the reference by the function.
 *
 * @param fn The function.
 * @param reference Its reference.
 */
export function remember(fn: Function, reference: FunctionReference): void {
  references.set(fn, reference);
  const key = referenceKey(reference);
  if (functions.get(key)?.deref() === fn) return;
  functions.set(key, new WeakRef(fn));
  forgotten.register(fn, key);
}

/**
 * Remembers the reference of a function, but does not give the function out for it.
 *
 * @param fn The function.
 * @param reference Its reference.
 */
export function rememberReference(fn: Function, reference: FunctionReference): void {
  references.set(fn, reference);
}

/**
 * Forgets that a function is reached by a reference.
 *
 * @param fn The function.
 * @param reference One of its references.
 */
export function forget(fn: Function, reference: FunctionReference): void {
  const key = referenceKey(reference);
  if (functions.get(key)?.deref() === fn) functions.delete(key);
  const known = references.get(fn);
  if (known !== undefined && referenceKey(known) === key) references.delete(fn);
}

/**
 * The reference of a function that was described, registered or resolved before.
 *
 * @param fn The function.
 * @returns Its reference, or `undefined`.
 */
export function knownReference(fn: Function): FunctionReference | undefined {
  return references.get(fn);
}

/**
 * The function behind a reference that this program has made or resolved before.
 *
 * @param reference The reference.
 * @returns The function, or `undefined` if it is not known or is gone.
 */
export function knownFunction(reference: FunctionReference): Function | undefined {
  return functions.get(referenceKey(reference))?.deref();
}
