/**
 * Layer 3, wire/functions. The modules that a child has imported for the functions it was asked to
 * run. Imports `errors.ts`, `host.ts`, `register.ts` and `trust.ts`.
 *
 * Owns the namespaces, the failures (a module fails the same way every time), and the flag that
 * says that user code is being imported, which may start no process.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- modules export any callable

import { FunctionReferenceError } from "../../errors.ts";
import { inCase } from "../../runtime/later.ts";
import { runtime } from "../../runtime/mod.ts";
import { moduleHost, runningMain } from "./host.ts";
import { registeredFunction, registeredNames } from "./register.ts";
import { whyNotImport } from "./trust.ts";

type Namespace = Record<string, unknown>;
type Loaded =
  | { readonly state: "loading"; readonly done: Promise<void> }
  | { readonly state: "ready"; readonly namespace: Namespace }
  | { readonly state: "failed"; readonly error: unknown };

const modules = new Map<string, Loaded>();
/** An import that takes longer is worth a word. */
const SLOW_MS = 5000;
let importing = 0;
/** What was refused to a module that is being imported; and that, if nobody has caught it. */
let refused: Error | null = null;
let uncaught: Error | null = null;
let watched: ReadonlySet<string> | null = null;

/**
 * Imports modules, each once. For remote ones, what they import is noted too: functions of theirs
 * are only known by name and text, and may stand in any of them.
 *
 * @param urls Their addresses.
 * @param purpose What they are needed for, such as `the function "work"`: a note for an error that
 * the module itself throws.
 * @returns A promise that rejects with the original error of the first module that fails.
 */
export async function loadModules(urls: Iterable<string>, purpose?: string): Promise<void> {
  const wanted = [...urls].filter((url) => !isLoaded(url));
  const remote = wanted.some((url) => /^(?:https?|npm|jsr|data|blob):/.test(url));
  if (remote) watched ??= moduleHost().watchImports?.() ?? new Set();
  for (const url of wanted) {
    await load(url);
    const failure = loadFailure(url, purpose);
    if (failure !== null) throw failure.error;
  }
  if (remote) await loadWatched();
}

/**
 * Imports modules, and takes in all that they import: a function may stand in any of them. A module
 * that fails is skipped.
 *
 * @param urls Addresses of the modules.
 */
export async function loadForSearch(urls: Iterable<string>): Promise<void> {
  watched ??= moduleHost().watchImports?.() ?? new Set();
  for (const url of urls) await load(url);
  await loadWatched();
}

/**
 * How the import of a module failed.
 *
 * @param url Address of the module.
 * @param purpose What it was needed for.
 * @returns The module's own error, with a note; `null` if it did not fail.
 */
export function loadFailure(url: string, purpose?: string): { error: unknown } | null {
  const loaded = modules.get(url);
  return loaded?.state === "failed" ? { error: noted(loaded.error, url, purpose) } : null;
}

/**
 * Whether a module of the user is being imported by {@linkcode loadModules} right now.
 *
 * @returns `true` until every import has ended, in one way or the other.
 */
export function importingModules(): boolean {
  return importing > 0;
}

/**
 * Takes note of an error that was thrown at a module that is being imported.
 *
 * @param error The error.
 * @returns The same error.
 */
export function refuseImport<E extends Error>(error: E): E {
  if (importing > 0) refused ??= error;
  return error;
}

/**
 * Takes an error that nobody has caught, if a module got it while it was being imported, as from a
 * `main()` that is not awaited: then the import fails with it.
 *
 * @param error The error.
 * @returns Whether it was one.
 */
export function failImport(error: unknown): boolean {
  if (error !== refused || refused === null) return false;
  uncaught = refused;
  return true;
}

/**
 * Whether a module is loaded.
 *
 * @param url Its address.
 * @returns `true` once its functions can be had.
 */
export function isLoaded(url: string): boolean {
  return modules.get(url)?.state === "ready";
}

/**
 * Whether a module is being imported by {@linkcode loadModules} right now.
 *
 * @param url Its address.
 * @returns `true` until its import has ended, in one way or the other.
 */
export function isLoading(url: string): boolean {
  return modules.get(url)?.state === "loading";
}

/**
 * The functions that a module has under a name: registered, exported, or a property of what a
 * CommonJS module exports.
 *
 * @param url Address of the module.
 * @param name The name.
 * @returns The functions, the likeliest first.
 */
export function functionsNamed(url: string, name: string): Function[] {
  const found: unknown[] = [registeredFunction(url, name)];
  const namespace = namespaceOf(url);
  if (namespace !== undefined) {
    found.push(property(namespace, name));
    const whole = property(namespace, "default");
    if (whole !== null && (typeof whole === "object" || typeof whole === "function")) {
      found.push(property(whole, name));
    }
  }
  return found.filter((value) => typeof value === "function");
}

