/**
 * Layer 5, channel. The memory of a new channel, and what is given back when nobody has it any more.
 *
 * @module
 */

import type { Extra } from "../memory/allocator.ts";
import type { Arena, PlaceName } from "../memory/arena.ts";
import { load, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { AT, RING_COUNT, ringBytes } from "./layout.ts";

const PAGE = 4096;
/** The largest ring where all of a channel lie in one `SharedArrayBuffer`. */
const LAST_SHARED_RING = 18; // 512 MiB
const LAST_RING = RING_COUNT - 1;

/** How far a channel grows. */
export interface Limits {
  /** Most items; 0: no limit. */
  readonly items: number;
  /** The largest ring that is made for room, not for a large item, by its number. Default: any. */
  readonly grows?: number;
  /** Whether its ends count. */
  readonly sided?: boolean;
}

/** What the memory of a channel is made with. */
export const CHANNEL_EXTRA: Extra = {
  growTo: ringBytes(LAST_SHARED_RING + 1) - ringBytes(1),
  onFree: freeRings,
};

/** Sets the words of a new channel. */
export function initChannel(words: Words, at: number, limits: Limits, place: PlaceName): void {
  const most = place === "shared" ? LAST_SHARED_RING : LAST_RING;
  store(words, at + AT.LIMIT, limits.items);
  store(words, at + AT.LAST_RING, most);
  store(words, at + AT.GROWS, limits.grows ?? most);
  store(words, at + AT.SIDED, limits.sided === true ? 1 : 0);
}

/** Gives back the rings of a channel that nobody has any more. */
function freeRings(arena: Arena, words: Words, at: number): void {
  if (arena.place !== "mapped") return;
  for (let ring = 1; ring < RING_COUNT; ring++) {
    const page = load(words, at + AT.RINGS + ring);
    if (page !== 0) arena.forget(page, ringBytes(ring) / PAGE);
  }
}
