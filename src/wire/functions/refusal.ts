/**
 * Layer 3, wire/functions. The words in which a function is refused. Imports `errors.ts`,
 * `match.ts`, `native.ts` and `tokens.ts`.
 *
 * Every message names the function, says why another process could not find it, where it was
 * looked for, and what to do.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- any callable may be refused

import { FunctionReferenceError } from "../../errors.ts";
import { type ModuleText, nameOf } from "./match.ts";
import { isNative } from "./native.ts";
import { tokenize } from "./tokens.ts";

/** As many modules are named in a message. */
const NAMED_MODULES = 8;

/**
 * Refuses what can never travel by name, from its form alone.
 *
 * @param fn The function.
 * @param text Its text.
 * @param path Where it was given.
 * @returns The error, or `null` if the form is in order.
 */
export function refusedForm(
  fn: Function,
  text: string,
  path: string,
): FunctionReferenceError | null {
  if (isNative(text)) {
    if (nameOf(fn).startsWith("bound ")) {
      return refused(
        fn,
        path,
        "it is a bound function, and what it is bound to exists only here",
        "Pass the function itself with its arguments, as partial(fn, …) or in an exported function",
      );
    }
    return refused(
      fn,
      path,
      "it is a native function that has no name of its own in globalThis",
      "Call it from an exported function, and send that one",
    );
  }
  if (!isMethod(text)) return null;
  return refused(
    fn,
    path,
    "it is a method, which needs its object",
    "Send an exported function that takes the object as an argument and calls the method",
  );
}

/** The module that a function stands in: at the top level, or inside of another function. */
export type Holder = { readonly url: string; readonly top: boolean };

/**
 * Refuses a function that no module exports.
 *
 * @param fn The function.
 * @param path Where it was given.
 * @param holder The module that contains it without exporting it, if one does.
 * @param modules All modules that were looked at.
 * @param roots The modules where the search began.
 * @returns The error.
 */
export function notFound(
  fn: Function,
  path: string,
  holder: Holder | null,
  modules: readonly ModuleText[],
  roots: readonly string[],
): FunctionReferenceError {
  const name = nameOf(fn);
  if (name === "") {
    return refused(
      fn,
      path,
      "it has no name, so no other process can find it" + lookedIn(modules, roots),
      "Give it a name and export it, call register(import.meta, { name: fn }) in its module, or " +
        "send it as inline(fn) if it uses nothing from around it",
    );
  }
  let reason = "no module exports it";
  if (holder !== null) {
    reason = holder.top
      ? `it is declared in ${holder.url} but not exported`
      : `it is declared inside another function in ${holder.url}, a closure that exists only here`;
  }
  return refused(
    fn,
    path,
    reason + lookedIn(modules, roots),
    `Either export it from its module, or call register(import.meta, { ${name} }) there; if it ` +
      `uses nothing from around it, send inline(${name}), with partial() for the values it needs`,
  );
}

/**
 * Refuses a function that several modules export with the same text.
 *
 * @param fn The function.
 * @param path Where it was given.
 * @param modules The modules.
 * @returns The error.
 */
export function ambiguous(
  fn: Function,
  path: string,
  modules: readonly string[],
): FunctionReferenceError {
  return refused(
    fn,
    path,
    `${modules.join(" and ")} export it with the same text, so it is not clear which is meant`,
    `Call register(import.meta, { ${
      nameOf(fn) || "name: fn"
    } }) in the module that it belongs to, ` +
      `or pass { module, name }`,
  );
}

function refused(fn: Function, path: string, reason: string, remedy: string) {
  const name = nameOf(fn);
  const what = name === "" ? "an anonymous function" : `the function "${name}"`;
  const where = path === "" ? "" : ` (${path})`;
  return new FunctionReferenceError(
    `Cannot send ${what}${where} to another process: ${reason}. ${remedy}`,
  );
}

function lookedIn(modules: readonly ModuleText[], roots: readonly string[]): string {
  if (roots.length === 0) return " (there is no module to look in: none is calling, none is main)";
  const urls = modules.map(({ url }) => url);
  const more = urls.length - NAMED_MODULES;
  const list = urls.slice(0, NAMED_MODULES).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return `. Looked in ${list || roots.join(", ")}`;
}

/** Whether a text is a method's: neither a `function`, nor a `class`, nor an arrow. */
function isMethod(text: string): boolean {
  const tokens = tokenize(text);
  let at = 0;
  if (tokens[at]?.text === "async" && tokens[at + 1]?.text !== "=>") at++;
  const first = tokens[at];
  if (first === undefined || first.text === "function" || first.text === "class") return false;
  if (first.text === "@") return false;
  if (first.text !== "(") return tokens[at + 1]?.text !== "=>";
  let close = at + 1;
  while (close < tokens.length && tokens[close].depth > first.depth) close++;
  return tokens[close + 1]?.text !== "=>";
}
