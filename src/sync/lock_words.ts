/**
 * Layer 5, sync. The protocol of locks, plain and recursive. Operations only: the words are
 * wherever they are, and who waits how is the business of `park`.
 *
 * ```text
 * Layout      word  name     values                              written by
 *             0     STATE    FREE, or a holder's id, or RESERVED; with WAITED beside either
 *                                                                acquirers, releasers
 *             1     STARVED  0, or the id of one waiter          waiters
 *             2     DEPTH    recursive: acquisitions by the holder; plain: how often it was taken
 *                            both written, without atomics, by the holder only
 *             3…    wait set
 * States      FREE ──cas, acquire──▶ id ──exchange, release──▶ FREE
 *             id ──cas, a waiter──▶ id + WAITED ──exchange, release, which then wakes──▶ FREE
 *             FREE ──cas, release that finds a starved waiter──▶ RESERVED ──cas, that waiter──▶ id
 *             id of a dead agent ──cas──▶ FREE, and that acquirer is told; or ──cas──▶ own id
 * Invariants  L1 at most one agent is past acquire, unless it was released by somebody else.
 *             L2 while STATE is RESERVED, only the starved agent takes the lock, or anybody once
 *                STARVED is 0 or its agent is dead; or one who has waited for it much too long, and
 *                clears STARVED.
 *             L3 the death of a holder is told exactly once: by the one who changes STATE from its id.
 *             L4 while an agent sleeps, STATE has WAITED, or an agent is awake that has yet to try; an
 *                agent that takes the lock after it was listed leaves WAITED there.
 * Wake-up     release exchanges STATE and sees WAITED, then wakes the starved agent or one of the set.
 *             An acquirer enlists, then tries, and a try that fails leaves WAITED (L4).
 * Failure     a waiter that gives up clears its own STARVED, and wakes another if the lock is free or
 *             RESERVED. A starved one that dies is found by any other waiter. One that does not run
 *             is passed, and sets STARVED again when it does. A wake-up that a dying agent received is
 *             made good by the next look of another (`SLICE_MS`).
 * Cost        without contention one atomic operation to acquire and one to release.
 * ```
 *
 * @module
 */

