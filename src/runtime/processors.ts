/**
 * Layer 1, runtime. How many processors there are. Node can be told to have no `navigator`.
 *
 * @module
 */

/** How many processors this process may use, at least 1. */
export function processors(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency: number } };
  return navigator?.hardwareConcurrency ||
    process.getBuiltinModule("node:os").availableParallelism();
}
