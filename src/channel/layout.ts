/**
 * Layer 5, channel. The words of a channel. What putters write and what takers write stand in
 * different cache lines, so that one of each work side by side without taking the lines from each
 * other.
 *
 * ```text
 * word      name         values                                      written by
 * 0         PUT_GATE     0, or the id of whoever puts; GATE.WAITED   putters (gate.ts)
 * 1         PUT_RING     the ring that is written                    putters
 * 2         PUTS         items put, wraps around                     putters
 * 3, 4      the intent: TAIL and PUTS as they are about to be        putters
 * 5         SHUT         0 or 1                                      who shuts the channel, at the gate
 * 6         TAILS        of each ring: bytes written, wraps around   putters
 * 32        TAKE_GATE    0, or the id of whoever takes; GATE.WAITED  takers
 * 33        TAKE_RING    the ring that is read                       takers
 * 34        TAKES        items taken, wraps around                   takers
 * 35, 36    the intent: HEAD and TAKES as they are about to be       takers
 * 37        CORRUPT      0 or 1: what stood in the ring was no item  takers
 * 38        HEADS        of each ring: bytes read, wraps around      takers
 * 64        LIMIT        most items; 0: no limit                     its maker, once
 * 65        LAST_RING    the largest ring that it may grow to        its maker, once
 * 66        SIDED        0 or 1: whether its ends count, sides.ts    its maker, once
 * 67        DONE         items of which the work is done             everybody
 * 68        CHANGES      counts what may have emptied a side         everybody
 * 69        GROWS        the largest ring that it grows to for room; its maker, once
 * 70        RINGS        of each ring: its first page; 1 in a SharedArrayBuffer; 0: not made
 * 91        PASSING        of each side: references in messages that are read once  everybody
 * 96        wait sets: of takers, of putters, of those who wait until all is done
 * …         TICKETS      of each side: references in other messages, or 0  everybody
 * …         HOLDERS      of each agent: generation, and how often it has each side open
 * …         the first ring
 * ```
 *
 * @module
 */

import { MAX_AGENTS, WAIT_SET } from "../memory/layout.ts";

/** How many rings there can be, each twice as large as the one before; most are left out. */
export const RING_COUNT = 21;

const SETS = 96;
const TICKETS = SETS + 3 * WAIT_SET.LENGTH;
/** How many references to one side can have a ticket at a time. */
export const MAX_TICKETS = 60;
const HOLDERS = TICKETS + 2 * MAX_TICKETS;
const FIRST_RING = HOLDERS + MAX_AGENTS;

/** Where everything is, from the first word of the channel. */
export const AT = {
  PUT_GATE: 0,
  PUT_RING: 1,
  PUTS: 2,
  NEXT_TAIL: 3,
  NEXT_PUTS: 4,
  SHUT: 5,
  TAILS: 6,
  TAKE_GATE: 32,
  TAKE_RING: 33,
  TAKES: 34,
  NEXT_HEAD: 35,
  NEXT_TAKES: 36,
  CORRUPT: 37,
  HEADS: 38,
  LIMIT: 64,
  LAST_RING: 65,
  SIDED: 66,
  DONE: 67,
  CHANGES: 68,
  GROWS: 69,
  RINGS: 70,
  PASSING: 91,
  TAKERS: SETS,
  PUTTERS: SETS + WAIT_SET.LENGTH,
  JOINERS: SETS + 2 * WAIT_SET.LENGTH,
  TICKETS,
  HOLDERS,
  FIRST_RING,
} as const;

/** Bytes of the ring that lies in the channel's own words. */
export const FIRST_RING_BYTES = 2048;
/** Words of a channel: with what precedes an object, a slot of 4 KiB. */
export const CHANNEL_WORDS: number = FIRST_RING + FIRST_RING_BYTES / 4;

/** The ends of a channel, for {@link AT}.TICKETS and HOLDERS. */
export const SIDE = { TAKES: 0, PUTS: 1 } as const;

/** An end of a channel. */
export type Side = (typeof SIDE)[keyof typeof SIDE];

/** Bytes of a ring. */
export function ringBytes(ring: number): number {
  return FIRST_RING_BYTES * 2 ** ring;
}