import { cas, exchange, load, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { slotOf, WAIT_SET } from "../memory/layout.ts";
import type { Agent } from "../park/agent.ts";
import { AGAIN, EXPIRED, PHASE } from "../park/operation.ts";
import type { NowOperation, Phase, WaitOperation } from "../park/operation.ts";
import { nameOperations } from "../park/operations.ts";
import { wakeAgent, wakeOne } from "../park/wait_set.ts";
import { endTurn } from "./turn.ts";

const STATE = 0;
const STARVED = 1;
const DEPTH = 2;
const SET = 3;
const FREE = 0;
/** Bits of STATE that hold the holder's id. */
const ID = (1 << 21) - 1;
const RESERVED = 1 << 29;
const WAITED = 1 << 30;

/** Words of a lock. All zero is a free lock. */
export const LOCK_WORDS = SET + WAIT_SET.LENGTH;

/** The lock was not taken. */
export const HELD = 0;
/** The caller holds the lock. */
export const TAKEN = 1;
/** Its holder died: the caller is told and does not hold it. */
export const ABANDONED = 2;
/** Its holder died: the caller is told and holds it. */
export const TAKEN_ABANDONED = 3;
/** The caller's isolate has held the recursive lock already. */
const REENTERED = 5;
/** A recursive lock is released by an isolate that does not hold it. */
export const NOT_OWNER = 4;

/** Argument of an acquisition: what to do with a lock whose holder has died. */
export const ON_ABANDONED = { TELL: 0, TAKE: 1 } as const;

/** Tries to take a lock. */
export const tryLock: NowOperation = (words, at, agent, onAbandoned) => {
  if (cas(words, at + STATE, FREE, agent.id)) return taken(words, at, false);
  return attempt(words, at, agent, onAbandoned, PHASE.LISTED, false, false);
};

/** Takes a lock. */
export const acquireLock: WaitOperation = {
  waitSet: SET,
  inTurn: true,
  attempt: (words, at, agent, onAbandoned, _ticket, phase) =>
    again(attempt(words, at, agent, onAbandoned, phase, false, phase !== PHASE.FIRST)),
  giveUp,
  undo: (words, at, agent, _onAbandoned, result) => {
    if (result === TAKEN || result === TAKEN_ABANDONED) releaseLock(words, at, agent, 0, null!);
  },
};

/** Releases a lock, whoever holds it. Returns {@link HELD} if nobody does. */
export const releaseLock: NowOperation = (words, at, agent) => {
  const state = exchange(words, at + STATE, FREE);
  if (state >= RESERVED) handOn(words, at, agent); // L4
  return (state & ID) === FREE ? HELD : TAKEN;
};

/** Which acquisition the caller's is, which holds the lock. */
export const acquisition: NowOperation = (words, at) => words[at + DEPTH];

/** Makes the caller's acquisition stand for an earlier one: of a condition, around its wait. */
export const setAcquisition: NowOperation = (words, at, _agent, which) => {
  words[at + DEPTH] = which;
  return which;
};

/** Releases a lock if the caller's isolate still has it from that acquisition: what a guard does. */
export const releaseOwn: NowOperation = (words, at, agent, which) => {
  // Nobody else in this isolate acts in between.
  if (words[at + DEPTH] !== which) return HELD;
  for (;;) {
    const state = load(words, at + STATE);
    if ((state & ID) !== agent.id) return HELD;
    if (!cas(words, at + STATE, state, FREE)) continue; // a waiter came
    if (state >= RESERVED) handOn(words, at, agent); // L4
    return TAKEN;
  }
};

/** Whether a lock is held. */
export const isLocked: NowOperation = (words, at) =>
  (load(words, at + STATE) & ID) === FREE ? 0 : 1;

/** Tries to take a lock, again if the caller's isolate holds it. */
export const tryRecursive: NowOperation = (words, at, agent, onAbandoned) =>
  deepen(words, at, attempt(words, at, agent, onAbandoned, PHASE.LISTED, true, false));

/** Takes a lock, again if the caller's isolate holds it. */
export const acquireRecursive: WaitOperation = {
  waitSet: SET,
  inTurn: true,
  attempt: (words, at, agent, onAbandoned, _ticket, phase) =>
    again(
      deepen(
        words,
        at,
        attempt(words, at, agent, onAbandoned, phase, true, phase !== PHASE.FIRST),
      ),
    ),
  giveUp,
  undo: (words, at, agent, _onAbandoned, result) => {
    if (result === TAKEN || result === TAKEN_ABANDONED) {
      releaseRecursive(words, at, agent, 0, null!);
    }
  },
};

/** Takes back one acquisition of the caller's isolate. */
export const releaseRecursive: NowOperation = (words, at, agent) => {
  const holder = load(words, at + STATE) & ID;
  if (holder === FREE) return HELD;
  if (holder !== agent.id) return NOT_OWNER;
  const depth = load(words, at + DEPTH) - 1;
  store(words, at + DEPTH, depth);
  return depth > 0 ? TAKEN : releaseLock(words, at, agent, 0, null!);
};

/** Takes back every acquisition of the caller's isolate; returns how many, 0 if it has none. */
export const releaseAll: NowOperation = (words, at, agent) => {
  if ((load(words, at + STATE) & ID) !== agent.id) return 0;
  const depth = load(words, at + DEPTH);
  releaseLock(words, at, agent, 0, null!);
  return depth;
};

/** Gives the caller, which has just acquired once, its other acquisitions back. */
export const setDepth: NowOperation = (words, at, _agent, depth) => {
  store(words, at + DEPTH, load(words, at + DEPTH) + depth - 1); // another task may have it, too
  return depth;
};

/** Whether the caller's isolate holds the lock. */
export const isOwner: NowOperation = (words, at, agent) =>
  (load(words, at + STATE) & ID) === agent.id ? 1 : 0;

function attempt(
  words: Words,
  at: number,
  agent: Agent,
  onAbandoned: number,
  phase: Phase,
  recursive: boolean,
  listed: boolean,
): number {
  const { id } = agent;
  if (recursive && (load(words, at + STATE) & ID) === id) {
    endTurn(words, at + STARVED, agent); // another wait of this isolate may have begun it
    return REENTERED;
  }
  if (phase >= PHASE.STARVED) cas(words, at + STARVED, 0, id); // L2
  const flag = listed ? WAITED : 0; // L4
  for (;;) {
    const state = load(words, at + STATE);
    const holder = state & ID;
    if (holder === FREE) {
      if ((state & RESERVED) && !mayPass(words, at, agent, phase)) return HELD;
      if (!cas(words, at + STATE, state, id | state & WAITED | flag)) continue;
      endTurn(words, at + STARVED, agent);
      return taken(words, at, recursive);
    }
    if (phase === PHASE.FIRST) return HELD;
    if (flag & ~state && !cas(words, at + STATE, state, state | flag)) continue;
    if (holder === id || agent.isAlive(holder)) return HELD;
    const take = onAbandoned === ON_ABANDONED.TAKE;
    const next = take ? id | WAITED : FREE;
    if (!cas(words, at + STATE, state | flag, next)) continue; // L3
    endTurn(words, at + STARVED, agent);
    if (!take) {
      handOn(words, at, agent);
      return ABANDONED;
    }
    taken(words, at, recursive);
    return TAKEN_ABANDONED;
  }
}

/** Counts how often a plain lock was taken. */
function taken(words: Words, at: number, recursive: boolean): number {
  if (!recursive) words[at + DEPTH] = words[at + DEPTH] + 1 | 0;
  return TAKEN;
}

/** Whether the caller may take a lock that is reserved. */
function mayPass(words: Words, at: number, agent: Agent, phase: Phase): boolean {
  const starved = load(words, at + STARVED);
  if (starved === 0 || starved === agent.id) return true;
  if (phase === PHASE.FIRST) return false;
  if (phase !== PHASE.DESPERATE && agent.isAlive(starved)) return false;
  return cas(words, at + STARVED, starved, 0);
}

/** Lets the next one have a free lock: the starved one before all others. */
function handOn(words: Words, at: number, agent: Agent): void {
  const starved = load(words, at + STARVED);
  if (starved === 0) return void wakeOne(words, at + SET, agent);
  cas(words, at + STATE, FREE, RESERVED | WAITED); // L2
  wakeAgent(words, at + SET, slotOf(starved), agent);
}

/** Counts an acquisition. What a dead holder has counted is forgotten. */
function deepen(words: Words, at: number, result: number): number {
  if (result === TAKEN || result === TAKEN_ABANDONED) store(words, at + DEPTH, 1);
  if (result !== REENTERED) return result;
  store(words, at + DEPTH, load(words, at + DEPTH) + 1);
  return TAKEN;
}

function again(result: number): number {
  return result === HELD ? AGAIN : result;
}

function giveUp(words: Words, at: number, agent: Agent): number {
  if (endTurn(words, at + STARVED, agent) && (load(words, at + STATE) & ID) === FREE) {
    wakeOne(words, at + SET, agent);
  }
  return EXPIRED;
}

nameOperations("lock", {
  try: tryLock,
  acquire: acquireLock,
  release: releaseLock,
  releaseOwn,
  acquisition,
  setAcquisition,
  isLocked,
  tryRecursive,
  acquireRecursive,
  releaseRecursive,
  releaseAll,
  setDepth,
  isOwner,
});
