/**
 * Layer 3, wire/functions. The words in which a function is refused. Imports `advice.ts`,
 * `errors.ts`, `match.ts`, `native.ts` and `tokens.ts`.
 *
 * Every message names the function, says why another process could not find it, where it was
 * looked for, and what to do.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- any callable may be refused

import { FunctionReferenceError } from "../../errors.ts";
import { registerCall } from "./advice.ts";
import { Fit, fit, type ModuleText, nameOf } from "./match.ts";
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
 * @param modules The program's modules.
 * @param roots The modules where the search begins.
 * @returns The error, or `null` if the form is in order.
 */
export function refusedForm(
  fn: Function,
  text: string,
  path: string,
  modules: readonly ModuleText[],
  roots: readonly string[],
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
  const owner = staticOwner(nameOf(fn), text, modules);
  const method = `${owner?.local ?? "object"}.${nameOf(fn)}`;
  if (/\b(?:this|super)\b/.test(text)) {
    return refused(
      fn,
      path,
      "it is a method, which needs its object",
      owner === null
        ? "Send an exported function that takes the object as an argument and calls the method"
        : `Send an exported function that calls ${method}()`,
    );
  }
  const place = owner?.url ?? roots[0] ?? null;
  return refused(
    fn,
    path,
    "it is a method, which no module exports by itself",
    `Send an exported function that calls ${method}(), or call ${registerCall(method, place)} at ` +
      `the top level of ${owner?.url ?? "its module"}`,
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
  const ofPlace = holder === null && isNameOfPlace(fn, path);
  if (name === "" || ofPlace) {
    const call = registerCall("f", roots[0] ?? null);
    const declare =
      "it as an exported function, or send inline(fn) if it uses nothing from around " +
      "it, with partial() for the values it needs";
    return refused(
      fn,
      path,
      "it has no name of its own, so no other process can find it",
      ofPlace
        ? `Declare ${declare}`
        : `If a call has made it, as in \`const f = make()\`, call ${call} in its module, also if ` +
          `it is exported; else declare ${declare}`,
      { ofPlace, looked: lookedIn(modules, roots) },
    );
  }
  const call = registerCall(name, holder?.url ?? roots[0] ?? null);
  let home = "its module";
  let reason = "no module exports it";
  if (holder !== null) {
    reason = holder.top
      ? `it is declared in ${holder.url} but not exported`
      : `it is declared inside another function in ${holder.url}, a closure that exists only here`;
    // What a bundler has merged was exported once.
    if (holder.top && /\.[cm]?js(?:$|[?#])/.test(holder.url)) {
      home += " (in a bundle: from the bundle's entry)";
    }
  }
  if (holder?.top === false) {
    return refused(
      fn,
      path,
      reason,
      `Move it to the top level and export it; if it uses nothing from around it, send ` +
        `inline(${name}), with partial() for the values it needs`,
      { looked: lookedIn(modules, roots) },
    );
  }
  return refused(
    fn,
    path,
    reason,
    `Either export it from ${home}, or call ${call} there; if it uses nothing from around it, ` +
      `send inline(${name}), with partial() for the values it needs`,
    { looked: lookedIn(modules, roots) },
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
    `Call ${registerCall(nameOf(fn), modules[0])} in the module that it belongs to, ` +
      `or pass { module, name }`,
  );
}

function refused(
  fn: Function,
  path: string,
  reason: string,
  remedy: string,
  { ofPlace = false, looked = "" } = {},
) {
  const name = nameOf(fn);
  const what = name === "" ? "an anonymous function" : `the function "${name}"`;
  const where = path === "" ? "" : ` (${path})`;
  const subject = ofPlace ? `the function given as \`${path}\`` : what + where;
  return new FunctionReferenceError(
    `Cannot send ${subject} to another process: ${reason}. ${remedy}${looked}`,
  );
}

/** Whether it is only called like the property that it was given as: `{ target: () => 1 }`. */
function isNameOfPlace(fn: Function, path: string): boolean {
  const name = nameOf(fn);
  if (name === "" || name !== /[^.]*$/.exec(path)![0]) return false;
  const start = /^(?:async\s+)?(?:function\s*\*?|class)\s*([\p{ID_Continue}$]*)/u;
  return start.exec(Function.prototype.toString.call(fn))?.[1] !== name;
}

/** The class that has a static method, and its module. */
function staticOwner(
  name: string,
  text: string,
  modules: readonly ModuleText[],
): { local: string; url: string } | null {
  const escaped = name.replace(/[^\p{ID_Continue}]/gu, "\\$&");
  const method = new RegExp(`\\bstatic\\s+(?:override\\s+|async\\s+)*\\*?\\s*${escaped}\\s*[(<]`);
  for (const { url, source, outline } of modules) {
    for (const [local, places] of outline.declared) {
      const classes = places.filter(({ top, start, end }) => {
        const declaration = source.slice(start, end);
        return top && /^[^({]*\bclass\b/.test(declaration) && method.test(declaration);
      });
      if (classes.length === 0) continue;
      if (fit(text, { url, source, outline }, local, classes) >= Fit.similar) return { local, url };
    }
  }
  return null;
}

function lookedIn(modules: readonly ModuleText[], roots: readonly string[]): string {
  if (roots.length === 0) return ". There is no module to look in: none is calling, none is main";
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
