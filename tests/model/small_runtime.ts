/**
 * Stands in for `src/runtime/mod.ts` where `park/table.ts` uses it.
 *
 * @module
 */

export const runtime = { pid: (): number => 1 };
