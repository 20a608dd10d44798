/**
 * Layer 5, channel. Which ends of a channel are open: who has the side that puts, and who the side
 * that takes. A side is closed when nobody has it and no reference to it is on its way.
 *
 * ```text
 * Layout      PASSING[side]   how many references are in messages that are read exactly once
 *             TICKETS[side]   a number for each reference in another message, or 0
 *             HOLDERS[slot]   generation of an agent << 20 | times it puts << 10 | times it takes
 *             CHANGES         counts every closing and every reference that was given up
 * States      of a reference: ticket ──arrive──▶ held ──close──▶ gone
 *                             ticket ──drop──▶ gone
 *             A reference in PASSING has no ticket of its own: it arrives or is dropped, never both.
 * Invariants  H1 an agent alone writes its HOLDERS, but for those of the dead, which count as none.
 *             H2 a reference that arrives is held before its ticket is torn: a side that somebody has
 *                or will have never looks closed. A ticket is torn once, whoever tries.
 *             H3 CHANGES is raised after each change that may have closed a side, and DEATHS of the
 *                arena after each death: while both are as they were, a side that was open is open.
 *             H4 CHANGES is raised before a closing as well: whoever sees it closed, but not the one
 *                that it sent a reference to before, sees that something has changed.
 * Wake-up     who raises CHANGES then wakes everybody of the channel.
 * Failure     the side of an agent that is killed is closed as soon as somebody takes note of its
 *             death; those who wait ask from time to time. A reference in PASSING has no owner: one
 *             whose sender is killed before its message is there stays, and its side open for good.
 * ```
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { DEATHS_AT } from "../memory/arena.ts";
import type { Block } from "../memory/arena.ts";
import { add, cas, load } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { agentId, generationOf, MAX_AGENTS } from "../memory/layout.ts";
import type { Agent } from "../park/agent.ts";
import { PHASE } from "../park/operation.ts";
import type { NowOperation, Phase } from "../park/operation.ts";
import { nameOperations } from "../park/operations.ts";
import { wakeAll } from "../park/wait_set.ts";
import { AT, MAX_TICKETS } from "./layout.ts";
import type { Side } from "./layout.ts";
import { rememberedOf } from "./remembered.ts";

const BITS = 10;
const MOST = (1 << BITS) - 1;
const GENERATION_SHIFT = 2 * BITS;

/** Whether somebody has a side, or will have. A channel whose ends do not count is always open. */
export function isOpen(
  words: Words,
  at: number,
  agent: Agent,
  side: Side,
  phase: Phase,
  block: Block,
): boolean {
  if (load(words, at + AT.SIDED) === 0) return true;
  const remembered = rememberedOf(block);
  const { words: root } = block.arena.root;
  for (;;) {
    const changes = load(words, at + AT.CHANGES);
    const deaths = load(root, DEATHS_AT);
    const asBefore = remembered.changes[side] === changes && remembered.deaths[side] === deaths;
    // H3; asking the system takes long, so that is for those who have slept
    if (phase < PHASE.STARVED && asBefore) return true;
    if (isHeld(words, at, agent, side)) {
      remembered.changes[side] = changes;
      remembered.deaths[side] = deaths;
      return true;
    }
    // A reference may have gone from one to another behind the look (H4).
    if (load(words, at + AT.CHANGES) === changes && load(root, DEATHS_AT) === deaths) return false;
  }
}

/** The number of every reference in a message that is read exactly once. */
export const PASSING = 0;

/** A reference on its way: a side, and a number that nobody else has, or {@link PASSING}. */
export type Ticket = readonly [side: Side, number: number];

/** Makes a reference that is on its way. Returns 0 if there are too many with tickets. */
export const sendSide: NowOperation<Ticket> = (words, at, _agent, [side, number]) => {
  if (number === PASSING) {
    add(words, at + AT.PASSING + side, 1);
    return 1;
  }
  const tickets = at + AT.TICKETS + side * MAX_TICKETS;
  for (let i = 0; i < MAX_TICKETS; i++) {
    if (cas(words, tickets + i, 0, number)) return 1;
  }
  return 0;
};

