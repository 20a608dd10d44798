/**
 * Layer 5, sync. Whose turn it is: lets a waiter that has been overtaken for a while go first.
 * Semaphores, and locks in a quicker way of their own, are otherwise free for whoever comes: that is
 * faster by far than handing them over to a sleeper every time.
 *
 * ```text
 * Layout      STARVED   0, or the id of one waiter: all others step back
 * Invariants  S1 only the agent itself sets STARVED to its id; it clears it, or whoever finds it dead,
 *                or one who has stepped back for much too long and passes.
 *             S2 who clears STARVED wakes as many others as there is something left to take for: they
 *                have stepped back and used their wake-ups up, and releases have woken the starved one.
 * Failure     a starved agent that does not run, as its loop is busy or it was stopped, holds the
 *             others up until one of them passes. When it runs again it sets STARVED again.
 * ```
 *
 * @module
 */

import { cas, load } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { slotOf } from "../memory/layout.ts";
import type { Agent } from "../park/agent.ts";
import { PHASE } from "../park/operation.ts";
import type { Phase } from "../park/operation.ts";
import { wakeAgent, wakeOne } from "../park/wait_set.ts";

/**
 * Whether the caller must let another agent go first.
 *
 * @param at The object, whose STARVED is the word `starved`.
 * @param wake Wakes as many as there is something to take for.
 */
export function mustStepBack(
  words: Words,
  at: number,
  starved: number,
  agent: Agent,
  phase: Phase,
  wake: (words: Words, at: number, agent: Agent) => void,
): boolean {
  if (phase >= PHASE.STARVED) cas(words, at + starved, 0, agent.id); // S1
  for (;;) {
    const first = load(words, at + starved);
    if (first === 0 || first === agent.id) return false;
    if (phase === PHASE.FIRST || agent.isAlive(first)) return phase !== PHASE.DESPERATE;
    if (cas(words, at + starved, first, 0)) wake(words, at, agent); // S2
  }
}

/**
 * The caller is not starved any more. Returns whether it has cleared STARVED: then S2 is its duty.
 *
 * @param phase Given by one who has taken something: if it is DESPERATE, it has passed whoever was
 * starved (S1).
 */
export function endTurn(
  words: Words,
  starvedAt: number,
  agent: Agent,
  phase: Phase = PHASE.LISTED,
): boolean {
  const starved = load(words, starvedAt);
  if (starved === 0 || starved !== agent.id && phase !== PHASE.DESPERATE) return false;
  return cas(words, starvedAt, starved, 0);
}

/** Wakes whoever is to take what has become free. */
export function wakeNext(words: Words, starvedAt: number, set: number, agent: Agent): void {
  const starved = load(words, starvedAt);
  if (starved !== 0) wakeAgent(words, set, slotOf(starved), agent);
  else wakeOne(words, set, agent);
}
