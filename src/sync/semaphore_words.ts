/**
 * Layer 5, sync. The protocol of semaphores. Anonymous permits are a counter; permits that are held
 * by an agent are recorded as well, and come back when it dies: that part is in `held_permits.ts`.
 *
 * ```text
 * Layout      word  name      values                          written by           slept on
 *             0     VALUE     mark << 21 | permits            everybody            through the wait set
 *             1     STARVED   see `turn.ts`                   waiters              no
 *             2     BOUND     most permits                    its maker, once      no
 *             3     REPAIRER  0, or an agent's id             see `held_permits.ts`
 *             4…    wait set, then HELD[agent]
 * States      of the permits: n ──cas, acquire──▶ n - 1        n ──cas, release(k)──▶ n + k ≤ BOUND
 * Invariants  P1 permits never go below 0 or above BOUND; anonymous operations leave the mark alone.
 *             P2 every release wakes as many as it adds. Whoever takes a permit uses up at most one
 *                wake-up; who uses one up and takes none does so because there was none, or because
 *                it stepped back, and then the starved agent wakes others again (S2).
 * Wake-up     as for locks.
 * Failure     an anonymous permit of an agent that died is lost to its owner's care: anybody may give
 *             it back. A held one comes back, unless somebody has given too many back before.
 * ```
 *
 * @module
 */

import { cas, load, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { MAX_AGENTS, WAIT_SET } from "../memory/layout.ts";
import type { Agent } from "../park/agent.ts";
import { AGAIN, EXPIRED, PHASE } from "../park/operation.ts";
import type { NowOperation, Phase, WaitOperation } from "../park/operation.ts";
import { nameOperations } from "../park/operations.ts";
import { wakeOne } from "../park/wait_set.ts";
import { BOUND, giveHeld, MARK_SHIFT, repair, takeHeld, VALUE } from "./held_permits.ts";
import { endTurn, mustStepBack, wakeNext } from "./turn.ts";

const STARVED = 1;
const SET = 4;
/** Where the held permits are recorded: the wait set comes before. */
const HELD = SET + WAIT_SET.LENGTH;

/** Words of a semaphore. */
export const SEMAPHORE_WORDS = HELD + MAX_AGENTS;
/** There was no permit, or no room for one. */
export const NONE = 0;
/** A permit was taken, or given back. */
export const DONE = 1;
/** Argument of an acquisition: whether the permit comes back when its holder dies. */
export const PERMIT = { ANONYMOUS: 0, HELD: 1 } as const;

/** Sets a new semaphore up. */
export function initSemaphore(words: Words, at: number, permits: number, bound: number): void {
  store(words, at + BOUND, bound);
  store(words, at + VALUE, permits);
}

/** Tries to take a permit. */
export const tryPermit: NowOperation = (words, at, agent, permit) => {
  const result = attempt(words, at, agent, permit, PHASE.LISTED);
  return result === AGAIN ? NONE : result;
};

/** Takes a permit. */
export const acquirePermit: WaitOperation = {
  waitSet: SET,
  inTurn: true,
  attempt: (words, at, agent, permit, _ticket, phase) => attempt(words, at, agent, permit, phase),
  giveUp(words, at, agent) {
    if (endTurn(words, at + STARVED, agent)) wakeFree(words, at, agent); // S2
    return EXPIRED;
  },
  undo(words, at, agent, permit, result) {
    // A held one comes back anyway.
    if (result === DONE && permit === PERMIT.ANONYMOUS) releasePermits(words, at, agent, 1, null!);
  },
};

/** Gives permits back, or adds some. Returns {@link NONE} if they would be too many. */
export const releasePermits: NowOperation = (words, at, agent, count) => {
  for (;;) {
    const value = load(words, at + VALUE);
    const permits = permitsOf(value) + count;
    if (permits > load(words, at + BOUND)) return NONE; // P1
    if (cas(words, at + VALUE, value, value + count)) break;
  }
  wake(words, at, agent, count);
  return DONE;
};

/** Gives a held permit back. Returns {@link NONE} if there would be too many: then it is gone. */
export const releaseHeld: NowOperation = (words, at, agent) => {
  if (!giveHeld(words, at, at + HELD, agent)) return NONE; // P1
  wake(words, at, agent, 1);
  return DONE;
};

/** How many permits there are. */
export const permitCount: NowOperation = (words, at) => permitsOf(load(words, at + VALUE));

function attempt(words: Words, at: number, agent: Agent, permit: number, phase: Phase): number {
  if (mustStepBack(words, at, STARVED, agent, phase, wakeFree)) return AGAIN;
  for (;;) {
    const value = load(words, at + VALUE);
    if (permitsOf(value) > 0) {
      const taken = permit === PERMIT.HELD
        ? takeHeld(words, at, at + HELD, agent)
        : cas(words, at + VALUE, value, value - 1);
      if (!taken) continue;
      if (endTurn(words, at + STARVED, agent, phase)) wakeFree(words, at, agent); // S2
      return DONE;
    }
    if (phase === PHASE.FIRST) return AGAIN;
    const returned = repair(words, at, at + HELD, agent);
    if (returned === 0) return AGAIN;
    wake(words, at, agent, returned);
  }
}

function wake(words: Words, at: number, agent: Agent, count: number): void {
  wakeNext(words, at + STARVED, at + SET, agent);
  for (let left = count - 1; left > 0 && wakeOne(words, at + SET, agent); left--);
}

/** Wakes as many as there are permits. */
function wakeFree(words: Words, at: number, agent: Agent): void {
  const permits = permitsOf(load(words, at + VALUE));
  for (let left = permits; left > 0 && wakeOne(words, at + SET, agent); left--);
}

function permitsOf(value: number): number {
  return value & ((1 << MARK_SHIFT) - 1);
}

nameOperations("semaphore", {
  try: tryPermit,
  acquire: acquirePermit,
  release: releasePermits,
  releaseHeld,
  count: permitCount,
});
