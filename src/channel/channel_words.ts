/**
 * Layer 5, channel. The protocol of channels: items from any number of agents to any number of
 * agents, each delivered once. The layout is in `layout.ts`, the rings are in `rings.ts`.
 *
 * ```text
 * States      of an item: written ──TAIL──▶ there ──HEAD──▶ taken
 * Invariants  C1 an item is there with the one store of its ring's TAIL, and gone with the one store of
 *                its ring's HEAD, both by whoever is past the gate: half an item is never seen.
 *             C2 items are taken in the order in which they were put.
 *             C3 PUTS counts the stores of TAIL and TAKES those of HEAD; an agent that dies between
 *                the two stores has left its intent, from which the next one makes the count true.
 *             C4 a ring is left for ever when PUT_RING goes on, and when it has then been read to its
 *                end TAKE_RING follows.
 *             C5 after SHUT was set nothing is put: it is set and looked at past the gate.
 * Wake-up     Who puts wakes one taker, who takes wakes one putter, after TAIL or HEAD. Who was woken
 *             and succeeds wakes one more of its own kind: one item taken may make room for many, and
 *             a wake-up that several puts share is passed on until one finds nothing.
 * Failure     A dead agent past a gate is found by the next one (`gate.ts`). An item that it was
 *             writing is overwritten, one that it was reading is still there.
 * Cost        of a put or a take, when nobody waits: the gate, and four words written.
 * ```
 *
 * @module
 */