/**
 * All functions that the loaded modules export.
 *
 * @returns Triples of module, name and function.
 */
export function* loadedFunctions(): Generator<{ module: string; name: string; fn: Function }> {
  for (const [module, { state }] of modules) {
    if (state !== "ready") continue;
    const namespace = namespaceOf(module)!;
    for (const name of exportsOf(namespace)) {
      const value = property(namespace, name);
      if (typeof value === "function") yield { module, name, fn: value };
      if (name !== "default" || value === null || typeof value !== "object") continue;
      for (const key of Object.keys(value)) {
        const inner = property(value, key);
        if (typeof inner === "function") yield { module, name: key, fn: inner };
      }
    }
  }
}

/**
 * Where a function is exported among the loaded modules.
 *
 * @param fn The function.
 * @returns The module and the name, or `null`.
 */
export function loadedExport(fn: Function): { module: string; name: string } | null {
  for (const one of loadedFunctions()) if (one.fn === fn) return one;
  return null;
}

/**
 * The names by which a module's functions can be had, for messages.
 *
 * @param url Address of the module.
 * @returns The registered and exported names.
 */
export function namesIn(url: string): string[] {
  return [...new Set([...registeredNames(url), ...exportsOf(namespaceOf(url) ?? {})])];
}

/** Never rejects: how it went is noted in the table. */
async function load(url: string): Promise<void> {
  const known = modules.get(url);
  if (known !== undefined) return known.state === "loading" ? await known.done : undefined;
  const refusal = whyNotImport(url);
  if (refusal !== null) {
    modules.set(url, { state: "failed", error: new FunctionReferenceError(refusal) });
    return;
  }
  importing++;
  const done = importWhole(url).then(
    (namespace) => void modules.set(url, { state: "ready", namespace }),
    (error: unknown) => void modules.set(url, { state: "failed", error }),
  ).finally(importEnded);
  modules.set(url, { state: "loading", done });
  await done;
}

/** With the last one what was refused is settled: later imports have nothing to do with it. */
function importEnded(): void {
  if (--importing === 0) refused = uncaught = null;
}

async function importWhole(url: string): Promise<Namespace> {
  // In the program itself only what messages need is imported here, and not waited for without end.
  const child = runningMain() === undefined;
  const callOff = child ? inCase(SLOW_MS, () => void sayThatItTakesLong(url)) : () => {};
  const namespace = await moduleHost().importModule(url).finally(callOff);
  if (refused === null) return namespace;
  // Whether anybody catches it is known in the next turn. In Deno a timer may still be of this one, if
  // a millisecond has passed meanwhile; one that a timer has set is not.
  for (let timer = 0; timer < 2; timer++) await new Promise((resolve) => setTimeout(resolve));
  if (uncaught !== null) throw uncaught;
  return namespace;
}

/** Otherwise a program that waits for it would hang without a word. */
async function sayThatItTakesLong(url: string): Promise<void> {
  const seconds = SLOW_MS / 1000;
  await runtime.writeError(
    `Process ${runtime.pid()} has been importing ${url} for ${seconds} seconds: what stands at the ` +
      "top level of a module runs in each child that imports it. If it waits for something that " +
      "only the program has, such as an answer from the terminal, put it behind the main guard.\n",
  );
}

/** These are loaded already, by others: this only asks for their namespaces. */
async function loadWatched(): Promise<void> {
  for (const url of watched ?? []) await load(url);
}

function namespaceOf(url: string): Namespace | undefined {
  const loaded = modules.get(url);
  return loaded?.state === "ready" ? loaded.namespace : undefined;
}

/** `Object.keys` would throw where a module that is at its top level has not set an export yet. */
function exportsOf(namespace: Namespace): string[] {
  return Reflect.ownKeys(namespace).filter((key) => typeof key === "string");
}

/** A module that is still at its top level may not have set all of its exports. */
function property(from: object, name: string): unknown {
  try {
    return Object.hasOwn(from, name) ? (from as Namespace)[name] : undefined;
  } catch {
    return undefined;
  }
}

/** The module's own error says most; why the module was imported becomes its last cause. */
function noted(error: unknown, url: string, purpose = "a function"): unknown {
  try {
    if (error instanceof Error && error.cause === undefined) {
      error.cause = new FunctionReferenceError(
        `${url} was being imported to find ${purpose}; what stands at its top level runs in each child`,
      );
    }
  } catch {
    // A frozen error goes without the note.
  }
  return error;
}