/** Gives up a reference that was on its way, if it has not arrived. */
export const dropSide: NowOperation<Ticket> = (words, at, agent, ticket) => {
  if (tear(words, at, ticket)) changed(words, at, agent);
  return 0;
};

/** Has a side from now on. */
export const openSide: NowOperation<Side> = (words, at, agent, side) => {
  hold(words, at, agent, side, 1);
  return 0;
};

/** Has a side from now on, by a reference that was on its way. */
export const arriveSide: NowOperation<Ticket> = (words, at, agent, ticket) => {
  hold(words, at, agent, ticket[0], 1);
  tear(words, at, ticket); // H2
  return 0;
};

/** Has a side anyway, to which a reference was on its way. */
export const landSide: NowOperation<Ticket> = (words, at, _agent, ticket) => {
  tear(words, at, ticket);
  return 0;
};

/** Whether somebody has a side, or will have: 1 or 0. */
export const isSideOpen: NowOperation<Side> = (words, at, agent, side, block) =>
  isOpen(words, at, agent, side, PHASE.DESPERATE, block) ? 1 : 0;

/** Has a side no longer. */
export const closeSide: NowOperation<Side> = (words, at, agent, side) => {
  add(words, at + AT.CHANGES, 1); // H4
  hold(words, at, agent, side, -1);
  return changed(words, at, agent);
};

function isHeld(words: Words, at: number, agent: Agent, side: Side): boolean {
  if (isOnItsWay(words, at, side)) return true;
  for (let slot = 0; slot < MAX_AGENTS; slot++) {
    const held = load(words, at + AT.HOLDERS + slot);
    if ((held >>> side * BITS & MOST) === 0) continue;
    if (agent.isAlive(agentId(slot, held >>> GENERATION_SHIFT))) return true;
  }
  return false;
}

function isOnItsWay(words: Words, at: number, side: Side): boolean {
  if (load(words, at + AT.PASSING + side) !== 0) return true;
  const tickets = at + AT.TICKETS + side * MAX_TICKETS;
  for (let i = 0; i < MAX_TICKETS; i++) {
    if (load(words, tickets + i) !== 0) return true;
  }
  return false;
}

function tear(words: Words, at: number, [side, number]: Ticket): boolean {
  if (number === PASSING) {
    add(words, at + AT.PASSING + side, -1);
    return true;
  }
  const tickets = at + AT.TICKETS + side * MAX_TICKETS;
  for (let i = 0; i < MAX_TICKETS; i++) {
    if (load(words, tickets + i) === number) return cas(words, tickets + i, number, 0);
  }
  return false;
}

function hold(words: Words, at: number, agent: Agent, side: Side, times: 1 | -1): void {
  const word = at + AT.HOLDERS + agent.slot;
  const generation = generationOf(agent.id);
  for (;;) {
    const before = load(words, word);
    // What an agent that had the slot before has left counts no more.
    const own = before >>> GENERATION_SHIFT === generation
      ? before
      : generation << GENERATION_SHIFT;
    if (times > 0 && (own >>> side * BITS & MOST) === MOST) {
      throw new ProcessError(
        `Cannot open a connection more than ${MOST} times in one process; close the others first`,
      );
    }
    if (cas(words, word, before, own + (times << side * BITS))) return;
  }
}

function changed(words: Words, at: number, agent: Agent): number {
  add(words, at + AT.CHANGES, 1);
  wakeAll(words, at + AT.TAKERS, agent);
  wakeAll(words, at + AT.PUTTERS, agent);
  return 0;
}

nameOperations("side", {
  send: sendSide,
  drop: dropSide,
  open: openSide,
  arrive: arriveSide,
  land: landSide,
  close: closeSide,
  isOpen: isSideOpen,
});
