/**
 * Layer 3, wire. The seam between the codec and the functions: the codec knows that functions
 * travel as references, and asks here how. Imports nothing.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- any callable travels

/** How another process finds a function. */
export type FunctionReference =
  | { kind: "export"; modules: string[]; name: string; check: number; search: boolean }
  | { kind: "inline"; source: string; name: string }
  | { kind: "global"; path: string };

/** One that is exported or registered. */
export type ExportReference = Extract<FunctionReference, { kind: "export" }>;

/** What the codec asks of the functions' side. */
export type FunctionHooks = {
  /** The reference of a function; throws if it cannot travel. */
  describe(fn: Function, path: string): FunctionReference;
  /** The function of a reference, whose modules must be loaded. */
  resolve(reference: FunctionReference): Function;
  /** The parts of a partial function. */
  partialOf(fn: Function): { fn: Function; bound: readonly unknown[] } | undefined;
  /** A partial function from its parts. */
  makePartial(fn: Function, bound: unknown[]): Function;
  /** Why no object that comes here may have a function as its `then`, or `null`. */
  whyNotThen(): string | null;
};

let hooks: FunctionHooks | null = null;

/**
 * Sets the functions' side, once, when the library is put together.
 *
 * @param given What to ask.
 */
export function setFunctionHooks(given: FunctionHooks): void {
  hooks = given;
}

/**
 * The functions' side.
 *
 * @returns What {@linkcode setFunctionHooks} was given.
 */
export function functionHooks(): FunctionHooks {
  if (hooks === null) throw new TypeError("No function hooks were set");
  return hooks;
}
