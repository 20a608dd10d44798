/**
 * Layer 5, channel. The putters' part of the protocol in `channel_words.ts`.
 *
 * @module
 */

import type { Block } from "../memory/arena.ts";
import { load, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import type { Agent } from "../park/agent.ts";
import { AGAIN, PHASE } from "../park/operation.ts";
import type { Phase } from "../park/operation.ts";
import { wakeOne } from "../park/wait_set.ts";
import { enter, GATE, leave } from "./gate.ts";
import { AT, ringBytes, SIDE } from "./layout.ts";
import { rememberedOf } from "./remembered.ts";
import { CHANNEL } from "./results.ts";
import { frameBytes, itemBytes } from "./rings.ts";
import type { Item, Rings } from "./rings.ts";
import { isOpen } from "./sides.ts";
import { repairTakes } from "./taking.ts";

/** The longest item, whose frame is a number of 31 bits. */
const MAX_ITEM = 2 ** 31 - 64;
/**
 * A ring from which on takers are given a moment to make room before the channel grows: 16 MiB. A put
 * that has no time left grows it at once.
 */
const PATIENT_RING = 13;

/** Puts an item. */
export function put(
  words: Words,
  at: number,
  agent: Agent,
  item: Item,
  phase: Phase,
  block: Block,
): number {
  if (!isOpen(words, at, agent, SIDE.TAKES, phase, block)) return CHANNEL.CLOSED;
  const gate = enter(words, at + AT.PUT_GATE, agent, phase);
  if (gate === GATE.SHUT) return AGAIN;
  let result: number;
  try {
    if (gate === GATE.INHERITED) repairPuts(words, at);
    // Again: whoever closes the other side takes what is there, and so makes room.
    result = isOpen(words, at, agent, SIDE.TAKES, PHASE.FIRST, block)
      ? write(words, at, agent, item, phase, rememberedOf(block).rings)
      : CHANNEL.CLOSED;
  } finally {
    leave(words, at + AT.PUT_GATE, at + AT.PUTTERS, agent);
  }
  if (result === CHANNEL.TOO_LARGE) wakeOne(words, at + AT.PUTTERS, agent);
  if (result !== CHANNEL.DONE) return result;
  wakeOne(words, at + AT.TAKERS, agent);
  if (phase !== PHASE.FIRST) wakeOne(words, at + AT.PUTTERS, agent);
  return result;
}

/** Writes an item, past the gate. */
function write(
  words: Words,
  at: number,
  agent: Agent,
  item: Item,
  phase: Phase,
  rings: Rings,
): number {
  if (load(words, at + AT.SHUT) !== 0) return CHANNEL.SHUT;
  const puts = load(words, at + AT.PUTS);
  const limit = load(words, at + AT.LIMIT);
  if (limit > 0 && (puts - load(words, at + AT.TAKES) | 0) >= limit) {
    // C3: where nothing is left to take, no taker comes to make the count of a dead one true.
    if (phase === PHASE.FIRST || load(words, at + AT.TAKE_GATE) === 0) return AGAIN;
    countTakes(words, at, agent, phase);
    if ((puts - load(words, at + AT.TAKES) | 0) >= limit) return AGAIN;
  }
  const length = itemBytes(item);
  if (length > MAX_ITEM) return CHANNEL.TOO_LARGE;
  const bytes = frameBytes(length);
  let ring = load(words, at + AT.PUT_RING);
  let tail = load(words, at + AT.TAILS + ring);
  const used = tail - load(words, at + AT.HEADS + ring) >>> 0;
  if (used + bytes > ringBytes(ring)) {
    const last = load(words, at + AT.LAST_RING);
    if (bytes > ringBytes(last)) return CHANNEL.TOO_LARGE;
    // Room comes from those who take; only what must grow does.
    const fits = bytes <= ringBytes(ring);
    const grows = load(words, at + AT.GROWS);
    if (fits && (ring >= grows || ring === last)) return AGAIN;
    if (fits && ring >= PATIENT_RING && phase < PHASE.STARVED) return AGAIN;
    const larger = ringAfter(ring, grows, last, bytes);
    // Without memory for more an item waits for room, but only if there can be enough.
    if (!rings.make(larger)) return fits ? AGAIN : CHANNEL.TOO_LARGE;
    store(words, at + AT.PUT_RING, larger); // C4
    ring = larger;
    tail = 0;
  }
  rings.write(ring, tail, item);
  const next = tail + bytes | 0;
  store(words, at + AT.NEXT_TAIL, next); // C3
  store(words, at + AT.NEXT_PUTS, puts + 1 | 0);
  store(words, at + AT.TAILS + ring, next); // C1
  store(words, at + AT.PUTS, puts + 1 | 0);
  return CHANNEL.DONE;
}

/** C3, for a putter that died past the gate. */
export function repairPuts(words: Words, at: number): void {
  const ring = load(words, at + AT.PUT_RING);
  if (load(words, at + AT.TAILS + ring) !== load(words, at + AT.NEXT_TAIL)) return;
  store(words, at + AT.PUTS, load(words, at + AT.NEXT_PUTS));
}

/** {@link repairTakes}, for a putter. */
function countTakes(words: Words, at: number, agent: Agent, phase: Phase): void {
  const gate = enter(words, at + AT.TAKE_GATE, agent, phase);
  if (gate === GATE.SHUT) return;
  if (gate === GATE.INHERITED) repairTakes(words, at);
  leave(words, at + AT.TAKE_GATE, at + AT.TAKERS, agent);
}

/** The ring that follows one that is full: much larger at first, so that few are needed. */
function ringAfter(ring: number, grows: number, last: number, bytes: number): number {
  let next = ring === 0 ? 5 : ring < 13 && ring < grows ? ring + 4 : ring + 1;
  while (next < last && ringBytes(next) < 2 * bytes) next++;
  return Math.min(next, last);
}
