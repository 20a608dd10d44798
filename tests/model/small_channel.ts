/**
 * The layout of a channel with rings of one, two and four items, and next to nothing between its
 * words: fewer words to tell states apart by, and the same code.
 *
 * @module
 */

import type { AT as FULL } from "../../src/channel/layout.ts";
import { MAX_AGENTS, WAIT_SET } from "./small_layout.ts";

export { SIDE } from "../../src/channel/layout.ts";
export type { Side } from "../../src/channel/layout.ts";

/** As many as it takes that putters go on from the first ring to 5, and from there to 9. */
export const RING_COUNT = 10;

const TAKERS_PART = 6 + RING_COUNT;
const COMMON = TAKERS_PART + 6 + RING_COUNT;
const SETS = COMMON + 8 + RING_COUNT;
const TICKETS = SETS + 3 * WAIT_SET.LENGTH;
export const MAX_TICKETS = 2;
const HOLDERS = TICKETS + 2 * MAX_TICKETS;
const FIRST_RING = HOLDERS + MAX_AGENTS;

export const AT = {
  PUT_GATE: 0,
  PUT_RING: 1,
  PUTS: 2,
  NEXT_TAIL: 3,
  NEXT_PUTS: 4,
  SHUT: 5,
  TAILS: 6,
  TAKE_GATE: TAKERS_PART,
  TAKE_RING: TAKERS_PART + 1,
  TAKES: TAKERS_PART + 2,
  NEXT_HEAD: TAKERS_PART + 3,
  NEXT_TAKES: TAKERS_PART + 4,
  CORRUPT: TAKERS_PART + 5,
  HEADS: TAKERS_PART + 6,
  LIMIT: COMMON,
  LAST_RING: COMMON + 1,
  SIDED: COMMON + 2,
  DONE: COMMON + 3,
  CHANGES: COMMON + 4,
  GROWS: COMMON + 5,
  PASSING: COMMON + 6,
  RINGS: COMMON + 8,
  TAKERS: SETS,
  PUTTERS: SETS + WAIT_SET.LENGTH,
  JOINERS: SETS + 2 * WAIT_SET.LENGTH,
  TICKETS,
  HOLDERS,
  FIRST_RING,
} as const satisfies Record<keyof typeof FULL, number>;

/** Bytes of an item in the model: its length in a word, its value in another. */
export const ITEM_BYTES = 8;
export const FIRST_RING_BYTES = ITEM_BYTES;

/** Where a ring begins, in words from the first one. */
export function ringAt(ring: number): number {
  if (ring === 0) return 0;
  if (ring === 5) return 2;
  if (ring === 9) return 6;
  throw new Error(`there is no ring ${ring} in the model`);
}

/** Words of all rings. */
const RING_WORDS = 14;
export const CHANNEL_WORDS = FIRST_RING + RING_WORDS;

/** Bytes of a ring. */
export function ringBytes(ring: number): number {
  return ITEM_BYTES * (ring === 0 ? 1 : ring < 9 ? 2 : 4);
}
