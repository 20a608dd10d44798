/**
 * Layer 5, sync. The protocol of locks, plain and recursive. Operations only: the words are
 * wherever they are, and who waits how is the business of `park`.
 *
 * ```text
 * Layout      word  name     values                       written by            slept on
 *             0     STATE    FREE, or the holder's id     acquirers, releasers  through the wait set
 *             1     STARVED  0, or the id of one waiter   waiters               no
 *             2     DEPTH    recursive: acquisitions by the holder; plain: how often it was taken
 *                            both written, without atomics, by the holder only
 *             3…    wait set
 * States      FREE ──cas, acquire──▶ id ──exchange, release──▶ FREE
 *             id of a dead agent ──cas──▶ FREE, and that acquirer is told; or ──cas──▶ own id
 * Invariants  L1 at most one agent is past acquire, unless it was released by somebody else.
 *             L2 while STARVED is another agent's id, nobody takes a free lock but that agent
 *                (`turn.ts`); so a waiter that has been overtaken for a while gets it next.
 *             L3 the death of a holder is told exactly once: by the one who changes STATE from its id.
 * Wake-up     release stores FREE, then wakes the starved agent or one of the set. An acquirer enlists,
 *             then tries (`park/wait_set.ts`). Who clears STARVED without taking the lock wakes one.
 * Failure     a waiter that gives up clears its own STARVED. A starved one that dies is found by any
 *             other waiter, which clears it. A wake-up that a dying agent received is made good by the
 *             next look of another (`SLICE_MS`).
 * ```
 *
 * @module
 */

import { cas, exchange, load, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { WAIT_SET } from "../memory/layout.ts";
import type { Agent } from "../park/agent.ts";
import { AGAIN, EXPIRED, PHASE } from "../park/operation.ts";
import type { NowOperation, Phase, WaitOperation } from "../park/operation.ts";
import { nameOperations } from "../park/operations.ts";
import { wakeOne } from "../park/wait_set.ts";
import { endTurn, mustStepBack, wakeNext } from "./turn.ts";

const STATE = 0;
const STARVED = 1;
const DEPTH = 2;
const SET = 3;
const FREE = 0;

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
export const tryLock: NowOperation = (words, at, agent, onAbandoned) =>
  attempt(words, at, agent, onAbandoned, PHASE.LISTED, false);

/** Takes a lock. */
export const acquireLock: WaitOperation = {
  waitSet: SET,
  inTurn: true,
  attempt: (words, at, agent, onAbandoned, _ticket, phase) =>
    again(attempt(words, at, agent, onAbandoned, phase, false)),
  giveUp,
  undo: (words, at, agent, _onAbandoned, result) => {
    if (result === TAKEN || result === TAKEN_ABANDONED) releaseLock(words, at, agent, 0, null!);
  },
};

/** Releases a lock, whoever holds it. Returns {@link HELD} if nobody does. */
export const releaseLock: NowOperation = (words, at, agent) => {
  if (exchange(words, at + STATE, FREE) === FREE) return HELD;
  wakeNext(words, at + STARVED, at + SET, agent);
  return TAKEN;
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
  if (words[at + DEPTH] !== which || !cas(words, at + STATE, agent.id, FREE)) return HELD;
  wakeNext(words, at + STARVED, at + SET, agent);
  return TAKEN;
};

/** Whether a lock is held. */
export const isLocked: NowOperation = (words, at) => load(words, at + STATE) === FREE ? 0 : 1;

/** Tries to take a lock, again if the caller's isolate holds it. */
export const tryRecursive: NowOperation = (words, at, agent, onAbandoned) =>
  deepen(words, at, attempt(words, at, agent, onAbandoned, PHASE.LISTED, true));

/** Takes a lock, again if the caller's isolate holds it. */
export const acquireRecursive: WaitOperation = {
  waitSet: SET,
  inTurn: true,
  attempt: (words, at, agent, onAbandoned, _ticket, phase) =>
    again(deepen(words, at, attempt(words, at, agent, onAbandoned, phase, true))),
  giveUp,
  undo: (words, at, agent, _onAbandoned, result) => {
    if (result === TAKEN || result === TAKEN_ABANDONED) {
      releaseRecursive(words, at, agent, 0, null!);
    }
  },
};

/** Takes back one acquisition of the caller's isolate. */
export const releaseRecursive: NowOperation = (words, at, agent) => {
  const state = load(words, at + STATE);
  if (state === FREE) return HELD;
  if (state !== agent.id) return NOT_OWNER;
  const depth = load(words, at + DEPTH) - 1;
  store(words, at + DEPTH, depth);
  return depth > 0 ? TAKEN : releaseLock(words, at, agent, 0, null!);
};

/** Takes back every acquisition of the caller's isolate; returns how many, 0 if it has none. */
export const releaseAll: NowOperation = (words, at, agent) => {
  if (load(words, at + STATE) !== agent.id) return 0;
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
  load(words, at + STATE) === agent.id ? 1 : 0;

function attempt(
  words: Words,
  at: number,
  agent: Agent,
  onAbandoned: number,
  phase: Phase,
  recursive: boolean,
): number {
  const { id } = agent;
  if (recursive && load(words, at + STATE) === id) return REENTERED;
  if (!mustStepBack(words, at + STARVED, at + SET, agent, phase)) { // L2
    if (cas(words, at + STATE, FREE, id)) {
      endTurn(words, at + STARVED, agent);
      if (!recursive) words[at + DEPTH] = words[at + DEPTH] + 1 | 0;
      return TAKEN;
    }
  }
  const holder = load(words, at + STATE);
  if (holder === FREE || holder === id || phase === PHASE.FIRST || agent.isAlive(holder)) {
    return HELD;
  }
  const take = onAbandoned === ON_ABANDONED.TAKE;
  if (!cas(words, at + STATE, holder, take ? id : FREE)) return HELD; // L3
  endTurn(words, at + STARVED, agent);
  if (take) {
    if (!recursive) words[at + DEPTH] = words[at + DEPTH] + 1 | 0;
    return TAKEN_ABANDONED;
  }
  wakeNext(words, at + STARVED, at + SET, agent);
  return ABANDONED;
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
  if (endTurn(words, at + STARVED, agent) && load(words, at + STATE) === FREE) {
    wakeOne(words, at + SET, agent); // S2
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
