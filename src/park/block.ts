/**
 * Layer 4, park. Waiting with the whole isolate: spin for a moment, then sleep on the bell.
 *
 * Wake-up: the bell is read before the agent enlists, and the object is tried between enlisting and
 * sleeping (W1, W2 in `wait_set.ts`). A sleep lasts at most {@link SLICE_MS}, after which the
 * attempt asks whether the others still live: nothing here depends on it as long as nobody is
 * killed.
 *
 * @module
 */

import type { Block } from "../memory/arena.ts";
import type { Sleeper } from "./agent.ts";
import { AGAIN, EXPIRED, PHASE } from "./operation.ts";
import type { Phase, WaitOperation } from "./operation.ts";
import { delist, enlist, wakeOne } from "./wait_set.ts";

/** How many looks there are from one to the clock to the next. */
const LOOKS = 16;
/** How long a sleep lasts at first, and at most: so long a killed agent may go unnoticed. */
const FIRST_SLICE_MS = 20;
export const SLICE_MS = 500;
/** How long a waiter lets others overtake it. */
export const PATIENCE_MS = 2;
/** How long a waiter lets another go first that does not come. */
export const POLITENESS_MS = 50;

/** How long to sleep: a waiter looks again when it has waited twice as long. */
export function sliceAfter(waitedMs: number): number {
  return Math.min(Math.max(waitedMs, FIRST_SLICE_MS), SLICE_MS);
}

/** How far an attempt has come that is in the wait set. */
export function phaseAfter(waitedMs: number): Phase {
  if (waitedMs <= PATIENCE_MS) return PHASE.LISTED;
  return waitedMs <= POLITENESS_MS ? PHASE.STARVED : PHASE.DESPERATE;
}

/**
 * Waits until an operation succeeds.
 *
 * @param timeout Milliseconds in all; 0 or less tries once.
 * @returns The operation's result, or {@link EXPIRED}.
 */
export function block<A>(
  operation: WaitOperation<A>,
  block: Pick<Block, "words" | "at">,
  agent: Sleeper,
  argument: A,
  timeout: number,
): number {
  const { words, at } = block;
  const ticket = operation.begin?.(words, at, agent, argument) ?? 0;
  const attempt = (phase: Phase) =>
    operation.attempt(words, at, agent, argument, ticket, phase, block as Block);
  let result = attempt(PHASE.FIRST);
  if (result !== AGAIN) return result;
  const patience = timeout > 0 ? agent.patience() : 0;
  if (patience > 0) {
    const end = agent.now() + patience;
    for (let looks = 1; result === AGAIN; looks++) {
      if (looks % LOOKS === 0 && agent.now() > end) break;
      agent.pause();
      result = attempt(PHASE.FIRST);
    }
    if (result !== AGAIN) {
      agent.succeeded();
      return result;
    }
  }
  const set = at + operation.waitSet;
  const start = agent.now();
  for (let waited = 0;; waited = agent.now() - start) {
    const seen = agent.bell();
    enlist(words, set, agent);
    const last = waited >= timeout;
    result = attempt(last && operation.insistsAtLast ? PHASE.DESPERATE : phaseAfter(waited));
    if (result === AGAIN && last) {
      result = operation.giveUp?.(words, at, agent, argument, ticket) ?? EXPIRED;
    }
    if (result !== AGAIN) {
      // A wake-up that came to this agent may have been meant for a thing that it did not take.
      if (!delist(words, set, agent)) wakeOne(words, set, agent);
      agent.succeeded();
      return result;
    }
    agent.sleep(seen, Math.min(sliceAfter(waited), timeout - waited));
  }
}
