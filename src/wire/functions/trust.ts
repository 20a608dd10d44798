/**
 * Layer 3, wire/functions. Which functions may arrive here. Imports `graph.ts` and `host.ts`.
 *
 * A function travels as the address of its module, and whoever receives it imports that module; an
 * inline one travels as text, which is evaluated. A child that has fewer permissions than this
 * program must not use that to have its code run here. So once there is such a child, only modules
 * of the program itself are imported, its main module and what this imports, directly or not; no
 * text is evaluated that was not sent from here; the runtime's own functions arrive only where they
 * do nothing but compute; and nothing arrives whose `then` is a function, which `await` would call.
 *
 * @module
 */

import { moduleGraph } from "./graph.ts";
import { getMainModule } from "./host.ts";

/** The runtime's functions that do nothing but compute. `partial(eval, "…")` would do anything. */
const COMPUTE = new RegExp(
  "^(?:(?:Math|Number|BigInt)\\.\\w+|Number|String|Boolean|BigInt|Date|Date\\.(?:now|parse|UTC)|" +
    "parseInt|parseFloat|isNaN|isFinite|(?:en|de)codeURI(?:Component)?|" +
    "(?:Array|Object|Map|Set|Error|RegExp|URL|structuredClone|JSON\\.(?:parse|stringify))|" +
    "String\\.(?:raw|fromCharCode|fromCodePoint)|Array\\.isArray|Object\\.(?:keys|is|hasOwn))$",
);

let distrusting = false;

/** From now on messages may come from a child that has fewer permissions. */
export function distrust(): void {
  distrusting = true;
}

/** Why a module may not be imported for a message, or `null`. */
export function whyNotImport(url: string): string | null {
  if (!distrusting) return null;
  const main = getMainModule();
  const { project, unreadable, packages } = moduleGraph(main === null ? [] : [main]);
  const isListed = project.some((module) => module.url === url) || unreadable.includes(url) ||
    packages().some((module) => module.url === url);
  return isListed
    ? null
    : `Will not import ${shorten(url)}: no module of this program imports it, ` +
      "and a child with fewer permissions may have named it; import it here first if you trust it";
}

/** Why the text of an inline function may not be evaluated, or `null`. */
export function whyNotCompile(name: string): string | null {
  return distrusting
    ? `Will not take the inline function ${JSON.stringify(name)} from its source text: a child ` +
      "with fewer permissions may have written it; export the function from a module instead"
    : null;
}

/** Why a function of the runtime may not arrive, or `null`. */
export function whyNotGlobal(path: string): string | null {
  return distrusting && !COMPUTE.test(path)
    ? `Will not take the global function ${JSON.stringify(shorten(path))}: a child with fewer ` +
      "permissions may have named it; export a function of your own that calls it"
    : null;
}

/** Why no object may arrive that has a function as its `then`, or `null`. */
export function whyNotThen(): string | null {
  return distrusting
    ? "Will not take an object with a function as its then, which await would call: a child with " +
      "fewer permissions may have sent it; give the function another name"
    : null;
}

function shorten(url: string): string {
  return url.length > 200 ? `${url.slice(0, 200)}…` : url;
}
