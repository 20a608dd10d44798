/**
 * Layer 3, wire/functions. Finds the function of a reference: the child's side. Imports most of
 * this folder.
 *
 * Owns the check that the function found here has the text that was meant there.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- any callable may be found

import { FunctionReferenceError } from "../../errors.ts";
import { importHint } from "../../runtime/deno_permissions.ts";
import { isInternalModule } from "../classes.ts";
import type { Mentions } from "../envelope.ts";
import type { ExportReference, FunctionReference } from "../function_hook.ts";
import { registerCall } from "./advice.ts";
import { compileInline } from "./inline.ts";
import { knownFunction, remember } from "./known.ts";
import {
  functionsNamed,
  isLoaded,
  isLoading,
  loadedFunctions,
  loadFailure,
  loadForSearch,
  loadModules,
  namesIn,
} from "./loaded.ts";
import { checksum, nameOf } from "./match.ts";
import { globalFunction } from "./native.ts";
import { whyNotCompile, whyNotGlobal } from "./trust.ts";

/**
 * The modules that must be loaded before a reference can be resolved.
 *
 * @param reference The reference.
 * @returns Their addresses; none if the function is known here.
 */
export function missingModules(reference: FunctionReference): string[] {
  if (reference.kind !== "export" || knownFunction(reference) !== undefined) return [];
  if (!reference.search && matches(reference).size > 0) return [];
  return reference.modules.filter((url) => !isLoaded(url));
}

/**
 * The modules that must be loaded before the values of a message can be read.
 *
 * @param mentions What the message mentions; `null` for nothing.
 * @returns Their addresses: none of the library's own, and none of which all functions are known.
 */
export function missingFrom(mentions: Mentions | null): string[] {
  if (mentions === null) return [];
  const missing = new Set<string>();
  const settled = new Set<string>();
  for (const reference of mentions.references) {
    for (const url of reference.modules) settled.add(url);
    for (const url of missingModules(reference)) missing.add(url);
  }
  for (const url of mentions.modules) {
    if (!settled.has(url) && !isInternalModule(url) && !isLoaded(url)) missing.add(url);
  }
  return [...missing];
}

/**
 * Loads what a reference needs, so that {@linkcode resolve} finds it.
 *
 * @param reference The reference.
 * @returns A promise that rejects with the error of a module that cannot be imported.
 */
export async function loadReference(reference: FunctionReference): Promise<void> {
  if (reference.kind !== "export" || knownFunction(reference) !== undefined) return;
  if (reference.search) {
    await loadForSearch(reference.modules);
  } else {
    await loadModules(missingModules(reference), `the function "${reference.name}"`);
  }
}

/**
 * The function of a reference. Its modules must be loaded, unless this program has made the
 * reference itself: then the answer is the very same function.
 *
 * @param reference The reference.
 * @returns The function.
 * @throws {FunctionReferenceError} If it is not there, or is another one than was meant; a module that
 * could not be imported throws its own error again.
 */
export function resolve(reference: FunctionReference): Function {
  const known = knownFunction(reference);
  if (known !== undefined) return known;
  if (reference.kind === "inline") {
    const refusal = whyNotCompile(reference.name);
    if (refusal !== null) throw new FunctionReferenceError(refusal);
    return compileInline(reference.source, reference.name);
  }
  if (reference.kind === "global") {
    const refusal = whyNotGlobal(reference.path);
    if (refusal !== null) throw new FunctionReferenceError(refusal);
  }
  const found = reference.kind === "global"
    ? globalFunction(reference.path)
    : exportedFunction(reference);
  remember(found, reference);
  return found;
}

function exportedFunction(reference: ExportReference): Function {
  const found = reference.search ? searched(reference) : matches(reference);
  if (found.size === 1) return found.keys().next().value!;
  if (found.size > 1) {
    throw new FunctionReferenceError(
      `Cannot tell which function "${reference.name}" is meant: ` +
        `${[...found.values()].join(" and ")} have one with the same text. Call ` +
        `${
          registerCall(reference.name, found.values().next().value!)
        } in the module that it belongs to`,
    );
  }
  if (!reference.search) {
    for (const url of reference.modules) {
      const failure = loadFailure(url, `the function "${reference.name}"`);
      if (failure !== null) throw failure.error;
    }
  }
  throw missing(reference);
}

function isMeant(fn: Function, reference: ExportReference): boolean {
  return reference.check === 0 ||
    checksum(Function.prototype.toString.call(fn)) === reference.check;
}

/** The functions of that name and text, each with its module. */
function matches(reference: ExportReference): Map<Function, string> {
  const found = new Map<Function, string>();
  for (const url of reference.modules) {
    // The first of one module: a registered function comes before an export.
    const fn = functionsNamed(url, reference.name).find((one) => isMeant(one, reference));
    if (fn !== undefined && !found.has(fn)) found.set(fn, url);
  }
  return found;
}

function searched(reference: ExportReference): Map<Function, string> {
  const found = new Map<Function, string>();
  for (const { fn, module } of loadedFunctions()) {
    if (nameOf(fn) !== reference.name || found.has(fn) || !isMeant(fn, reference)) continue;
    found.set(fn, module);
  }
  return found;
}

function missing(reference: ExportReference): FunctionReferenceError {
  const { name, modules } = reference;
  const places = modules.join(", ");
  const call = registerCall(name, modules[0] ?? null);
  const unloaded = modules.filter((url) => !isLoaded(url));
  if (unloaded.length > 0 && !reference.search) {
    return new FunctionReferenceError(
      `Cannot find the function "${name}": ${unloaded.join(", ")} ` +
        (unloaded.some(isLoading)
          ? "is still running at its top level, which may be waiting for this very function. " +
            `Call ${call} before that, or put the function into a module that does not wait`
          : "is not loaded in this process; wait for loadReference() first"),
    );
  }
  if (reference.search) {
    return new FunctionReferenceError(
      `Cannot find the function "${name}" in ${places} or what they import` +
        (unloaded.length > 0
          ? ` (${unloaded.join(", ")} cannot be imported here${importHint(unloaded[0])})`
          : "") +
        `. Export it from its module, call ${call} there, or pass ` +
        `{ module, name }`,
    );
  }
  if (modules.some((url) => functionsNamed(url, name).length > 0)) {
    return new FunctionReferenceError(
      `The function "${name}" of ${places} is another one than was sent: its text differs in this ` +
        `process. If the file was changed, restart the program. Tools that rewrite modules, such ` +
        `as the test runner vitest, do this too: call ${call} in the module that it belongs to`,
    );
  }
  const names = [...new Set(modules.flatMap(namesIn))];
  return new FunctionReferenceError(
    `Cannot find the function "${name}" in ${places}, which ` +
      (names.length > 0 ? `exports ${names.join(", ")}` : "exports nothing") +
      `. Export it there, or call ${call} at the top level` +
      (call.includes(`: ${name} }`) ? `, and give the name under which it is registered` : ""),
  );
}
