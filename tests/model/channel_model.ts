/**
 * The words of a channel in a model, and what must be so in the end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { CHANNEL, tryPut, tryTake } from "../../src/channel/channel_words.ts";
import { namesOf, OBJECT, wordsOf } from "./agents.ts";
import {
  AGENTS,
  ChannelAgent,
  itemOf,
  OneItem,
  PUT,
  REMEMBERED,
  TAKEN,
  taken,
  WORDS,
} from "./channel_agents.ts";
import type { End } from "./scheduler.ts";
import { AT, MAX_TICKETS, SIDE } from "./small_channel.ts";

/** An item that is put when all is over. */
const LAST = 9;
/** What a case of a channel has that others have not. */
export interface Options {
  readonly limit?: number;
  /** The largest ring. */
  readonly last?: number;
  /** Holders of each side, one bit for each agent: of the side that takes, and of that which puts. */
  readonly sides?: readonly [takes: number, puts: number];
  /** The number of a reference of the side that puts which is on its way; 0: there may be some. */
  readonly ticket?: number;
  /** References of that side on their way that have no number. */
  readonly passing?: number;
  readonly mayShut?: boolean;
}

/** A new channel. */
export function channel({ limit = 0, last = 0, sides, ticket, passing, mayShut }: Options = {}) {
  const words = wordsOf(WORDS);
  const set = (at: number, value: number) => words[OBJECT + at] = value;
  set(AT.LIMIT, limit);
  set(AT.LAST_RING, last);
  set(AT.GROWS, last);
  set(AT.SIDED, sides === undefined ? 0 : 1);
  set(AT.TICKETS + MAX_TICKETS, ticket ?? 0);
  set(AT.PASSING + SIDE.PUTS, passing ?? 0);
  for (let slot = 0; slot < AGENTS; slot++) {
    const [takes, puts] = (sides ?? [0, 0]).map((holders) => holders >> slot & 1);
    set(AT.HOLDERS + slot, 1 << 20 | puts << 10 | takes);
  }
  words.fill(-1, OBJECT + REMEMBERED);
  const constant = new Set<number>([AT.LIMIT, AT.LAST_RING, AT.GROWS, AT.SIDED, AT.CORRUPT]);
  constant.add(AT.PASSING + SIDE.TAKES);
  if (passing === undefined) constant.add(AT.PASSING + SIDE.PUTS);
  if (!mayShut) constant.add(AT.SHUT);
  if (last === 0) [AT.PUT_RING, AT.TAKE_RING].forEach((at) => constant.add(at));
  const tickets = ticket === undefined ? 2 * MAX_TICKETS : MAX_TICKETS;
  for (let at = AT.TICKETS; at < AT.TICKETS + tickets; at++) constant.add(at);
  for (let at = AT.HOLDERS + AGENTS; at < AT.FIRST_RING; at++) constant.add(at);
  return { words, names: nameOf, isConstant: (at: number) => constant.has(at - OBJECT) };
}

/** Every item that is known to be there was taken or is there, once, and the counts are true. */
export function isWhole({ words, results, killed }: End, killedTaker = false): void {
  const survivor = [new ChannelAgent(0), new ChannelAgent(1)][killed === 0 ? 1 : 0];
  if (killed === undefined) isQuiet(words);
  for (const result of results) inOrder(result ?? 0);
  let left = drain(survivor, words);
  assert.equal(survivor.do(tryPut, itemOf(LAST)), CHANNEL.DONE, "no item can be put");
  assert.equal(left = drain(survivor, words), 1 << LAST, "the item did not come");
  assert.equal(words[OBJECT + AT.PUTS], words[OBJECT + AT.TAKES], "C3: the counts differ");
  left = words[PUT] & ~words[TAKEN];
  const most = killedTaker && killed !== undefined ? 1 : 0;
  assert.ok(bits(left) <= most, `items are lost: ${left.toString(2)}`);
  if (killed === undefined) assert.equal(words[PUT], words[TAKEN] & ~(1 << LAST));
}

/** Takes all that there is. Returns one bit for each. */
export function drain(agent: ChannelAgent, words: Int32Array): number {
  for (let items = 0;;) {
    const taker = new OneItem();
    const result = agent.do(tryTake, taker);
    if (result !== CHANNEL.DONE) return items;
    taken(words, taker.value);
    items |= 1 << taker.value;
  }
}

/** C2: of each putter, what one taker has got. Up to 4 are the first putter's, from 5 the other's. */
function inOrder(digits: number): void {
  const items = [...String(digits)].map(Number);
  for (const part of [items.filter((item) => item < 5), items.filter((item) => item >= 5)]) {
    assert.deepEqual(part, part.toSorted(), `taken out of order: ${digits}`);
  }
}

/** Nobody is past a gate or waits. */
function isQuiet(words: Int32Array): void {
  for (const at of [AT.PUT_GATE, AT.TAKE_GATE, AT.TAKERS, AT.PUTTERS]) {
    assert.equal(words[OBJECT + at], 0, nameOf(OBJECT + at));
  }
}

const BASIC = namesOf();
const PLACES = Object.entries(AT).sort(([, one], [, other]) => other - one);

function nameOf(at: number): string {
  if (at < OBJECT) return BASIC(at);
  if (at >= OBJECT + REMEMBERED) return `what is remembered ${at - OBJECT - REMEMBERED}`;
  const [name, first] = PLACES.find(([, first]) => first <= at - OBJECT)!;
  const index = at - OBJECT - first;
  return index === 0 ? name : `${name} + ${index}`;
}

function bits(mask: number): number {
  let count = 0;
  for (; mask !== 0; mask &= mask - 1) count++;
  return count;
}
