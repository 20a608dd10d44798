/**
 * Layer 3, wire/functions. Functions named by module and name instead of being at hand. Imports
 * the rest of the folder that describes functions.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- any callable may be a target

import { FunctionReferenceError } from "../../errors.ts";
import type { ExportReference, FunctionReference } from "../function_hook.ts";
import { callerModule } from "./caller.ts";
import { describe } from "./describe.ts";
import { getMainModule, moduleHost, toUrl } from "./host.ts";
import { rememberReference } from "./known.ts";

/**
 * A function by the module that exports (or registers) it, and its name. Works wherever a function
 * does. Nothing is imported here: only the process that runs the function imports the module.
 *
 * @example
 * ```ts
 * import type { FunctionSpec } from "@manycore/multiprocessing";
 *
 * const target: FunctionSpec = { module: new URL("./work.ts", import.meta.url), name: "work" };
 * ```
 */
export type FunctionSpec = {
  /** Address or absolute path of the module; `./` and `../` count from the calling module. */
  readonly module: URL | string;
  /** The exported or registered name; `default` for the default export. */
  readonly name: string;
};

/**
 * Whether a value looks like a {@linkcode FunctionSpec}.
 *
 * @param value Any value.
 * @returns `true` if it is an object with `module` and `name`.
 */
export function isFunctionSpec(value: unknown): value is FunctionSpec {
  return typeof value === "object" && value !== null && "module" in value && "name" in value;
}

/**
 * The reference by which another process finds a function.
 *
 * @param target A function, a class, or a module and name.
 * @param path Where the function was given, such as `target` or `args[0]`, for messages.
 * @returns The reference.
 * @throws {FunctionReferenceError} If another process could not find it.
 * @throws {TypeError} If `target` is neither.
 */
export function toFunctionReference(
  target: Function | FunctionSpec,
  path: string,
): FunctionReference {
  return typeof target === "function" ? describe(target, path) : specReference(target, path);
}

/**
 * A function for any target, so that it can be encoded as a function. For a module and name it is
 * a stand-in: it travels, but throws when it is called here.
 *
 * @param target A function, a class, or a module and name.
 * @param path Where the function was given, for messages.
 * @returns The function or its stand-in.
 * @throws {TypeError} If `target` is neither.
 */
export function toFunction(target: unknown, path: string): Function {
  if (typeof target === "function") return target;
  const reference = specReference(target, path);
  const standIn = (): never => {
    throw new FunctionReferenceError(
      `Cannot call "${reference.name}" of ${reference.modules[0]} here: it was given by module ` +
        `and name, so only another process imports it; import it to call it in this one`,
    );
  };
  Object.defineProperty(standIn, "name", { value: reference.name, configurable: true });
  rememberReference(standIn, reference);
  return standIn;
}

function specReference(spec: unknown, path: string): ExportReference {
  const where = path === "" ? "" : ` (${path})`;
  if (!isFunctionSpec(spec)) {
    throw new TypeError(
      `Expected a function or { module, name }${where}, received ${
        spec === null ? "null" : typeof spec
      }`,
    );
  }
  const { module, name } = spec;
  if (typeof name !== "string" || name === "") {
    throw new TypeError(
      `Expected { module, name }${where} with the name of a function, received name ${
        typeof name === "string" ? '""' : typeof name
      }`,
    );
  }
  const url = module instanceof URL ? module.href : locateModule(module, where);
  return { kind: "export", modules: [url], name, check: 0, search: false };
}

/**
 * The address of a module that is given by address, absolute path, or as an `import` names it.
 *
 * @param module What was given.
 * @param where Where, such as ` (target)`, for messages; may be empty.
 * @returns The address.
 * @throws {FunctionReferenceError} If there is no such module.
 * @throws {TypeError} If it is no text.
 */
export function locateModule(module: unknown, where: string): string {
  if (typeof module !== "string" || module === "") {
    throw new TypeError(
      `Expected { module, name }${where} with a URL or a text as module, received ${
        module === "" ? '""' : typeof module
      }`,
    );
  }
  const absolute = toUrl(module);
  if (absolute !== null) return absolute;
  const from = callerModule() ?? getMainModule();
  if (from !== null && /^\.\.?\//.test(module)) return new URL(module, from).href;
  const found = from === null ? null : moduleHost().resolve(module, from, "import");
  if (found !== null) return found;
  throw new FunctionReferenceError(
    `Cannot find the module ${JSON.stringify(module)}${where} from ${from ?? "here"}: pass ` +
      `new URL("./work.ts", import.meta.url), an absolute path, or a name that can be imported there`,
  );
}
