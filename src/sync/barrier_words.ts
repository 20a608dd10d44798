/**
 * Layer 5, sync. The protocol of barriers.
 *
 * ```text
 * Layout      word  name      values                                      written by
 *             0     STATE     round << 17 | TRIPPED << 16 | phase << 14 | arrived   parties
 *             1     PARTIES   how many                                              its maker, once
 *             2     OUTCOMES  of earlier rounds: bit round mod 32 is 1 if it tripped
 *             3     SLOTS     how many slots there are up to the last party's         parties
 *             4…    wait set
 *             …     PARTY[slot]  generation << 16 | KNOWN << 15 | waits inside; by its agent
 * States      FILLING ──the last one arrives──▶ ACTING ──trip──▶ FILLING, round + 1, TRIPPED
 *             FILLING, ACTING ──abort, a time-out, a death──▶ BROKEN ──reset──▶ FILLING, round + 1
 *             TRIPPED says how the round before ended; waiters that are slower look into OUTCOMES.
 * Invariants  B1 an arrival is in PARTY before it is counted in STATE, and until its wait has returned;
 *                so the death of a party that was counted shows. Before that SLOTS goes beyond its slot.
 *             B2 STATE changes by cas from the round that was seen: nobody trips or breaks another
 *                round than its own.
 *             B3 a round ends and gets its outcome in one step. Whoever ends the next one copies that
 *                outcome into OUTCOMES before: all copy the same.
 * Wake-up     whoever ends a round or breaks it changes STATE, then wakes all.
 * Failure     a party that is killed while it waits, or between two waits while others wait, breaks the
 *             barrier: a waiter finds it, or the last one to arrive. One that has ended by itself does
 *             not. reset forgets all.
 * ```
 *
 * @module
 */

