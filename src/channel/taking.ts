/**
 * Layer 5, channel. The takers' part of the protocol in `channel_words.ts`.
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
import { AT, RING_COUNT, ringBytes, SIDE } from "./layout.ts";
import { rememberedOf } from "./remembered.ts";
import { CHANNEL } from "./results.ts";
import { endsPiece, frameBytes, show } from "./rings.ts";
import type { Rings } from "./rings.ts";
import { isOpen } from "./sides.ts";

/** An item that was read where it lay. */
const TAKEN = new Uint8Array(0);

/** What a take fills. */
export interface Taker {
  /** Called with the bytes of an item, which may change after the call. */
  take(bytes: Uint8Array): void;
  /**
   * Called first with the bytes of a long item where they lie, which are anybody's after the call.
   * Returns whether that was enough. Runs no code of the user's: the gate is shut meanwhile.
   */
  takeInPlace?(bytes: Uint8Array): boolean;
}

/** Takes an item. */
export function take(
  words: Words,
  at: number,
  agent: Agent,
  taker: Taker,
  phase: Phase,
  block: Block,
): number {
  if (isEmpty(words, at)) {
    const shut = load(words, at + AT.SHUT) !== 0;
    if (!shut && isOpen(words, at, agent, SIDE.PUTS, phase, block)) return AGAIN;
    if (isEmpty(words, at)) return shut ? CHANNEL.SHUT : CHANNEL.CLOSED;
  }
  const gate = enter(words, at + AT.TAKE_GATE, agent, phase);
  if (gate === GATE.SHUT) return AGAIN;
  let bytes: Uint8Array | null;
  let corrupt = false;
  try {
    if (gate === GATE.INHERITED) repairTakes(words, at);
    bytes = read(words, at, agent, taker, rememberedOf(block).rings);
    corrupt = load(words, at + AT.CORRUPT) !== 0;
  } finally {
    leave(words, at + AT.TAKE_GATE, at + AT.TAKERS, agent);
  }
  if (corrupt) return CHANNEL.CORRUPT;
  if (bytes === null) return AGAIN; // somebody was quicker
  wakeOne(words, at + AT.PUTTERS, agent);
  if (phase !== PHASE.FIRST && !isEmpty(words, at)) wakeOne(words, at + AT.TAKERS, agent);
  if (bytes !== TAKEN) show(bytes, taker);
  return CHANNEL.DONE;
}

/** Reads an item, past the gate. */
function read(
  words: Words,
  at: number,
  agent: Agent,
  taker: Taker,
  rings: Rings,
): Uint8Array | null {
  if (load(words, at + AT.CORRUPT) !== 0) return null;
  let ring = load(words, at + AT.TAKE_RING);
  for (;;) {
    const last = load(words, at + AT.PUT_RING);
    if (!areRings(ring, last)) return spoilt(words, at);
    const head = load(words, at + AT.HEADS + ring);
    const goesOn = last !== ring;
    const there = load(words, at + AT.TAILS + ring) - head >>> 0;
    if (there === 0) {
      if (!goesOn) return null;
      const next = ringBehind(words, at, ring);
      store(words, at + AT.TAKE_RING, next); // C4
      rings.discard(ring);
      ring = next;
      continue;
    }
    if (ring > 0 && load(words, at + AT.RINGS + ring) === 0) return spoilt(words, at);
    const length = rings.lengthAt(ring, head);
    // A length that is far too long would wrap around as a frame.
    if (length < 0 || length > there || there > ringBytes(ring) || frameBytes(length) > there) {
      return spoilt(words, at);
    }
    const whole = rings.window(ring, head, length);
    const taken = whole !== null && taker.takeInPlace?.(whole) === true;
    const bytes = taken ? TAKEN : rings.read(ring, head, length);
    const next = head + frameBytes(length) | 0;
    const takes = load(words, at + AT.TAKES) + 1 | 0;
    store(words, at + AT.NEXT_HEAD, next); // C3
    store(words, at + AT.NEXT_TAKES, takes);
    store(words, at + AT.HEADS + ring, next); // C1
    store(words, at + AT.TAKES, takes);
    if (endsPiece(ring, head, next)) giveBack(words, at, agent, ring, head, next, rings);
    return bytes;
  }
}

/**
 * Gives the memory of what has been read back, unless somebody puts: what it writes may lie there,
 * a round further on.
 */
function giveBack(
  words: Words,
  at: number,
  agent: Agent,
  ring: number,
  from: number,
  to: number,
  rings: Rings,
): void {
  if (enter(words, at + AT.PUT_GATE, agent, PHASE.FIRST) !== GATE.ENTERED) return;
  try {
    rings.release(ring, from >>> 0, to >>> 0, load(words, at + AT.TAILS + ring));
  } finally {
    leave(words, at + AT.PUT_GATE, at + AT.PUTTERS, agent);
  }
}

/** Whether nothing is there; without the gate, so it may be out of date. */
export function isEmpty(words: Words, at: number): boolean {
  for (let ring = load(words, at + AT.TAKE_RING);;) {
    const last = load(words, at + AT.PUT_RING);
    if (!areRings(ring, last)) return false; // `read` says so
    if (load(words, at + AT.TAILS + ring) !== load(words, at + AT.HEADS + ring)) return false;
    if (ring >= last) return true;
    ring = ringBehind(words, at, ring);
  }
}

/** Takes note, past the gate, that what stands there was not written by this protocol. */
function spoilt(words: Words, at: number): null {
  store(words, at + AT.CORRUPT, 1);
  store(words, at + AT.SHUT, 1);
  return null;
}

/** Whether takers can be at one ring, and putters at another. */
function areRings(taken: number, put: number): boolean {
  return taken >>> 0 <= put && put < RING_COUNT;
}

/** C3, for a taker that died past the gate. */
export function repairTakes(words: Words, at: number): void {
  const ring = load(words, at + AT.TAKE_RING);
  if (load(words, at + AT.HEADS + ring) !== load(words, at + AT.NEXT_HEAD)) return;
  store(words, at + AT.TAKES, load(words, at + AT.NEXT_TAKES));
}

/** The ring that putters went on to. */
function ringBehind(words: Words, at: number, ring: number): number {
  do ring++; while (ring < RING_COUNT - 1 && load(words, at + AT.RINGS + ring) === 0);
  return ring;
}
