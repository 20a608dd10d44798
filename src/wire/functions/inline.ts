/**
 * Layer 3, wire/functions. Functions that travel as source text. Imports `errors.ts`, `known.ts`
 * and `tokens.ts`.
 *
 * Owns the evaluation in the child, and the explanation of what went wrong when the function
 * reaches for a variable that did not come along.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- any callable may be sent

import { FunctionReferenceError } from "../../errors.ts";
import { knownReference, remember } from "./known.ts";
import { nameOf } from "./match.ts";
import { isNative } from "./native.ts";
import { tokenize } from "./tokens.ts";

/** As many different sources are kept compiled. */
const KEPT = 500;
const compiled = new Map<string, Function>();

/**
 * Marks a function to be sent as source text instead of by name. In the other process it sees
 * globals, its arguments and what `partial` binds, nothing else: no imports and no variables from
 * around it. The function itself is returned; calling it here runs it as it stands.
 *
 * @typeParam F The function's type.
 * @param fn An arrow function or a function expression.
 * @returns The same function.
 * @throws {TypeError} If it is a class, a method, a bound or a native function, or its text is no
 * function on its own (`import.meta`, `super`).
 *
 * @example
 * ```ts
 * import { inline } from "@manycore/multiprocessing";
 *
 * const square = inline((x: number) => x * x);
 * console.log(square(3)); // 9
 * ```
 */
// deno-lint-ignore no-explicit-any -- what it takes is known where it is passed
export function inline<A extends any[], R>(fn: (...args: A) => R): (...args: A) => R {
  if (typeof fn !== "function") {
    throw new TypeError(`inline() needs a function, received ${fn === null ? "null" : typeof fn}`);
  }
  if (knownReference(fn)?.kind === "inline") return fn; // perhaps one that came here as text
  const source = Function.prototype.toString.call(fn);
  const name = nameOf(fn);
  const what = `inline() cannot send ${name === "" ? "this function" : `"${name}"`}: `;
  if (isNative(source)) {
    throw new TypeError(
      what +
        (name.startsWith("bound ")
          ? "a bound function has no source text; pass what it is bound to with partial()"
          : "a native function has no source text; pass the function itself, without inline()"),
    );
  }
  if (/^(?:@|class\b)/.test(source)) {
    throw new TypeError(what + "it is a class; export the class instead");
  }
  try {
    parse(source);
  } catch (error) {
    throw new TypeError(
      what + "its text is no function on its own, as with a method; write it as an arrow function",
      { cause: error },
    );
  }
  remember(fn, { kind: "inline", source, name });
  return fn;
}

/**
 * Makes a function from source text. Its errors about missing variables explain themselves.
 *
 * @param source The text of a function.
 * @param name The function's name, for messages.
 * @returns The function; the same one for the same text.
 * @throws {FunctionReferenceError} If the text is no function.
 */
export function compileInline(source: string, name: string): Function {
  const key = name + "\n" + source;
  let fn = compiled.get(key);
  if (fn !== undefined) return fn;
  let raw: unknown;
  try {
    raw = parse(source)();
  } catch (error) {
    throw new FunctionReferenceError(
      `Cannot run the inline function ${label(name)} from its source text: ${text(error)}; ` +
        `export it from a module instead`,
      { cause: error },
    );
  }
  if (typeof raw !== "function") {
    throw new FunctionReferenceError(
      `Cannot run the inline function ${label(name)}: its source text is no function`,
    );
  }
  fn = explaining(raw, source, name);
  if (compiled.size >= KEPT) compiled.delete(compiled.keys().next().value!);
  compiled.set(key, fn);
  remember(fn, { kind: "inline", source, name });
  return fn;
}

/** A function that, when called, evaluates the text as an expression in strict mode. */
function parse(source: string): () => unknown {
  return new Function(`"use strict"; return (\n${source}\n)`) as () => unknown;
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null &&
  typeof (value as PromiseLike<unknown>).then === "function";

function explaining(raw: Function, source: string, name: string): Function {
  const explain = (error: unknown): never => {
    throw explained(error, source, name);
  };
  const kind = Object.prototype.toString.call(raw);
  let fn: Function;
  if (kind === "[object GeneratorFunction]") {
    fn = function* (this: unknown, ...args: unknown[]): Generator {
      try {
        return yield* raw.apply(this, args);
      } catch (error) {
        explain(error);
      }
    };
  } else if (kind === "[object AsyncGeneratorFunction]") {
    fn = async function* (this: unknown, ...args: unknown[]): AsyncGenerator {
      try {
        return yield* raw.apply(this, args);
      } catch (error) {
        explain(error);
      }
    };
  } else {
    fn = function (this: unknown, ...args: unknown[]): unknown {
      let result: unknown;
      try {
        result = raw.apply(this, args);
      } catch (error) {
        explain(error);
      }
      return isPromise(result) ? result.then(undefined, explain) : result;
    };
  }
  Object.defineProperty(fn, "name", { value: name, configurable: true });
  Object.defineProperty(fn, "length", { value: raw.length, configurable: true });
  return fn;
}

/** Only an error about a name that the function itself mentions is about its variables. */
function explained(error: unknown, source: string, name: string): unknown {
  if (!(error instanceof ReferenceError)) return error;
  const variable = /^(?:Can't find variable: (\S+)|(\S+) is not defined)/.exec(error.message);
  const missing = variable?.[1] ?? variable?.[2];
  if (missing === undefined) return error;
  const mentioned = tokenize(source).some((one) => one.kind === "word" && one.text === missing);
  if (!mentioned) return error;
  return new FunctionReferenceError(
    `The inline function ${
      label(name)
    } uses the variable "${missing}", which did not travel with ` +
      `it: only its source text does. Pass ${missing} as an argument, bind it with ` +
      `partial(inline(…), ${missing}), or use an exported function, which keeps its imports`,
    { cause: error },
  );
}

function label(name: string): string {
  return name === "" ? "(without a name)" : `"${name}"`;
}

function text(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
