/**
 * Stands in for `src/memory/arena.ts`: where in the words of a model is what stands in the root of an
 * arena.
 *
 * @module
 */

export type { Arena, Block } from "../../src/memory/arena.ts";

/** The last of the notes. */
export const DEATHS_AT = 7;
/** Where the object begins. */
export const TABLE_AT = 8;
