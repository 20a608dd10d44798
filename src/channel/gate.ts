/**
 * Layer 5, channel. A gate: at most one agent is past it, for some hundred nanoseconds. What it
 * protects becomes true in one store, so that an agent may be killed at any point.
 *
 * ```text
 * Layout      one word    0, or the id of whoever is past the gate; WAITED beside it
 * States      0 ──cas, enter──▶ id ──exchange, leave──▶ 0
 *             id of a dead agent ──cas, enter, which then repairs──▶ own id
 * Invariants  G1 at most one living agent is past the gate.
 *             G2 while an agent sleeps because of the gate, WAITED is set: it was listed, then left
 *                WAITED in a word that was not 0.
 * Wake-up     who leaves and finds WAITED wakes the whole set; it says nothing about who was waiting
 *             for what.
 * Failure     who finds the id of a dead agent takes its place. A stopped one (SIGSTOP) is waited for.
 * Cost        one compare-and-exchange to enter, one exchange to leave.
 * ```
 *
 * @module
 */

import { cas, exchange, load, pause } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { GATE_LOOKS } from "../memory/layout.ts";
import type { Agent } from "../park/agent.ts";
import { PHASE } from "../park/operation.ts";
import type { Phase } from "../park/operation.ts";
import { wakeAll } from "../park/wait_set.ts";

/** What {@link enter} found. */
export const GATE = {
  /** Somebody else is past it. */
  SHUT: 0,
  /** The caller is. */
  ENTERED: 1,
  /** The caller is, and whoever was before it died there. */
  INHERITED: 2,
} as const;

const ID = (1 << 21) - 1;
const WAITED = 1 << 30;

/** Passes a gate, if nobody is past it. */
export function enter(words: Words, gate: number, agent: Agent, phase: Phase): number {
  if (cas(words, gate, 0, agent.id)) return GATE.ENTERED;
  for (let looks = GATE_LOOKS;;) {
    const state = load(words, gate);
    if (state === 0) {
      if (cas(words, gate, 0, agent.id)) return GATE.ENTERED;
    } else if (--looks > 0) {
      pause();
    } else if (phase === PHASE.FIRST) {
      return GATE.SHUT;
    } else if (!agent.isAlive(state & ID)) {
      if (cas(words, gate, state, agent.id | state & WAITED)) return GATE.INHERITED;
    } else if ((state & WAITED) !== 0 || cas(words, gate, state, state | WAITED)) {
      return GATE.SHUT; // G2
    }
  }
}

/** Leaves a gate. */
export function leave(words: Words, gate: number, set: number, agent: Agent): void {
  if (exchange(words, gate, 0) & WAITED) wakeAll(words, set, agent);
}
