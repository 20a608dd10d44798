/**
 * Layer 3, wire/functions. Finds out which of the user's modules called the library, from the
 * stack.
 *
 * Touches the depth of stacks and `Error.prepareStackTrace`, and puts both back before it
 * returns.
 *
 * A function whose last act is the call (`return pool.map(…)`) has no frame left in Bun, as its engine
 * drops it: then its own caller is found. The search for functions also begins at the main module,
 * so this matters only for modules that neither of the two imports.
 *
 * @module
 */

import { isOwnModule } from "../../runtime/places.ts";
import { setStackDepth } from "../../stack_depth.ts";
import { isCalledRemotely } from "../remote_error.ts";
import { toUrl } from "./host.ts";

/** The part of an engine's call site that is used here. */
type CallSite = {
  getFileName(): string | null | undefined;
  getScriptNameOrSourceURL?(): string | null | undefined;
};

type TracingError = {
  prepareStackTrace?: unknown;
  captureStackTrace?(target: object, above?: unknown): void;
};

/** Enough for a call that comes through the library's own layers. */
const NEAR = 12;
/** For a call that comes through somebody else's. */
const FAR = 100;
/** A line of a stack: what is called, then address or path, line and column. */
const PLACE = /(?:\(|@|\bat (?:async )?)((?:[a-z]+:\/\/|\/|[A-Za-z]:[\\/]).*?):(\d+(?::\d+)?)\)?$/;

/**
 * The module that called into the library: the nearest stack frame outside of it.
 *
 * @returns Its address, or `null` if no user's module is on the stack.
 */
export function callerModule(): string | null {
  return firstForeign(framesUpTo(NEAR)) ?? firstForeign(framesUpTo(FAR));
}

/**
 * The lines that led into the library, and whether they belong to what this child was told to run, as
 * far as the stack shows: what a timer runs may belong to it all the same.
 *
 * @returns The lines in one text, the nearest first; `null` if no user's module is on the stack.
 */
export function callerLines(): { lines: string; told: boolean } | null {
  const back = setStackDepth(FAR);
  const { stack = "" } = new Error();
  back();
  const lines: string[] = [];
  for (const line of stack.split("\n")) {
    const found = PLACE.exec(line);
    const url = found && foreign(found[1]);
    if (url) lines.push(`${url}:${found[2]}`);
  }
  return lines.length === 0 ? null : { lines: lines.join("\n"), told: isCalledRemotely(stack) };
}

function firstForeign(places: string[]): string | null {
  for (const place of places) {
    const url = foreign(place);
    if (url !== null) return url;
  }
  return null;
}

/** The address of a user's module; `null` for those of the library and of the runtime. */
function foreign(place: string): string | null {
  const url = toUrl(place);
  return url && /^(?:file|https?|data|blob):/.test(url) && !isOwnModule(url) ? url : null;
}

function framesUpTo(depth: number): string[] {
  const tracing = Error as unknown as TracingError;
  const back = setStackDepth(depth);
  const prepare = tracing.prepareStackTrace;
  try {
    tracing.prepareStackTrace = (_: unknown, sites: CallSite[]) => sites;
    const holder: { stack?: unknown } = {};
    tracing.captureStackTrace?.(holder, framesUpTo);
    if (Array.isArray(holder.stack)) return holder.stack.map(placeOf);
  } catch {
    // `Error` is frozen: read the text below.
  } finally {
    back();
    try {
      tracing.prepareStackTrace = prepare;
    } catch {
      // Frozen: nothing was changed.
    }
  }
  return placesInText(new Error().stack ?? "");
}

/** Prefers the form that is an address: a path has lost its query. */
function placeOf(site: CallSite): string {
  const name = site.getScriptNameOrSourceURL?.() ?? "";
  return /^\w{2,}:/.test(name) ? name : site.getFileName() ?? "";
}

function placesInText(stack: string): string[] {
  const places: string[] = [];
  for (const line of stack.split("\n")) {
    const found = PLACE.exec(line);
    if (found) places.push(found[1]);
  }
  return places;
}
