/**
 * Layer 5, sync. Permits of a semaphore that come back when their holder dies: the counter and the
 * holder's record are two words, so a mark in the counter says whose record is about to follow.
 *
 * ```text
 * Layout      VALUE        mark << 21 | permits; mark = slot << 2 | TAKE, GIVE or ALL, or 0
 *             HELD[slot]   generation << 19 | RECORDED << 18 | permits held; written by its agent
 *             REPAIRER     0, or the id of the one agent that repairs
 * States      of a take: H1 cas VALUE to permits - 1 and the mark TAKE · H2 HELD + 1, RECORDED
 *             H3 clear the mark · H4 clear RECORDED. A give is the same with + 1, GIVE and - 1.
 * Invariants  H5 one mark at a time: nobody else begins until it is cleared.
 *             H6 RECORDED is clear when a mark is set; so RECORDED under a mark means that the record
 *                has followed.
 *             H7 only the REPAIRER writes on behalf of a dead agent, and only a dead REPAIRER is
 *                replaced: what it finds does not change under its hands.
 *             H8 what comes back never lifts the permits above BOUND: somebody who had none has
 *                released one in the meantime, and that one is not counted twice.
 * Failure     an agent that dies
 *                before H2 of a take: the permit goes back to VALUE, the mark is cleared;
 *                before H2 of a give: the record is completed;
 *                after H2: the mark is cleared.
 *             Then everything in its record is given back in one step, marked ALL, which its next
 *             repairer completes if the first one dies: HELD becomes 0 and RECORDED.
 *             A thread that counts as dead and runs on gives nothing back: others do.
 * ```
 *
 * @module
 */