import { add, and, cas, load, or, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { agentId, generationOf, MAX_AGENTS, WAIT_SET } from "../memory/layout.ts";
import type { Agent } from "../park/agent.ts";
import { AGAIN, EXPIRED, PHASE } from "../park/operation.ts";
import type { NowOperation, WaitOperation } from "../park/operation.ts";
import { nameOperations } from "../park/operations.ts";
import { wakeAll } from "../park/wait_set.ts";

const STATE = 0;
const PARTIES = 1;
const OUTCOMES = 2;
const SLOTS = 3;
const SET = 4;
const PARTY = SET + WAIT_SET.LENGTH;

const ROUND_SHIFT = 17;
const ROUNDS = 0x7fff;
const TRIPPED = 1 << 16;
const PHASE_SHIFT = 14;
const COUNT = (1 << PHASE_SHIFT) - 1;
const TICKET_SHIFT = 15;
const FILLING = 0;
const ACTING = 1;
const BROKEN_PHASE = 2;

const AGENT_SHIFT = 16;
const KNOWN = 1 << 15;
const INSIDE = KNOWN - 1;

/** Words of a barrier. */
export const BARRIER_WORDS = PARTY + MAX_AGENTS;
/** The most parties. */
export const MAX_PARTIES: number = COUNT;
/** The barrier is broken; larger than every ticket. */
export const BROKEN: number = 2 ** 30;

/** Sets a new barrier up. */
export function initBarrier(words: Words, at: number, parties: number): void {
  store(words, at + PARTIES, parties);
}

/** Says that a party comes, before {@link enterBarrier}. */
export const comeToBarrier: NowOperation = (words, at, agent) => {
  const own = at + PARTY + agent.slot;
  const generation = generationOf(agent.id);
  for (let slots = load(words, at + SLOTS); slots <= agent.slot; slots = load(words, at + SLOTS)) {
    cas(words, at + SLOTS, slots, agent.slot + 1);
  }
  const entry = load(words, own);
  if (entry >>> AGENT_SHIFT !== generation) store(words, own, generation << AGENT_SHIFT);
  or(words, own, KNOWN);
  add(words, own, 1); // B1
  return 0;
};

/**
 * Arrives, as soon as the round before is over. The result is a ticket: see {@link indexOf}. The
 * party whose index is the last one carries out the action, then calls {@link tripBarrier} or
 * {@link abortBarrier}; the others go on to {@link awaitBarrier}. All call {@link leaveBarrier} at the
 * end, also after {@link BROKEN}.
 */
export const enterBarrier: WaitOperation = {
  waitSet: SET,
  inTurn: false,
  attempt(words, at, agent, _argument, _ticket, phase) {
    for (;;) {
      const state = load(words, at + STATE);
      if (phaseOf(state) === BROKEN_PHASE) return BROKEN;
      if (phaseOf(state) === ACTING) {
        if (phase === PHASE.FIRST || !hasDead(words, at, agent)) return AGAIN;
        breakRound(words, at, agent, state);
        return BROKEN;
      }
      const count = state & COUNT;
      const last = count + 1 === load(words, at + PARTIES);
      if (last && count > 0 && hasDead(words, at, agent)) {
        if (breakRound(words, at, agent, state)) return BROKEN;
        continue;
      }
      if (!cas(words, at + STATE, state, state + 1 | (last ? ACTING << PHASE_SHIFT : 0))) continue;
      return roundOf(state) << TICKET_SHIFT | count;
    }
  },
  giveUp(words, at, agent) {
    breakRound(words, at, agent, load(words, at + STATE));
    return EXPIRED;
  },
};

/** Waits for the others; the argument is the ticket. Results: the index, or {@link BROKEN}. */
export const awaitBarrier: WaitOperation = {
  waitSet: SET,
  inTurn: false,
  attempt(words, at, agent, ticket, _ticket, phase) {
    const result = outcomeOf(words, at, ticket);
    if (result !== AGAIN || phase === PHASE.FIRST || !hasDead(words, at, agent)) return result;
    breakRound(words, at, agent, load(words, at + STATE), ticket);
    return outcomeOf(words, at, ticket);
  },
  giveUp(words, at, agent, ticket) {
    breakRound(words, at, agent, load(words, at + STATE), ticket);
    const result = outcomeOf(words, at, ticket);
    return result === BROKEN ? EXPIRED : result;
  },
};

/** The index of the party with a ticket. */
export function indexOf(ticket: number): number {
  return ticket & COUNT;
}

/** Lets everybody through; called by the last party. Returns its index, or {@link BROKEN}. */
export const tripBarrier: NowOperation = (words, at, agent, ticket) => {
  return nextRound(words, at, agent, ticket >> TICKET_SHIFT, true) ? ticket & COUNT : BROKEN;
};

/** Breaks the barrier. */
export const abortBarrier: NowOperation = (words, at, agent) => {
  for (;;) {
    const state = load(words, at + STATE);
    if (phaseOf(state) === BROKEN_PHASE || breakRound(words, at, agent, state)) return 1;
  }
};

/** Makes the barrier as new; whoever waits gets {@link BROKEN}. */
export const resetBarrier: NowOperation = (words, at, agent) => {
  const slots = load(words, at + SLOTS);
  for (let slot = 0; slot < slots; slot++) {
    const own = at + PARTY + slot;
    if (load(words, own) === 0) continue;
    const entry = and(words, own, ~KNOWN) & ~KNOWN;
    const dead = (entry & INSIDE) > 0 && !agent.isAlive(agentId(slot, entry >>> AGENT_SHIFT));
    if (dead) cas(words, own, entry, 0); // it cannot leave by itself
  }
  const state = load(words, at + STATE);
  return nextRound(words, at, agent, roundOf(state), false) ? 1 : 0;
};

/** Ends the wait of a party, whatever its result. */
export const leaveBarrier: NowOperation = (words, at, agent) => {
  add(words, at + PARTY + agent.slot, -1);
  return 0;
};

/** Whether the barrier is broken. */
export const isBroken: NowOperation = (words, at) =>
  phaseOf(load(words, at + STATE)) === BROKEN_PHASE ? 1 : 0;

/** How many parties wait. */
export const waitingParties: NowOperation = (words, at) => {
  const state = load(words, at + STATE);
  return phaseOf(state) === FILLING ? state & COUNT : 0;
};

/** How many parties the barrier has. */
export const partyCount: NowOperation = (words, at) => load(words, at + PARTIES);

function outcomeOf(words: Words, at: number, ticket: number): number {
  const round = ticket >> TICKET_SHIFT;
  const state = load(words, at + STATE);
  if (roundOf(state) === round) return phaseOf(state) === BROKEN_PHASE ? BROKEN : AGAIN;
  const tripped = roundOf(state) === (round + 1 & ROUNDS)
    ? (state & TRIPPED) !== 0
    : (load(words, at + OUTCOMES) >>> (round & 31) & 1) === 1;
  return tripped ? ticket & COUNT : BROKEN;
}

/** Breaks the round that was seen, if it is the ticket's and still on. */
function breakRound(
  words: Words,
  at: number,
  agent: Agent,
  seen: number,
  ticket = roundOf(seen) << TICKET_SHIFT,
): boolean {
  for (
    let state = seen;
    roundOf(state) === ticket >> TICKET_SHIFT;
    state = load(words, at + STATE)
  ) {
    if (phaseOf(state) === BROKEN_PHASE) return true;
    const broken = state & ~(3 << PHASE_SHIFT) | BROKEN_PHASE << PHASE_SHIFT;
    if (!cas(words, at + STATE, state, broken)) continue; // B2
    wakeAll(words, at + SET, agent);
    return true;
  }
  return false;
}

/** Ends a round, unless it has ended. A broken round does not trip. */
function nextRound(
  words: Words,
  at: number,
  agent: Agent,
  round: number,
  tripped: boolean,
): boolean {
  for (;;) {
    const state = load(words, at + STATE);
    if (roundOf(state) !== round || (phaseOf(state) === BROKEN_PHASE && tripped)) return false;
    const before = 1 << (round - 1 & 31);
    if (state & TRIPPED) or(words, at + OUTCOMES, before); // B3
    else and(words, at + OUTCOMES, ~before);
    const next = (round + 1 & ROUNDS) << ROUND_SHIFT | (tripped ? TRIPPED : 0);
    if (!cas(words, at + STATE, state, next)) continue; // B2
    wakeAll(words, at + SET, agent);
    return true;
  }
}

/** Whether a party is dead that waits, or that was killed since it has waited. */
function hasDead(words: Words, at: number, agent: Agent): boolean {
  const slots = load(words, at + SLOTS);
  for (let slot = 0; slot < slots; slot++) {
    const entry = load(words, at + PARTY + slot);
    if (entry === 0 || slot === agent.slot) continue;
    const id = agentId(slot, entry >>> AGENT_SHIFT);
    if ((entry & INSIDE) > 0 && !agent.isAlive(id)) return true;
    if ((entry & KNOWN) && agent.wasKilled(id)) return true;
  }
  return false;
}

function roundOf(state: number): number {
  return state >>> ROUND_SHIFT;
}

function phaseOf(state: number): number {
  return state >>> PHASE_SHIFT & 3;
}

nameOperations("barrier", {
  come: comeToBarrier,
  enter: enterBarrier,
  wait: awaitBarrier,
  trip: tripBarrier,
  abort: abortBarrier,
  reset: resetBarrier,
  leave: leaveBarrier,
  isBroken,
  waiting: waitingParties,
  parties: partyCount,
});
