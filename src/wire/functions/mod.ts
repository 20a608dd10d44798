/**
 * Layer 3, wire/functions. How functions cross between processes: everything that the rest of the
 * library may use of this folder.
 *
 * @module
 */

import { setFunctionHooks } from "../function_hook.ts";
import { describe } from "./describe.ts";
import { makePartial, partialOf } from "./partial.ts";
import { resolve } from "./resolve.ts";
import { whyNotThen } from "./trust.ts";

export { isOwnModule } from "../../runtime/places.ts";
export { mainGuard } from "./advice.ts";
export { loadForMessage, PATIENCE_MS } from "./awaited.ts";
export { callerLines, callerModule } from "./caller.ts";
export { describe } from "./describe.ts";
export { moduleGraph } from "./graph.ts";
export { getMainModule, type ModuleHost, setMainModule, setModuleHost } from "./host.ts";
export { inline } from "./inline.ts";
export { failImport, importingModules, loadModules, refuseImport } from "./loaded.ts";
export { makePartial, partial, partialOf } from "./partial.ts";
export { type AnyFunction, register } from "./register.ts";
export { loadReference, missingFrom, missingModules, resolve } from "./resolve.ts";
export {
  type FunctionSpec,
  isFunctionSpec,
  locateModule,
  toFunction,
  toFunctionReference,
} from "./spec.ts";
export { distrust } from "./trust.ts";

/** Tells the codec how functions travel. To be called once, when the library is put together. */
export function installFunctionHooks(): void {
  setFunctionHooks({ describe, resolve, partialOf, makePartial, whyNotThen });
}
