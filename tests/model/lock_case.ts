/**
 * The lock, with the invariants of `sync/lock_words.ts`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { AGAIN, EXPIRED } from "../../src/park/operation.ts";
import {
  ABANDONED,
  acquireLock,
  acquireRecursive,
  LOCK_WORDS,
  ON_ABANDONED,
  releaseLock,
  releaseRecursive,
  TAKEN,
  TAKEN_ABANDONED,
} from "../../src/sync/lock_words.ts";
import { inside, ModelAgent, namesOf, NOTES, OBJECT, wordsOf } from "./agents.ts";
import { holds } from "./cases.ts";
import type { End } from "./scheduler.ts";

const [a, b, c] = [0, 1, 2].map((slot) => new ModelAgent(slot));
const STATE = OBJECT;
/** Bits of STATE that hold the holder's id. */
const ID = (1 << 21) - 1;
const base = {
  words: wordsOf(LOCK_WORDS),
  names: namesOf("STATE", "STARVED", "DEPTH"),
  check: isFree,
};

/** Takes the lock, is inside for a while, and releases it. Returns how often it was told. */
function use(agent: ModelAgent, timeout = Infinity, onAbandoned: number = ON_ABANDONED.TELL) {
  for (let told = 0;;) {
    const result = agent.wait(acquireLock, onAbandoned, timeout);
    if (result === EXPIRED) return told;
    if (result === ABANDONED || result === TAKEN_ABANDONED) told++;
    if (result === ABANDONED) continue;
    assert.ok(result === TAKEN || result === TAKEN_ABANDONED, `acquire gave ${result}`);
    inside(agent.slot);
    assert.equal(agent.act(releaseLock, 0), TAKEN);
    return told;
  }
}

function isFree({ words }: End): void {
  assert.equal(words[STATE] & ID, 0, "the lock is not free");
  assert.equal(words[STATE + 1], 0, "somebody is starved");
}

/** L3, for the holder that was killed, if one was. */
function wasTold({ words, results, killed }: End): void {
  const told = results.reduce<number>((sum, result) => sum + (result ?? 0), 0);
  assert.ok(told <= 1, "told twice");
  if (killed === undefined) return isFree({ words, results, killed });
  const left = (words[STATE] & ID) !== 0;
  if (left) {
    assert.equal(words[STATE] & ID, new ModelAgent(killed).id, "a survivor still has the lock");
  }
  if (left) assert.equal(told, 0, "told too soon");
  const held = (words[NOTES] & 1 << killed) !== 0;
  if (held && !left) assert.equal(told, 1, "nobody was told");
}

holds({
  ...base,
  name: "lock: 2 agents, L1",
  agents: [() => use(a), () => use(b)],
});

holds({
  ...base,
  name: "lock: 2 agents, twice",
  agents: [() => use(a) + use(a), () => use(b) + use(b)],
});

holds({
  ...base,
  name: "lock: 2 agents that may starve, L2",
  impatient: true,
  agents: [() => use(a) + use(a), () => use(b)],
});

holds({
  ...base,
  name: "lock: 2 agents, one dies, L3",
  mayKill: () => true,
  agents: [() => use(a), () => use(b)],
  check: wasTold,
});

holds({
  ...base,
  name: "lock: 3 agents, L1",
  preemptions: 3,
  agents: [() => use(a), () => use(b), () => use(c)],
});

holds({
  ...base,
  name: "lock: 3 agents, one gives up",
  preemptions: 3,
  agents: [() => use(a), () => use(b, 1), () => use(c)],
});

holds({
  ...base,
  name: "lock: 3 agents, one gives up when it is starved",
  preemptions: 3,
  impatient: true,
  agents: [() => use(a), () => use(b, 10), () => use(c)],
});

holds({
  ...base,
  name: "lock: 3 agents that may starve, L2",
  preemptions: 3,
  impatient: true,
  agents: [() => use(a), () => use(b), () => use(c)],
});

holds({
  ...base,
  name: "lock: 3 agents that may starve, one takes it twice, L2",
  preemptions: 2,
  impatient: true,
  agents: [() => use(a) + use(a), () => use(b), () => use(c)],
});

for (const timeout of [Infinity, 10]) {
  holds({
    ...base,
    name: `lock: who passes the starved one${timeout < Infinity ? ", which gives up" : ""}, L2`,
    preemptions: 3,
    impatient: true,
    desperate: true,
    agents: [
      () => {
        use(a);
        use(a);
        a.ring(c.slot); // as for the death of somebody else
      },
      () => use(b, timeout),
      () => use(c),
    ],
  });
}

for (const onAbandoned of [ON_ABANDONED.TELL, ON_ABANDONED.TAKE]) {
  const how = onAbandoned === ON_ABANDONED.TELL ? "told" : "taken over";
  holds({
    ...base,
    name: `lock: 3 agents, one dies, ${how}, L3`,
    preemptions: 2,
    impatient: true,
    mayKill: (agent) => agent < 2,
    agents: [a, b, c].map((agent) => () => use(agent, Infinity, onAbandoned)),
    check: wasTold,
  });
}

holds({
  ...base,
  name: "lock: recursive, 2 agents",
  agents: [a, b].map((agent) => () => {
    for (let depth = 0; depth < 2; depth++) {
      assert.notEqual(agent.wait(acquireRecursive), AGAIN);
    }
    inside(agent.slot);
    for (let depth = 0; depth < 2; depth++) agent.act(releaseRecursive, 0);
  }),
});

holds({
  ...base,
  name: "lock: recursive, 2 agents that may starve, one takes it again",
  impatient: true,
  agents: [a, b].map((agent) => () => {
    for (let depth = 0; depth < 2; depth++) {
      assert.notEqual(agent.wait(acquireRecursive), AGAIN);
    }
    inside(agent.slot);
    for (let depth = 0; depth < 2; depth++) agent.act(releaseRecursive, 0);
  }),
});
