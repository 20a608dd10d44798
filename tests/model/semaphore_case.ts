/**
 * The semaphore, with the invariants of `sync/semaphore_words.ts` and `sync/held_permits.ts`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { EXPIRED } from "../../src/park/operation.ts";
import type { NowOperation } from "../../src/park/operation.ts";
import {
  acquirePermit,
  DONE,
  PERMIT,
  permitCount,
  releaseHeld,
  releasePermits,
  SEMAPHORE_WORDS,
  tryPermit,
} from "../../src/sync/semaphore_words.ts";
import { MAX_PERMITS, repair } from "../../src/sync/held_permits.ts";
import { inside, ModelAgent, namesOf, note, OBJECT, wordsOf } from "./agents.ts";
import { holds } from "./cases.ts";
import type { End } from "./scheduler.ts";
import { MAX_AGENTS } from "./small_layout.ts";

const AGENTS = 3;
const [a, b, c] = [0, 1, 2].map((slot) => new ModelAgent(slot));
const HELD = OBJECT + SEMAPHORE_WORDS - MAX_AGENTS;
const BOUND = OBJECT + 2;

function semaphore(permits: number) {
  return {
    words: wordsOf(SEMAPHORE_WORDS, [permits, 0, permits]),
    names: (at: number) => at >= HELD ? `HELD ${at - HELD}` : names(at),
    isConstant: (at: number) => at === BOUND || at >= HELD + AGENTS,
    loops: { takeHeld: OBJECT, giveHeld: OBJECT },
    check: (end: End) => isWhole(end, permits),
  };
}

const names = namesOf("VALUE", "STARVED", "BOUND", "REPAIRER");

function use(agent: ModelAgent, most: number, permit: number, timeout = Infinity): void {
  const result = agent.wait(acquirePermit, permit, timeout);
  if (result === EXPIRED) return;
  assert.equal(result, DONE);
  inside(agent.slot, most);
  if (permit === PERMIT.HELD) agent.act(releaseHeld, 0);
  else assert.equal(agent.act(releasePermits, 1), DONE, "too many permits");
}

/** P1; after a death, when a survivor has looked for a permit. */
function isWhole({ words, killed }: End, permits: number): void {
  const survivor = killed === 0 ? b : a;
  if (killed !== undefined) {
    for (let taken = 0; taken < permits; taken++) {
      assert.equal(survivor.act(tryPermit, PERMIT.ANONYMOUS), DONE, "a permit did not come back");
    }
    assert.notEqual(survivor.act(tryPermit, PERMIT.ANONYMOUS), DONE, "a permit too many");
    survivor.act(releasePermits, permits);
  }
  assert.equal(survivor.act(permitCount, 0), permits);
  if (killed === undefined) assert.equal(words[OBJECT + 1], 0, "somebody is starved");
}

for (const permit of [PERMIT.ANONYMOUS, PERMIT.HELD]) {
  const kind = permit === PERMIT.HELD ? "held" : "anonymous";

  holds({
    ...semaphore(1),
    name: `semaphore: 1 ${kind} permit, 2 agents`,
    ...permit === PERMIT.HELD ? { preemptions: 4 } : {},
    agents: [a, b].map((agent) => () => use(agent, 1, permit)),
  });

  holds({
    ...semaphore(2),
    name: `semaphore: 2 ${kind} permits, 3 agents`,
    preemptions: permit === PERMIT.HELD ? 1 : 2,
    impatient: true,
    agents: [a, b, c].map((agent) => () => use(agent, 2, permit)),
  });

  holds({
    ...semaphore(1),
    name: `semaphore: 1 ${kind} permit, 3 agents, one gives up`,
    preemptions: permit === PERMIT.HELD ? 1 : 2,
    impatient: true,
    agents: [a, b, c].map((agent) => () => use(agent, 1, permit, agent === b ? 10 : Infinity)),
  });
}

holds({
  ...semaphore(2),
  name: "semaphore: releases of two at a time, P2",
  preemptions: 2,
  impatient: true,
  agents: [
    () => {
      a.wait(acquirePermit);
      a.wait(acquirePermit);
      assert.equal(a.act(releasePermits, 2), DONE);
    },
    () => use(b, 2, PERMIT.ANONYMOUS),
    () => use(c, 2, PERMIT.ANONYMOUS),
  ],
});

