/**
 * Layer 5, sync. Whose turn it is: lets a waiter that has been overtaken for a while go first.
 * Semaphores, and locks in a quicker way of their own, are otherwise free for whoever comes: that is
 * faster by far than handing them over to a sleeper every time.
 *
 * ```text
 * Layout      STARVED   0, or the id of one waiter: all others step back
 * Invariants  S1 only the agent itself sets STARVED to its id, and only it or whoever finds it dead
 *                clears it.
 *             S2 who clears STARVED and leaves something to take wakes another: those who stepped
 *                back have used their wake-ups up.
 * ```
 *
 * @module
 */

import { cas, load, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { slotOf } from "../memory/layout.ts";
import type { Agent } from "../park/agent.ts";
import { PHASE } from "../park/operation.ts";
import type { Phase } from "../park/operation.ts";
import { wakeAgent, wakeOne } from "../park/wait_set.ts";

/** Whether the caller must let another agent go first. */
export function mustStepBack(
  words: Words,
  starvedAt: number,
  set: number,
  agent: Agent,
  phase: Phase,
): boolean {
  if (phase >= PHASE.STARVED) cas(words, starvedAt, 0, agent.id); // S1
  for (;;) {
    const starved = load(words, starvedAt);
    if (starved === 0 || starved === agent.id || phase === PHASE.DESPERATE) return false;
    if (phase === PHASE.FIRST || agent.isAlive(starved)) return true;
    if (cas(words, starvedAt, starved, 0)) wakeOne(words, set, agent); // S2
  }
}

/** The caller is not starved any more. Returns whether it was: then S2 is the caller's duty. */
export function endTurn(words: Words, starvedAt: number, agent: Agent): boolean {
  if (load(words, starvedAt) !== agent.id) return false;
  store(words, starvedAt, 0);
  return true;
}

/** Wakes whoever is to take what has become free. */
export function wakeNext(words: Words, starvedAt: number, set: number, agent: Agent): void {
  const starved = load(words, starvedAt);
  if (starved !== 0) wakeAgent(words, set, slotOf(starved), agent);
  else wakeOne(words, set, agent);
}
