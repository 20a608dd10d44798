/**
 * Layer 5, channel. The protocol of channels: items from any number of agents to any number of
 * agents, each delivered once. The layout is in `layout.ts`, the rings are in `rings.ts`.
 *
 * ```text
 * States      of an item: written ──TAIL──▶ there ──HEAD──▶ taken
 * Invariants  C1 an item is there with the one store of its ring's TAIL, and gone with the one store of
 *                its ring's HEAD, both by whoever is past the gate: half an item is never seen.
 *             C2 items are taken in the order in which they were put.
 *             C3 PUTS counts the stores of TAIL and TAKES those of HEAD; an agent that dies between
 *                the two stores has left its intent, from which the next one makes the count true.
 *             C4 a ring is left for ever when PUT_RING goes on, and when it has then been read to its
 *                end TAKE_RING follows.
 *             C5 after SHUT was set nothing is put: it is set and looked at past the gate.
 * Wake-up     Who puts wakes one taker, who takes wakes one putter, after TAIL or HEAD. Who was woken
 *             and succeeds wakes one more of its own kind: one item taken may make room for many, and
 *             a wake-up that several puts share is passed on until one finds nothing.
 * Failure     A dead agent past a gate is found by the next one (`gate.ts`). An item that it was
 *             writing is overwritten, one that it was reading is still there.
 * Cost        of a put or a take, when nobody waits: the gate, and four words written.
 * ```
 *
 * @module
 */

