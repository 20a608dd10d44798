/**
 * Layer 5, sync. The protocol of condition variables: who waits, and who has been notified. The
 * lock that belongs to a condition is an object of its own; waits begin and notifications are given
 * by its holder.
 *
 * ```text
 * Layout      word  name          values                                  written by
 *             0     CURSOR        the slot after the one notified last    notifiers
 *             1…    wait set      (of no use for whom to notify, only to wake it)
 *             …     ENTRY[slot]   generation << 20 | waiting << 10 | granted
 * States      of an agent's entry, each in one step, by cas:
 *             begin    waiting + 1                         by the agent
 *             notify   waiting - 1, granted + 1            by a notifier, which then wakes the agent
 *             attempt  granted - 1                         by the agent
 *             give up  granted - 1 if there is one, which counts as notified; or waiting - 1
 *             inherit  granted - 1 in a dead agent's entry, waiting - 1 in one's own; by a waiter
 * Invariants  C1 waiting + granted is the number of the agent's waits that have not returned.
 *             C2 a notification is in exactly one entry until one wait returns for it.
 * Wake-up     notify changes the entry, then wakes that agent. A waiter enlists, then looks at its entry.
 * Failure     a notification in a dead agent's entry is inherited by a waiter that looks for it
 *             whenever it has slept for a while. A notifier that dies has notified those it changed;
 *             if it died before it woke them, they see it at their next look.
 * ```
 *
 * @module
 */

import { cas, load, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { agentId, generationOf, MAX_AGENTS, WAIT_SET } from "../memory/layout.ts";
import type { Agent } from "../park/agent.ts";
import { AGAIN, EXPIRED, PHASE } from "../park/operation.ts";
import type { NowOperation, WaitOperation } from "../park/operation.ts";
import { nameOperations } from "../park/operations.ts";
import { wakeAgent } from "../park/wait_set.ts";

const CURSOR = 0;
const SET = 1;
const ENTRY = SET + WAIT_SET.LENGTH;
const GENERATION_SHIFT = 20;
const WAITING = 1 << 10;
const COUNT = WAITING - 1;

/** Words of a condition. */
export const CONDITION_WORDS = ENTRY + MAX_AGENTS;
/** How many waits of one isolate a condition can count. */
export const MAX_WAITS: number = COUNT;
/** The wait returns because it was notified. */
export const NOTIFIED = 1;
/** The wait cannot begin: the isolate has too many. */
export const TOO_MANY = 2;

/** Waits to be notified. Begins while the caller holds the lock, which it releases afterwards. */
export const awaitNotice: WaitOperation = {
  waitSet: SET,
  inTurn: false,
  attempt(words, at, agent, _argument, _ticket, phase) {
    const own = at + ENTRY + agent.slot;
    if (take(words, own)) return NOTIFIED;
    return phase !== PHASE.FIRST && inherit(words, at, own, agent) ? NOTIFIED : AGAIN;
  },
  giveUp(words, at, agent) {
    const own = at + ENTRY + agent.slot;
    for (;;) {
      const entry = load(words, own);
      const notified = (entry & COUNT) > 0;
      if (cas(words, own, entry, entry - (notified ? 1 : WAITING))) { // C2
        return notified ? NOTIFIED : EXPIRED;
      }
    }
  },
  undo(words, at, agent, _argument, result) {
    if (result === NOTIFIED) notifyWaits(words, at, agent, 1, null!);
  },
};

/** Counts a wait of the caller's, which holds the lock. {@link NOTIFIED}, or {@link TOO_MANY}. */
export const beginWait: NowOperation = (words, at, agent) => {
  const own = at + ENTRY + agent.slot;
  const generation = generationOf(agent.id);
  for (;;) {
    const entry = load(words, own);
    if (entry >>> GENERATION_SHIFT !== generation) {
      cas(words, own, entry, generation << GENERATION_SHIFT); // its predecessor's waits are over
    } else if (waiting(entry) + (entry & COUNT) >= COUNT) {
      return TOO_MANY;
    } else if (cas(words, own, entry, entry + WAITING)) {
      return NOTIFIED;
    }
  }
};

/** Notifies up to `count` waits; the caller holds the lock. Returns how many. */
export const notifyWaits: NowOperation = (words, at, agent, count) => {
  const start = load(words, at + CURSOR);
  let notified = 0;
  for (let step = 0; step < MAX_AGENTS && notified < count; step++) {
    const slot = (start + step) % MAX_AGENTS;
    const here = at + ENTRY + slot;
    for (let entry = load(words, here); waiting(entry) > 0 && notified < count;) {
      const some = count === Infinity ? waiting(entry) : 1;
      if (cas(words, here, entry, entry - some * WAITING + some)) {
        notified += some;
        store(words, at + CURSOR, slot + 1);
        wakeAgent(words, at + SET, slot, agent); // C2
        if (count !== Infinity) break; // the next one in turn
      }
      entry = load(words, here);
    }
  }
  // Fewer agents wait than are to be notified: once more around.
  return notified > 0 && notified < count
    ? notified + notifyWaits(words, at, agent, count - notified, null!)
    : notified;
};

/** Takes a notification out of an entry. */
function take(words: Words, own: number): boolean {
  for (;;) {
    const entry = load(words, own);
    if ((entry & COUNT) === 0) return false;
    if (cas(words, own, entry, entry - 1)) return true;
  }
}

/** Takes over what was meant for an agent that has died. */
function inherit(words: Words, at: number, own: number, agent: Agent): boolean {
  for (let slot = 0; slot < MAX_AGENTS; slot++) {
    const there = at + ENTRY + slot;
    const entry = load(words, there);
    if ((entry & COUNT) === 0 || there === own) continue;
    if (agent.isAlive(agentId(slot, entry >>> GENERATION_SHIFT))) continue;
    if (!cas(words, there, entry, entry - 1)) continue;
    for (;;) {
      const mine = load(words, own);
      if ((mine & COUNT) > 0) { // notified at the same moment: pass the other one on
        return take(words, own) && (notifyWaits(words, at, agent, 1, null!), true);
      }
      if (cas(words, own, mine, mine - WAITING)) return true;
    }
  }
  return false;
}

function waiting(entry: number): number {
  return entry >>> 10 & COUNT;
}

nameOperations("condition", {
  wait: awaitNotice,
  begin: beginWait,
  notify: notifyWaits,
});
