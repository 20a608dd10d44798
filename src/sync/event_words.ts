/**
 * Layer 5, sync. The protocol of events.
 *
 * ```text
 * Layout      word  name   values                      written by      slept on
 *             0     STATE  generation << 1 | SET       set, clear      through the wait set
 *             1…    wait set
 * States      clear ──set: generation + 1──▶ SET ──clear──▶ clear
 * Invariants  E1 the generation counts how often the event was set, and wraps around after 2^31 times.
 *             E2 a wait that had begun when the event was set succeeds, however soon it is cleared.
 * Wake-up     set changes STATE, then wakes all. A waiter enlists, then looks.
 * Failure     nobody owns anything here: an agent that dies leaves nothing.
 * ```
 *
 * @module
 */

import { cas, load } from "../memory/atomics.ts";
import { WAIT_SET } from "../memory/layout.ts";
import { AGAIN } from "../park/operation.ts";
import type { NowOperation, WaitOperation } from "../park/operation.ts";
import { nameOperations } from "../park/operations.ts";
import { wakeAll } from "../park/wait_set.ts";

const STATE = 0;
const WAITERS = 1;
const SET = 1;

/** Words of an event. All zero is an event that is not set. */
export const EVENT_WORDS = WAITERS + WAIT_SET.LENGTH;

/** Sets the event. */
export const setEvent: NowOperation = (words, at, agent) => {
  for (;;) {
    const state = load(words, at + STATE);
    if (state & SET) return 0;
    if (cas(words, at + STATE, state, state + 2 | SET)) break; // E1
  }
  wakeAll(words, at + WAITERS, agent);
  return 1;
};

/** Clears the event. */
export const clearEvent: NowOperation = (words, at) => {
  for (;;) {
    const state = load(words, at + STATE);
    if (!(state & SET)) return 0;
    if (cas(words, at + STATE, state, state & ~SET)) return 1;
  }
};

/** Whether the event is set. */
export const isEventSet: NowOperation = (words, at) => load(words, at + STATE) & SET;

/** Waits until the event is set; the ticket is the state at the beginning. */
export const awaitEvent: WaitOperation = {
  waitSet: WAITERS,
  inTurn: false,
  begin: (words, at) => load(words, at + STATE),
  attempt(words, at, _agent, _argument, ticket) {
    const state = load(words, at + STATE);
    return (state | ticket) & SET || state >> 1 !== ticket >> 1 ? 1 : AGAIN; // E2
  },
};

nameOperations("event", {
  set: setEvent,
  clear: clearEvent,
  isSet: isEventSet,
  wait: awaitEvent,
});
