/**
 * Layer 5, channel. Which ends of a channel are open: who has the side that puts, and who the side
 * that takes. A side is closed when nobody has it and no reference to it is on its way.
 *
 * ```text
 * Layout      TRANSIT[side]   references in messages that nobody has read
 *             HOLDERS[slot]   generation of an agent << 20 | times it takes << 10 | times it puts
 *             CHANGES         counts every closing and every reference that was given up
 * States      of a reference: in transit ──arrive──▶ held ──close──▶ gone
 * Invariants  H1 an agent alone writes its HOLDERS, but for those of the dead, which count as none.
 *             H2 a reference that arrives is held before it is taken from TRANSIT: a side that
 *                somebody has or will have never looks closed. A side that is closed stays closed.
 *             H3 CHANGES is raised after each change that may have closed a side, and DEATHS of the
 *                arena after each death: while both are as they were, a side that was open is open.
 * Wake-up     who raises CHANGES then wakes everybody of the channel.
 * Failure     the side of an agent that is killed is closed as soon as somebody takes note of its
 *             death; those who wait ask from time to time.
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
import { AT } from "./layout.ts";
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
  const changes = load(words, at + AT.CHANGES);
  const deaths = load(block.arena.root.words, DEATHS_AT);
  if (
    phase === PHASE.FIRST && remembered.changes[side] === changes &&
    remembered.deaths[side] === deaths
  ) return true; // H3
  if (!isHeld(words, at, agent, side)) return false;
  remembered.changes[side] = changes;
  remembered.deaths[side] = deaths;
  return true;
}

/** Makes a reference that is on its way. */
export const sendSide: NowOperation<Side> = (words, at, _agent, side) =>
  add(words, at + AT.TRANSIT + side, 1);

/** Gives up a reference that was on its way. */
export const dropSide: NowOperation<Side> = (words, at, agent, side) => {
  add(words, at + AT.TRANSIT + side, -1);
  return changed(words, at, agent);
};

/** Has a side from now on. */
export const openSide: NowOperation<Side> = (words, at, agent, side) => {
  hold(words, at, agent, side, 1);
  return 0;
};

/** Has a side from now on, by a reference that was on its way. */
export const arriveSide: NowOperation<Side> = (words, at, agent, side) => {
  hold(words, at, agent, side, 1);
  return add(words, at + AT.TRANSIT + side, -1); // H2
};

/** Has a side no longer. */
export const closeSide: NowOperation<Side> = (words, at, agent, side) => {
  hold(words, at, agent, side, -1);
  return changed(words, at, agent);
};

function isHeld(words: Words, at: number, agent: Agent, side: Side): boolean {
  if (load(words, at + AT.TRANSIT + side) > 0) return true;
  for (let slot = 0; slot < MAX_AGENTS; slot++) {
    const held = load(words, at + AT.HOLDERS + slot);
    if ((held >>> side * BITS & MOST) === 0) continue;
    if (agent.isAlive(agentId(slot, held >>> GENERATION_SHIFT))) return true;
  }
  // H2: it may have arrived meanwhile, at a slot that was looked at before.
  return load(words, at + AT.TRANSIT + side) > 0;
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
  close: closeSide,
});
