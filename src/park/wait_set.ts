/**
 * Layer 4, park. The set of agents that wait on an object, in the object's own words. A set, not a
 * list: one bit for each agent, so that an agent that is killed leaves nothing to repair. Waiters
 * of one agent queue inside it.
 *
 * ```text
 * Layout      word  name    values             written by          slept on
 *             0     COUNT   ≥ number of bits   waiters, wakers     no
 *             1     CURSOR  slot               wakers              no
 *             2…    BITS    one per agent      waiters, wakers     no
 * States      of an agent: OUT ──enlist──▶ LISTED ──a waker clears the bit and rings──▶ OUT
 *                                         LISTED ──delist──▶ OUT
 * Invariants  W1 a set bit is counted: COUNT is raised before the bit is set and lowered after it
 *                is cleared. It may be too high, for ever, when an agent dies in between: that only
 *                costs a look at the bits.
 *             W2 whoever clears a bit rings that agent, or is that agent.
 *             W3 nobody is rung for the object in any other way: an event loop that is rung looks
 *                only where its bit has been cleared.
 * Wake-up     A waiter enlists, then looks at the object, then sleeps until its bell changes,
 *             reading the bell before it enlists. A waker changes the object, then looks at COUNT.
 *             Either the waker sees the waiter, or the waiter sees the change.
 * Failure     A wake-up that reaches an agent which gives up, dies or does not need it any more is
 *             handed on: by itself (`delist` returns false), or by whoever finds it dead.
 * ```
 *
 * @module
 */

import { add, and, load, or, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { MAX_AGENTS, WAIT_SET } from "../memory/layout.ts";
import type { Agent } from "./agent.ts";

/** Says that an agent waits. Doing it twice is doing it once. */
export function enlist(words: Words, at: number, { seat }: Agent): void {
  const bit = 1 << (seat & 31);
  add(words, at + WAIT_SET.COUNT, 1); // W1
  if ((or(words, at + WAIT_SET.BITS + (seat >> 5), bit) & bit) !== 0) {
    add(words, at + WAIT_SET.COUNT, -1);
  }
}

/** Says that an agent no longer waits. Returns whether nobody had woken it. */
export function delist(words: Words, at: number, { seat }: Agent): boolean {
  return clear(words, at, seat);
}

/** Wakes one agent of the set, the next in turn. Returns whether there was one. */
export function wakeOne(words: Words, at: number, agent: Agent): boolean {
  if (load(words, at + WAIT_SET.COUNT) <= 0) return false;
  const start = load(words, at + WAIT_SET.CURSOR) % MAX_AGENTS;
  // The word of the cursor comes twice: first its upper bits, at last its lower ones.
  for (let step = 0; step <= MAX_AGENTS / 32; step++) {
    const word = ((start >> 5) + step) % (MAX_AGENTS / 32);
    let bits = load(words, at + WAIT_SET.BITS + word);
    if (step === 0) bits &= -1 << (start & 31);
    while (bits !== 0) {
      const slot = word << 5 | 31 - Math.clz32(bits & -bits);
      if (clear(words, at, slot)) {
        store(words, at + WAIT_SET.CURSOR, slot + 1);
        agent.ring(slot); // W2
        return true;
      }
      bits &= bits - 1;
    }
  }
  return false;
}

/** Wakes the agent in a slot, whose turn it is. One that is not in the set looks by itself. */
export function wakeAgent(words: Words, at: number, slot: number, agent: Agent): void {
  const seat = agent.seatOf(slot);
  if (clear(words, at, seat)) agent.ring(seat); // W2
}

/** Wakes every agent of the set. */
export function wakeAll(words: Words, at: number, agent: Agent): void {
  if (load(words, at + WAIT_SET.COUNT) <= 0) return;
  for (let word = 0; word < MAX_AGENTS / 32; word++) {
    let bits = load(words, at + WAIT_SET.BITS + word);
    for (; bits !== 0; bits &= bits - 1) {
      const slot = word << 5 | 31 - Math.clz32(bits & -bits);
      if (clear(words, at, slot)) agent.ring(slot); // W2
    }
  }
}

function clear(words: Words, at: number, slot: number): boolean {
  const bit = 1 << (slot & 31);
  const was = and(words, at + WAIT_SET.BITS + (slot >> 5), ~bit) & bit;
  if (was !== 0) add(words, at + WAIT_SET.COUNT, -1); // W1
  return was !== 0;
}
