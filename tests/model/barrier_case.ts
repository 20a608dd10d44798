/**
 * The barrier, with the invariants of `sync/barrier_words.ts`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { EXPIRED } from "../../src/park/operation.ts";
import {
  abortBarrier,
  awaitBarrier,
  BARRIER_WORDS,
  BROKEN,
  comeToBarrier,
  enterBarrier,
  indexOf,
  isBroken,
  leaveBarrier,
  resetBarrier,
  tripBarrier,
} from "../../src/sync/barrier_words.ts";
import { ModelAgent, namesOf, OBJECT, wordsOf } from "./agents.ts";
import { holds } from "./cases.ts";
import type { End } from "./scheduler.ts";
import { MAX_AGENTS } from "./small_layout.ts";

const AGENTS = 3;
const [a, b, c] = [0, 1, 2].map((slot) => new ModelAgent(slot));
const PARTY = OBJECT + BARRIER_WORDS - MAX_AGENTS;
const KNOWN = 1 << 15;
const names = namesOf("STATE", "PARTIES", "OUTCOMES", "SLOTS");

function barrier(parties: number) {
  return {
    words: wordsOf(BARRIER_WORDS, [0, parties]),
    names: (at: number) => at >= PARTY ? `PARTY ${at - PARTY}` : names(at),
    isConstant: (at: number) => at === OBJECT + 1 || at >= PARTY + AGENTS,
  };
}

/** One wait: the index, {@link BROKEN} or {@link EXPIRED}. */
function pass(agent: ModelAgent, parties: number, timeout = Infinity): number {
  agent.act(comeToBarrier, 0);
  let result = agent.wait(enterBarrier, 0, timeout);
  if (result >= 0 && result !== BROKEN) {
    result = indexOf(result) === parties - 1
      ? agent.act(tripBarrier, result)
      : agent.wait(awaitBarrier, result, timeout);
  }
  agent.act(leaveBarrier, 0);
  return result;
}

/** All indexes once, or all of them broken. */
function allOrNothing({ results }: End): void {
  const living = results.filter((result) => result !== undefined);
  const broken = living.filter((result) => result === BROKEN || result === EXPIRED);
  if (broken.length > 0) assert.equal(broken.length, living.length, `results ${results}`);
  else assert.equal(new Set(living).size, living.length, `indexes ${results}`);
}

function everyIndex({ results }: End): void {
  assert.deepEqual([...results].sort(), [...results.keys()]);
}

holds({
  ...barrier(2),
  name: "barrier: 2 parties",
  agents: [() => pass(a, 2), () => pass(b, 2)],
  check: everyIndex,
});

holds({
  ...barrier(2),
  name: "barrier: 2 parties, 2 rounds",
  preemptions: 4,
  agents: [a, b].map((agent) => () => {
    assert.ok(pass(agent, 2) < 2);
    return pass(agent, 2);
  }),
  check: everyIndex,
});

holds({
  ...barrier(3),
  name: "barrier: 3 parties",
  preemptions: 2,
  agents: [() => pass(a, 3), () => pass(b, 3), () => pass(c, 3)],
  check: everyIndex,
});

holds({
  ...barrier(2),
  name: "barrier: 2 parties, a time-out breaks it for both",
  agents: [() => pass(a, 2, 1), () => pass(b, 2)],
  check: allOrNothing,
});

holds({
  ...barrier(3),
  name: "barrier: 3 parties, a time-out breaks it for all",
  preemptions: 2,
  agents: [() => pass(a, 3, 1), () => pass(b, 3), () => pass(c, 3)],
  check: allOrNothing,
});

holds({
  ...barrier(3),
  name: "barrier: 2 of 3 parties, and one that aborts",
  preemptions: 2,
  agents: [() => pass(a, 3), () => pass(b, 3), () => c.act(abortBarrier, 0)],
  check: ({ results }) => {
    assert.deepEqual(results, [BROKEN, BROKEN, 1]);
    assert.equal(a.act(isBroken, 0), 1);
  },
});

/** B1: a party can be missed once it has begun a wait. */
function known(agent: number, words: Int32Array): boolean {
  return (words[PARTY + agent] & KNOWN) !== 0;
}

holds({
  ...barrier(2),
  name: "barrier: 2 parties, one dies, B1",
  mayKill: known,
  agents: [() => pass(a, 2), () => pass(b, 2)],
});

holds({
  ...barrier(3),
  name: "barrier: 3 parties, one dies, B1",
  preemptions: 1,
  mayKill: (agent, words) => agent === 0 && known(agent, words),
  agents: [() => pass(a, 3), () => pass(b, 3), () => pass(c, 3)],
  check: allOrNothing,
});

/** Goes on until it has passed. */
function passAtLast(agent: ModelAgent, parties: number): number {
  for (;;) {
    const result = pass(agent, parties);
    if (result !== BROKEN) return result;
  }
}

holds({
  ...barrier(2),
  name: "barrier: 2 parties, one resets first",
  agents: [() => passAtLast(a, 2), () => {
    b.act(resetBarrier, 0);
    return passAtLast(b, 2);
  }],
  check: everyIndex,
});

holds({
  ...barrier(2),
  name: "barrier: 2 parties, another resets, B2, B3",
  preemptions: 2,
  agents: [() => passAtLast(a, 2), () => passAtLast(b, 2), () => c.act(resetBarrier, 0) && 2],
});