import { cas, load, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { agentId, generationOf, MAX_AGENTS } from "../memory/layout.ts";
import type { Agent } from "../park/agent.ts";

/** Words of a semaphore that this protocol uses. */
export const VALUE = 0;
export const BOUND = 2;
const REPAIRER = 3;

/** Bits of VALUE that count permits. */
export const MARK_SHIFT = 21;
/** The most permits of a semaphore. */
export const MAX_PERMITS: number = (1 << MARK_SHIFT) - 1;

const TAKE = 1;
const GIVE = 2;
const ALL = 3;
const MODE = 3;
const GENERATION_SHIFT = 19;
const RECORDED = 1 << 18;
const COUNT = RECORDED - 1;

/** Takes a permit for the agent. Returns false if there is none. */
export function takeHeld(words: Words, at: number, held: number, agent: Agent): boolean {
  const own = prepare(words, at, held, agent);
  for (;;) {
    const value = load(words, at + VALUE);
    if ((value & MAX_PERMITS) === 0) return false;
    if (value >>> MARK_SHIFT !== 0) { // H5
      repair(words, at, held, agent);
      continue;
    }
    if (cas(words, at + VALUE, value, value - 1 | mark(agent.slot, TAKE))) break; // H1
  }
  finish(words, at, own, load(words, own) + 1);
  return true;
}

/**
 * Gives a permit of the agent back. Returns false if there were as many as there may be: then it is
 * the agent's no more, and there are no more than before. An agent that counts as ended has none:
 * what it held comes back, or has come back, without it.
 */
export function giveHeld(words: Words, at: number, held: number, agent: Agent): boolean {
  const own = held + agent.slot;
  const bound = load(words, at + BOUND);
  let raised = false;
  for (;;) {
    const value = load(words, at + VALUE);
    if (!agent.isAlive(agent.id)) return true;
    if (value >>> MARK_SHIFT !== 0) { // H5
      repair(words, at, held, agent);
      continue;
    }
    const after = raise(value, 1, bound);
    raised = after !== value;
    if (cas(words, at + VALUE, value, after | mark(agent.slot, GIVE))) break; // H1
  }
  finish(words, at, own, load(words, own) - 1);
  return raised;
}

/** Gives back what dead agents held, and clears their mark. Returns how many permits that were. */
export function repair(words: Words, at: number, held: number, agent: Agent): number {
  if (!hasDead(words, at, held, agent)) return 0;
  const repairer = load(words, at + REPAIRER);
  if (repairer !== 0 && (repairer === agent.id || agent.isAlive(repairer))) return 0;
  if (!cas(words, at + REPAIRER, repairer, agent.id)) return 0; // H7
  let returned = 0;
  for (let slot = 0; slot < MAX_AGENTS; slot++) {
    if (isDead(words, at, held, slot, agent)) returned += bury(words, at, held + slot, slot);
  }
  store(words, at + REPAIRER, 0);
  return returned;
}

function bury(words: Words, at: number, record: number, slot: number): number {
  const bound = load(words, at + BOUND);
  let returned = 0;
  const value = load(words, at + VALUE);
  const mode = value >>> MARK_SHIFT & MODE;
  if (mode !== 0 && value >>> MARK_SHIFT + 2 === slot) {
    const entry = load(words, record);
    if (!(entry & RECORDED)) {
      if (mode === TAKE) returned++;
      else store(words, record, (mode === GIVE ? entry - 1 : entry & ~COUNT) | RECORDED);
    }
    unmark(words, at, mode === TAKE && returned > 0 ? 1 : 0, bound);
    if (mode === ALL) returned++; // its repairer may have died before it woke anybody
  }
  const entry = load(words, record) & ~RECORDED;
  const count = entry & COUNT;
  store(words, record, entry); // H6
  if (count === 0) return returned;
  for (;;) {
    const value = load(words, at + VALUE);
    if (value >>> MARK_SHIFT !== 0) return returned; // of an agent that lives: the next look goes on
    if (cas(words, at + VALUE, value, raise(value, count, bound) | mark(slot, ALL))) break;
  }
  store(words, record, entry & ~COUNT | RECORDED);
  unmark(words, at);
  return returned + count;
}

/** Makes sure that the agent's record is its own, and not a dead predecessor's. */
function prepare(words: Words, at: number, held: number, agent: Agent): number {
  const own = held + agent.slot;
  const generation = generationOf(agent.id);
  while (load(words, own) >>> GENERATION_SHIFT !== generation) {
    const entry = load(words, own);
    const marked = load(words, at + VALUE) >>> MARK_SHIFT;
    const clean = (entry & COUNT) === 0 && (marked === 0 || marked >> 2 !== agent.slot);
    if (clean) store(words, own, generation << GENERATION_SHIFT);
    else repair(words, at, held, agent);
  }
  return own;
}

function finish(words: Words, at: number, own: number, entry: number): void {
  store(words, own, entry | RECORDED); // H2
  unmark(words, at); // H3
  store(words, own, entry); // H4
}

/** Clears the mark and adds permits. */
function unmark(words: Words, at: number, permits = 0, bound = MAX_PERMITS): void {
  for (;;) {
    const value = load(words, at + VALUE);
    if (cas(words, at + VALUE, value, raise(value & MAX_PERMITS, permits, bound))) return;
  }
}

/** A number of permits with some more, as many as there may be (H8). */
function raise(permits: number, count: number, bound: number): number {
  return Math.min(permits + count, bound);
}

function hasDead(words: Words, at: number, held: number, agent: Agent): boolean {
  for (let slot = 0; slot < MAX_AGENTS; slot++) {
    if (isDead(words, at, held, slot, agent)) return true;
  }
  return false;
}

/** Whether the agent that has a record in a slot, or set the mark, is dead. */
function isDead(words: Words, at: number, held: number, slot: number, agent: Agent): boolean {
  const entry = load(words, held + slot);
  if (entry === 0) return false; // the record is begun before the mark is set
  const id = agentId(slot, entry >>> GENERATION_SHIFT);
  if (id === agent.id) return false;
  const marked = load(words, at + VALUE) >>> MARK_SHIFT;
  const open = (entry & (COUNT | RECORDED)) !== 0 || marked !== 0 && marked >> 2 === slot;
  return open && !agent.isAlive(id);
}

function mark(slot: number, mode: number): number {
  return (slot << 2 | mode) << MARK_SHIFT;
}