import type { Block } from "../memory/arena.ts";
import { cas, load, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import type { Agent } from "../park/agent.ts";
import { AGAIN, EXPIRED, PHASE } from "../park/operation.ts";
import type { NowOperation, Phase, WaitOperation } from "../park/operation.ts";
import { nameOperations } from "../park/operations.ts";
import { wakeAll, wakeOne } from "../park/wait_set.ts";
import { enter, GATE, leave } from "./gate.ts";
import { AT, RING_COUNT, ringBytes, SIDE } from "./layout.ts";
import { rememberedOf } from "./remembered.ts";
import { endsPiece, frameBytes, itemBytes, show, TRAILER } from "./rings.ts";
import type { Item, Rings } from "./rings.ts";
import { isOpen } from "./sides.ts";

/** How a put or a take ends. */
export const CHANNEL = {
  DONE: 1,
  /** The channel is shut, and empty for those who take. */
  SHUT: 2,
  /** The other end is closed, and the channel empty for those who take. */
  CLOSED: 3,
  /** The item is larger than the largest ring. */
  TOO_LARGE: 4,
  /** What stands in the ring is no item. */
  CORRUPT: 5,
} as const;

/** A ring from which on takers are given a moment to make room before the channel grows: 16 MiB. */
const PATIENT_RING = 13;
/** An item that was read where it lay. */
const TAKEN = new Uint8Array(0);
/** How often to come back to a gate that is shut, for those who do not wait. */
const GATE_TRIES = 1000;

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

/** Puts an item if there is room. */
export const tryPut: NowOperation<Item, number> = (words, at, agent, item, block) =>
  past(words, at + AT.PUT_GATE, () => put(words, at, agent, item, PHASE.DESPERATE, block));

/** Puts an item. */
export const putItem: WaitOperation<Item> = {
  waitSet: AT.PUTTERS,
  inTurn: true,
  ordered: true,
  attempt: (words, at, agent, item, _ticket, phase, block) =>
    put(words, at, agent, item, phase, block),
  giveUp(words, at, agent) {
    wakeOne(words, at + AT.PUTTERS, agent); // there may be room, but not enough for this one
    return EXPIRED;
  },
  crossing: {
    pack: joined,
    unpack: (bytes) => ({ buffer: bytes as Uint8Array, length: (bytes as Uint8Array).length }),
    answer: (result) => result,
    receive: (answer) => answer as number,
  },
};

/** Takes an item if there is one. */
export const tryTake: NowOperation<Taker, number> = (words, at, agent, taker, block) =>
  past(words, at + AT.TAKE_GATE, () => take(words, at, agent, taker, PHASE.LISTED, block));

/** Takes an item. */
export const takeItem: WaitOperation<Taker> = {
  waitSet: AT.TAKERS,
  inTurn: true,
  ordered: true,
  attempt: (words, at, agent, taker, _ticket, phase, block) =>
    take(words, at, agent, taker, phase, block),
  crossing: {
    pack: () => 0,
    unpack: () => new Carrier(),
    answer: (result, taker) => [result, (taker as Carrier).bytes],
    receive: (answer, taker) => {
      if (typeof answer === "number") return answer; // it has expired on the way
      const [result, bytes] = answer as [number, Uint8Array | null];
      if (bytes !== null) taker.take(bytes);
      return result;
    },
  },
};

/** Waits until there is something to take, or never will be. */
export const awaitItem: WaitOperation = {
  waitSet: AT.TAKERS,
  inTurn: true,
  ordered: false,
  attempt(words, at, agent, _argument, _ticket, phase, block) {
    if (!isEmpty(words, at)) {
      // It takes nothing: the wake-up was for one that does.
      if (phase !== PHASE.FIRST) wakeOne(words, at + AT.TAKERS, agent);
      return CHANNEL.DONE;
    }
    if (load(words, at + AT.SHUT) !== 0) return isEmpty(words, at) ? CHANNEL.SHUT : CHANNEL.DONE;
    if (isOpen(words, at, agent, SIDE.PUTS, phase, block)) return AGAIN;
    return isEmpty(words, at) ? CHANNEL.CLOSED : CHANNEL.DONE;
  },
};

/** How many items there are. */
export const itemCount: NowOperation = (words, at) => {
  // Takes first: what is put meanwhile counts, what is taken meanwhile does not make it negative.
  const taken = load(words, at + AT.TAKES);
  return Math.max(0, load(words, at + AT.PUTS) - taken | 0);
};

/** How many items there can be; 0 for no limit. */
export const itemLimit: NowOperation = (words, at) => load(words, at + AT.LIMIT);

/** Whether nothing is there to be taken: 1 or 0. */
export const hasNone: NowOperation = (words, at) => isEmpty(words, at) ? 1 : 0;

/** Ends puts for ever (C5). Wakes everybody. */
export const shut: WaitOperation = {
  waitSet: AT.PUTTERS,
  inTurn: false,
  attempt(words, at, agent, _argument, _ticket, phase) {
    const gate = enter(words, at + AT.PUT_GATE, agent, phase);
    if (gate === GATE.SHUT) return AGAIN;
    if (gate === GATE.INHERITED) repairPuts(words, at);
    store(words, at + AT.SHUT, 1);
    leave(words, at + AT.PUT_GATE, at + AT.PUTTERS, agent);
    wakeAll(words, at + AT.PUTTERS, agent);
    wakeAll(words, at + AT.TAKERS, agent);
    return CHANNEL.DONE;
  },
};

/** Takes note that the work of one item is done. Returns 0 if there was none. */
export const itemDone: NowOperation = (words, at, agent) => {
  for (;;) {
    const done = load(words, at + AT.DONE);
    // An item may have been taken before PUTS counts it.
    const left = Math.max(
      load(words, at + AT.PUTS) - done | 0,
      load(words, at + AT.TAKES) - done | 0,
    );
    if (left <= 0) return 0;
    if (!cas(words, at + AT.DONE, done, done + 1)) continue;
    if (left === 1) wakeAll(words, at + AT.JOINERS, agent);
    return CHANNEL.DONE;
  }
};

/** Waits until the work of all items is done. */
export const awaitDone: WaitOperation = {
  waitSet: AT.JOINERS,
  inTurn: true,
  attempt: (words, at) =>
    (load(words, at + AT.PUTS) - load(words, at + AT.DONE) | 0) <= 0 ? CHANNEL.DONE : AGAIN,
};

function put(
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
    result = write(words, at, agent, item, phase, rememberedOf(block).rings);
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
  const bytes = frameBytes(itemBytes(item));
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
    if (!rings.make(larger)) return AGAIN;
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

function take(
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

/** Tries again as long as it may only have failed because somebody was past the gate. */
function past(words: Words, gate: number, attempt: () => number): number {
  let result = attempt();
  for (let tries = GATE_TRIES; result === AGAIN && tries > 0 && load(words, gate) !== 0; tries--) {
    result = attempt();
  }
  return result;
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
function isEmpty(words: Words, at: number): boolean {
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

/** C3, for a putter that died past the gate. */
function repairPuts(words: Words, at: number): void {
  const ring = load(words, at + AT.PUT_RING);
  if (load(words, at + AT.TAILS + ring) !== load(words, at + AT.NEXT_TAIL)) return;
  store(words, at + AT.PUTS, load(words, at + AT.NEXT_PUTS));
}

/** C3, for a taker that died past the gate. */
function repairTakes(words: Words, at: number): void {
  const ring = load(words, at + AT.TAKE_RING);
  if (load(words, at + AT.HEADS + ring) !== load(words, at + AT.NEXT_HEAD)) return;
  store(words, at + AT.TAKES, load(words, at + AT.NEXT_TAKES));
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

/** The ring that putters went on to. */
function ringBehind(words: Words, at: number, ring: number): number {
  do ring++; while (ring < RING_COUNT - 1 && load(words, at + AT.RINGS + ring) === 0);
  return ring;
}

/** The bytes of an item, in one piece. */
function joined({ buffer, length, payload }: Item): Uint8Array {
  if (!payload) return buffer.subarray(0, length);
  const bytes = new Uint8Array(length + payload.length);
  const head = length - TRAILER;
  bytes.set(buffer.subarray(0, head));
  bytes.set(payload, head);
  bytes.set(buffer.subarray(head, length), head + payload.length);
  return bytes;
}

/** Takes items for an isolate that cannot reach them. */
export class Carrier implements Taker {
  bytes: Uint8Array | null = null;

  take(bytes: Uint8Array): void {
    this.bytes = bytes.slice();
  }
}

nameOperations("channel", {
  put: putItem,
  take: takeItem,
  item: awaitItem,
  count: itemCount,
  limit: itemLimit,
  none: hasNone,
  shut,
  done: itemDone,
  join: awaitDone,
});