holds({
  ...semaphore(2),
  name: "semaphore: who was starved wakes the next, S2",
  preemptions: 2,
  impatient: true,
  agents: [
    () => {
      for (let turn = 0; turn < 2; turn++) {
        const taken = a.act(tryPermit, 0) + a.act(tryPermit, 0);
        if (taken > 0) assert.equal(a.act(releasePermits, taken), DONE);
      }
    },
    // Without a release that would wake the other one.
    () => assert.equal(b.wait(acquirePermit), DONE),
    () => assert.equal(c.wait(acquirePermit), DONE),
  ],
  check: () => assert.equal(a.act(permitCount, 0), 0),
});

holds({
  ...semaphore(3),
  name: "semaphore: who was starved wakes as many as there are permits, S2",
  words: wordsOf(SEMAPHORE_WORDS, [0, b.id, 3]), // it has been overtaken
  preemptions: 2,
  agents: [
    () => {
      assert.equal(a.act(releasePermits, 3), DONE);
      assert.equal(a.wait(acquirePermit), DONE);
    },
    // Without a release that would wake the other ones.
    () => assert.equal(b.wait(acquirePermit), DONE),
    () => assert.equal(c.wait(acquirePermit), DONE),
  ],
  check: () => assert.equal(a.act(permitCount, 0), 0),
});

for (const timeout of [Infinity, 10]) {
  holds({
    ...semaphore(2),
    name: `semaphore: who passes the starved one${
      timeout < Infinity ? ", which gives up" : ""
    }, S1`,
    preemptions: 2,
    impatient: true,
    desperate: true,
    agents: [
      () => {
        for (let turn = 0; turn < 2; turn++) {
          const taken = a.act(tryPermit, 0) + a.act(tryPermit, 0);
          if (taken > 0) assert.equal(a.act(releasePermits, taken), DONE);
        }
      },
      () => use(b, 2, PERMIT.ANONYMOUS, timeout),
      () => use(c, 2, PERMIT.ANONYMOUS),
    ],
  });
}

holds({
  ...semaphore(1),
  name: "semaphore: 1 held permit, 2 agents, one dies, H5 to H7",
  preemptions: 2,
  mayKill: () => true,
  agents: [a, b].map((agent) => () => use(agent, 1, PERMIT.HELD)),
});

holds({
  ...semaphore(1),
  name: "semaphore: 1 held permit, 3 agents, one dies, H7",
  preemptions: 0,
  mayKill: (agent) => agent === 0,
  agents: [a, b, c].map((agent) => () => use(agent, 1, PERMIT.HELD)),
});

holds({
  ...semaphore(2),
  name: "semaphore: 2 held permits, 3 agents, one dies",
  preemptions: 1,
  mayKill: (agent) => agent === 0,
  agents: [a, b, c].map((agent) => () => use(agent, 2, PERMIT.HELD)),
});

/** What the next one does who finds another's mark. */
const repairHeld: NowOperation = (words, at, agent) => repair(words, at, HELD, agent);

/** Releases what it has not taken, if there is room; there are never more permits than BOUND (H8). */
function meddle(agent: ModelAgent): void {
  agent.act(releasePermits, 1);
  agent.act(repairHeld, 0);
  note((words) => isWithin(words, 1));
  if (agent.act(tryPermit, PERMIT.HELD) === DONE) agent.act(releaseHeld, 0);
  note((words) => isWithin(words, 1));
}

function isWithin(words: Int32Array, bound: number): number {
  const permits = words[OBJECT] & MAX_PERMITS;
  assert.ok(permits <= bound, `${permits} permits of ${bound}`);
  return 0;
}

for (const mayDie of [false, true]) {
  holds({
    ...semaphore(1),
    name: `semaphore: 1 held permit, another releases too many${mayDie ? ", one dies" : ""}, H8`,
    preemptions: mayDie ? 2 : 4,
    ...mayDie ? { mayKill: (agent: number) => agent === 0 } : {},
    agents: [
      () => {
        if (a.act(tryPermit, PERMIT.HELD) === DONE) a.act(releaseHeld, 0);
        note((words) => isWithin(words, 1));
      },
      () => meddle(b),
    ],
    check: ({ words }) => isWithin(words, 1),
  });
}

holds({
  ...semaphore(1),
  name: "semaphore: of two releases of one held permit, one is refused, H8",
  preemptions: 4,
  agents: [
    () => {
      assert.equal(a.act(tryPermit, PERMIT.HELD), DONE);
      return a.act(releaseHeld, 0);
    },
    () => b.act(releasePermits, 1),
  ],
  check: ({ words, results }) => {
    isWithin(words, 1);
    assert.equal(b.act(permitCount, 0), 1);
    // The other one may have come before the permit was taken: then it was too many itself.
    assert.equal(results[0]! + results[1]!, DONE, `${results}`);
  },
});
