/**
 * Layer 1, runtime. The one switch that forbids shared pages, so that tests and users can run what
 * happens where they cannot be mapped: `MANYCORE_NATIVE=0`.
 *
 * @module
 */

import { granted } from "./deno_permissions.ts";

/** The variable of the environment. */
export const NATIVE_VARIABLE = "MANYCORE_NATIVE";

/** Whether shared pages may be used. */
export function nativeSwitch(): boolean {
  if ("Deno" in globalThis) {
    return !granted({ name: "env", variable: NATIVE_VARIABLE }) ||
      Deno.env.get(NATIVE_VARIABLE) !== "0";
  }
  return process.env[NATIVE_VARIABLE] !== "0";
}
