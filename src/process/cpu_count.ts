/**
 * Layer 9, process. How many processors there are.
 *
 * @module
 */

import { processors } from "../runtime/processors.ts";

/**
 * Returns the number of logical processors of this machine, at least 1.
 *
 * @example
 * ```ts
 * import { cpuCount } from "@manycore/multiprocessing";
 *
 * console.log(cpuCount() >= 1); // true
 * ```
 */
export function cpuCount(): number {
  return processors();
}
