/**
 * The wait set by itself, with an object that is one word: W1 and W2 of `park/wait_set.ts` suffice
 * that no wake-up is lost. Two drivers that lose wake-ups show that the model would find them.
 *
 * @module
 */

import { add, cas, load, store } from "../../src/memory/atomics.ts";
import { WAIT_SET } from "./small_layout.ts";
import type { Sleeper } from "../../src/park/agent.ts";
import { AGAIN, EXPIRED, PHASE } from "../../src/park/operation.ts";
import type { NowOperation, WaitOperation } from "../../src/park/operation.ts";
import { delist, enlist, wakeAll, wakeOne } from "../../src/park/wait_set.ts";
import { ModelAgent, namesOf, NOWHERE, OBJECT, wordsOf } from "./agents.ts";
import { finds, holds } from "./cases.ts";
import { call } from "./replay.ts";

const FLAG = 0;
const SET = 1;
const [a, b, c] = [0, 1, 2].map((slot) => new ModelAgent(slot));
const base = {
  words: wordsOf(SET + WAIT_SET.LENGTH),
  names: namesOf("FLAG"),
  preemptions: 2,
};

/** Waits until the flag is up, and leaves it. */
const seeFlag: WaitOperation = {
  waitSet: SET,
  inTurn: true,
  attempt: (words, at) => load(words, at + FLAG) !== 0 ? 1 : AGAIN,
};

/** Waits until the flag is more than 0, and takes 1. */
const takeFlag: WaitOperation = {
  waitSet: SET,
  inTurn: true,
  attempt(words, at) {
    for (;;) {
      const value = load(words, at + FLAG);
      if (value === 0) return AGAIN;
      if (cas(words, at + FLAG, value, value - 1)) return 1;
    }
  },
};

const raiseForAll: NowOperation<number, void> = (words, at, agent) => {
  store(words, at + FLAG, 1);
  wakeAll(words, at + SET, agent);
};

const raiseForOne: NowOperation<number, void> = (words, at, agent) => {
  add(words, at + FLAG, 1);
  wakeOne(words, at + SET, agent);
};

/** `block()` without its time-outs, in the order that a test wants to try. */
function blockInOrder(agent: Sleeper, order: "enlist last" | "bell last"): number {
  for (;;) {
    let seen = order === "enlist last" ? agent.bell() : 0;
    if (order === "bell last") enlist(NOWHERE, OBJECT + SET, agent);
    const result = takeFlag.attempt(NOWHERE, OBJECT, agent, 0, 0, PHASE.LISTED, null!);
    if (result !== AGAIN) {
      if (!delist(NOWHERE, OBJECT + SET, agent)) wakeOne(NOWHERE, OBJECT + SET, agent);
      return result;
    }
    if (order === "enlist last") enlist(NOWHERE, OBJECT + SET, agent);
    if (order === "bell last") seen = agent.bell();
    agent.sleep(seen, 50);
  }
}

holds({
  ...base,
  name: "wait set: everybody is woken",
  agents: [
    () => a.act(raiseForAll, 0),
    () => b.wait(seeFlag),
    () => c.wait(seeFlag),
  ],
});

holds({
  ...base,
  name: "wait set: one is woken for each thing to take",
  agents: [
    () => {
      a.act(raiseForOne, 0);
      a.act(raiseForOne, 0);
    },
    () => b.wait(takeFlag),
    () => c.wait(takeFlag),
  ],
});

holds({
  ...base,
  name: "wait set: who gives up hands its wake-up on",
  agents: [
    () => a.act(raiseForOne, 0),
    () => b.wait(takeFlag, 0, 1) === EXPIRED ? 0 : b.act(raiseForOne, 0),
    () => c.wait(takeFlag),
  ],
});

for (const order of ["enlist last", "bell last"] as const) {
  finds({
    ...base,
    name: `wait set: a driver with the ${order} loses a wake-up`,
    agents: [
      () => a.act(raiseForOne, 0),
      () => call(() => blockInOrder(b, order)),
    ],
  }, /deadlock/);
}

/** A give-up that keeps the wake-up for itself. */
function blockSelfishly(agent: Sleeper): number {
  const seen = agent.bell();
  enlist(NOWHERE, OBJECT + SET, agent);
  let result = takeFlag.attempt(NOWHERE, OBJECT, agent, 0, 0, PHASE.LISTED, null!);
  if (result !== AGAIN) return result;
  agent.sleep(seen, 1);
  result = EXPIRED;
  delist(NOWHERE, OBJECT + SET, agent);
  return result;
}

finds({
  ...base,
  name: "wait set: a give-up that hands nothing on loses a wake-up",
  agents: [
    () => a.act(raiseForOne, 0),
    () => call(() => blockSelfishly(b)) === EXPIRED ? 0 : b.act(raiseForOne, 0),
    () => c.wait(takeFlag),
  ],
}, /deadlock/);
