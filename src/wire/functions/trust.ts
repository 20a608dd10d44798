/**
 * Layer 3, wire/functions. Which functions may arrive here. Imports `graph.ts` and `host.ts`.
 *
 * A function travels as the address of its module, and whoever receives it imports that module; an
 * inline one travels as text, which is evaluated. A child that has fewer permissions than this
 * program must not use that to have its code run here. So once there is such a child, only modules
 * of the program itself are imported, its main module and what this imports, directly or not; and
 * no text is evaluated that was not sent from here.
 *
 * @module
 */

import { moduleGraph } from "./graph.ts";
import { getMainModule } from "./host.ts";

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

function shorten(url: string): string {
  return url.length > 200 ? `${url.slice(0, 200)}…` : url;
}
