/**
 * Layer 3, wire/functions. The code that messages tell the user to write, in the form that the module
 * in question can hold: CommonJS has no `import.meta`. Imports `graph.ts`.
 *
 * Only asked where something is refused: it may read a module's source.
 *
 * @module
 */

import { isCommonJs } from "./graph.ts";

/**
 * The call that registers a function.
 *
 * @param name The name by which it is looked for; `""` if there is none.
 * @param module Address of the module that the call belongs to, `null` if it is not known.
 * @returns Such as `register(import.meta, { square })`.
 */
export function registerCall(name: string, module: string | null): string {
  const meta = module !== null && isCommonJs(module) ? "module" : "import.meta";
  return `register(${meta}, { ${entry(name)} })`;
}

/**
 * The guard around what only the program itself does, and none of its children.
 *
 * @param module Address of the module that it belongs to, `null` if it is not known.
 * @returns The condition, as `if` takes it.
 */
export function mainGuard(module: string | null): string {
  return module !== null && isCommonJs(module) ? "require.main === module" : "import.meta.main";
}

/** A property of an object of functions. */
function entry(name: string): string {
  if (name === "") return "name: fn";
  if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) && name !== "default") return name;
  // A function in a class or an object, spelled as it is reached.
  const member = /^[\p{ID_Start}$_][\p{ID_Continue}$.]*\.([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u
    .exec(name);
  if (member !== null) return `${member[1]}: ${name}`;
  return name === "default" ? "default: fn" : `${JSON.stringify(name)}: fn`;
}