import { cas, load, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { AGAIN, EXPIRED, PHASE } from "../park/operation.ts";
import type { NowOperation, WaitOperation } from "../park/operation.ts";
import { nameOperations } from "../park/operations.ts";
import { wakeAll, wakeOne } from "../park/wait_set.ts";
import { putCrossing, takeCrossing } from "./crossings.ts";
import { enter, GATE, leave } from "./gate.ts";
import { AT, SIDE } from "./layout.ts";
import { put, repairPuts } from "./putting.ts";
import { CHANNEL } from "./results.ts";
import type { Item } from "./rings.ts";
import { isOpen } from "./sides.ts";
import { isEmpty, take } from "./taking.ts";
import type { Taker } from "./taking.ts";

export { CHANNEL };

/** How often to come back to a gate that is shut, for those who do not wait. */
const GATE_TRIES = 1000;

/** Puts an item if there is room. */
export const tryPut: NowOperation<Item, number> = (words, at, agent, item, block) =>
  past(words, at + AT.PUT_GATE, () => put(words, at, agent, item, PHASE.DESPERATE, block));

/** Lets whoever is past the gate to put finish, unless that takes long. */
export const letPutEnd: NowOperation = (words, at, agent) =>
  past(words, at + AT.PUT_GATE, () => {
    if (enter(words, at + AT.PUT_GATE, agent, PHASE.FIRST) === GATE.SHUT) return AGAIN;
    leave(words, at + AT.PUT_GATE, at + AT.PUTTERS, agent);
    return CHANNEL.DONE;
  });

/** Puts an item. */
export const putItem: WaitOperation<Item> = {
  waitSet: AT.PUTTERS,
  inTurn: true,
  ordered: true,
  insistsAtLast: true, // a channel that may grow does so, before a put fails
  attempt: (words, at, agent, item, _ticket, phase, block) =>
    put(words, at, agent, item, phase, block),
  giveUp(words, at, agent) {
    wakeOne(words, at + AT.PUTTERS, agent); // there may be room, but not enough for this one
    return EXPIRED;
  },
  crossing: putCrossing,
};

/** Takes an item if there is one. */
export const tryTake: NowOperation<Taker, number> = (words, at, agent, taker, block) =>
  past(words, at + AT.TAKE_GATE, () => take(words, at, agent, taker, PHASE.DESPERATE, block));

/** Takes an item. */
export const takeItem: WaitOperation<Taker> = {
  waitSet: AT.TAKERS,
  inTurn: true,
  ordered: true,
  attempt: (words, at, agent, taker, _ticket, phase, block) =>
    take(words, at, agent, taker, phase, block),
  crossing: takeCrossing,
};

/** Waits until there is something to take, or never will be. */
export const awaitItem: WaitOperation = {
  waitSet: AT.TAKERS,
  inTurn: true,
  ordered: false,
  attempt(words, at, agent, _argument, _ticket, phase, block) {
    if (!isEmpty(words, at)) {
      // It takes nothing: the wake-up was for one that does.
      if (phase !== PHASE.FIRST) wakeOne(words, at + AT.TAKERS, agent);
      return CHANNEL.DONE;
    }
    if (load(words, at + AT.SHUT) !== 0) return isEmpty(words, at) ? CHANNEL.SHUT : CHANNEL.DONE;
    if (isOpen(words, at, agent, SIDE.PUTS, phase, block)) return AGAIN;
    return isEmpty(words, at) ? CHANNEL.CLOSED : CHANNEL.DONE;
  },
};

/** How many items there are. */
export const itemCount: NowOperation = (words, at) => {
  // Takes first: what is put meanwhile counts, what is taken meanwhile does not make it negative.
  const taken = load(words, at + AT.TAKES);
  return Math.max(0, load(words, at + AT.PUTS) - taken | 0);
};

/** How many items there can be; 0 for no limit. */
export const itemLimit: NowOperation = (words, at) => load(words, at + AT.LIMIT);

/** Whether nothing is there to be taken: 1 or 0. */
export const hasNone: NowOperation = (words, at) => isEmpty(words, at) ? 1 : 0;

/** Ends puts for ever (C5). Wakes everybody. */
export const shut: WaitOperation = {
  waitSet: AT.PUTTERS,
  inTurn: false,
  attempt(words, at, agent, _argument, _ticket, phase) {
    const gate = enter(words, at + AT.PUT_GATE, agent, phase);
    if (gate === GATE.SHUT) return AGAIN;
    if (gate === GATE.INHERITED) repairPuts(words, at);
    store(words, at + AT.SHUT, 1);
    leave(words, at + AT.PUT_GATE, at + AT.PUTTERS, agent);
    wakeAll(words, at + AT.PUTTERS, agent);
    wakeAll(words, at + AT.TAKERS, agent);
    return CHANNEL.DONE;
  },
};

/** Takes note that the work of one item is done. Returns 0 if there was none. */
export const itemDone: NowOperation = (words, at, agent) => {
  for (;;) {
    const done = load(words, at + AT.DONE);
    // An item may have been taken before PUTS counts it.
    const left = Math.max(
      load(words, at + AT.PUTS) - done | 0,
      load(words, at + AT.TAKES) - done | 0,
    );
    if (left <= 0) return 0;
    if (!cas(words, at + AT.DONE, done, done + 1)) continue;
    if (left === 1) wakeAll(words, at + AT.JOINERS, agent);
    return CHANNEL.DONE;
  }
};

/** Waits until the work of all items is done. */
export const awaitDone: WaitOperation = {
  waitSet: AT.JOINERS,
  inTurn: true,
  attempt: (words, at) =>
    (load(words, at + AT.PUTS) - load(words, at + AT.DONE) | 0) <= 0 ? CHANNEL.DONE : AGAIN,
};

/** Tries again as long as it may only have failed because somebody was past the gate. */
function past(words: Words, gate: number, attempt: () => number): number {
  let result = attempt();
  for (let tries = GATE_TRIES; result === AGAIN && tries > 0 && load(words, gate) !== 0; tries--) {
    result = attempt();
  }
  return result;
}

nameOperations("channel", {
  put: putItem,
  take: takeItem,
  item: awaitItem,
  count: itemCount,
  limit: itemLimit,
  none: hasNone,
  shut,
  done: itemDone,
  join: awaitDone,
});
