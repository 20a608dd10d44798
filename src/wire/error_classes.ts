/**
 * Layer 3, wire. Owns the list of error classes that arrive as what they were: the language's, the
 * library's and the user's registered ones. May touch the errors and the table of classes.
 *
 * @module
 */

import * as library from "../errors.ts";
import { registrationNamed, registrationOf } from "./classes.ts";

/** Where a class's name is looked up on the other side. */
export const Origin = { language: 0, library: 1, user: 2 } as const;

/** An error class as the envelope names it. */
export type ErrorClass = { readonly origin: number; readonly name: string };

const LANGUAGE = [
  "Error",
  "TypeError",
  "RangeError",
  "SyntaxError",
  "ReferenceError",
  "EvalError",
  "URIError",
  "AggregateError",
  "SuppressedError",
];

const prototypes: ReadonlyMap<string, object>[] = [new Map(), new Map()];
const classes = new Map<object, ErrorClass>();

function know(origin: number, name: string, Class: unknown): void {
  if (typeof Class !== "function") return;
  (prototypes[origin] as Map<string, object>).set(name, Class.prototype);
  classes.set(Class.prototype, { origin, name });
}

const globals = globalThis as unknown as Record<string, unknown>;
for (const name of LANGUAGE) know(Origin.language, name, globals[name]);
for (const name of Object.keys(library)) {
  know(Origin.library, name, (library as Record<string, unknown>)[name]);
}

const DOM_EXCEPTION: ErrorClass = { origin: Origin.language, name: "DOMException" };

/** The nearest class that the other side knows, and whether it is the error's own. */
export function errorClassOf(error: object): { known: ErrorClass; exact: boolean } {
  const first: object | null = Object.getPrototypeOf(error);
  for (let proto = first; proto !== null; proto = Object.getPrototypeOf(proto)) {
    const user = registrationOf(proto);
    if (user?.kind === "error") {
      return { known: { origin: Origin.user, name: user.name }, exact: proto === first };
    }
    const known = classes.get(proto);
    if (known && known.name !== "Error") return { known, exact: proto === first };
    // Some runtimes make DOMException only when it is first asked for.
    if (isDomException(proto)) return { known: DOM_EXCEPTION, exact: proto === first };
  }
  return { known: classes.get(Error.prototype)!, exact: first === Error.prototype };
}

/** The prototype of a class of the envelope; nothing if this process has no such class. */
export function errorPrototype(origin: number, name: string): object | undefined {
  if (origin === Origin.user) {
    const found = registrationNamed(name);
    return found?.kind === "error" ? found.Class.prototype as object : undefined;
  }
  // A class of the language that is newer than this runtime arrives as an Error with its name.
  if (origin === Origin.language && name === "SuppressedError") {
    return prototypes[0].get(name) ?? Error.prototype;
  }
  return prototypes[origin]?.get(name);
}

function isDomException(proto: object): boolean {
  return Object.hasOwn(proto, Symbol.toStringTag) &&
    (proto as Record<symbol, unknown>)[Symbol.toStringTag] === "DOMException" &&
    proto === (globals.DOMException as { prototype: object } | undefined)?.prototype;
}
