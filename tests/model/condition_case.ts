/**
 * The condition together with its lock, with the invariants of `sync/condition_words.ts`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { EXPIRED } from "../../src/park/operation.ts";
import {
  awaitNotice,
  beginWait,
  CONDITION_WORDS,
  NOTIFIED,
  notifyWaits,
} from "../../src/sync/condition_words.ts";
import { ABANDONED, acquireLock, LOCK_WORDS, releaseLock } from "../../src/sync/lock_words.ts";
import { ModelAgent, namesOf, note, NOTES, OBJECT, wordsOf } from "./agents.ts";
import { holds } from "./cases.ts";
import { MAX_AGENTS } from "./small_layout.ts";

const AGENTS = 3;
const [a, b, c] = [0, 1, 2].map((slot) => new ModelAgent(slot));
const CONDITION = OBJECT + LOCK_WORDS;
const ENTRY = CONDITION + CONDITION_WORDS - MAX_AGENTS;
/** Bits of an entry that count waits and notifications. */
const COUNTS = (1 << 20) - 1;
const lockNames = namesOf("STATE", "STARVED", "DEPTH");

const base = {
  words: wordsOf(LOCK_WORDS + CONDITION_WORDS),
  names: (at: number) => {
    if (at >= ENTRY) return `ENTRY ${at - ENTRY}`;
    return at < CONDITION ? lockNames(at) : `condition ${at - CONDITION}`;
  },
  isConstant: (at: number) => at >= ENTRY + AGENTS,
};

function lock(agent: ModelAgent): void {
  while (agent.wait(acquireLock) === ABANDONED);
}

function unlock(agent: ModelAgent): void {
  agent.act(releaseLock, 0);
}

function notify(agent: ModelAgent, count: number): number {
  return agent.act(notifyWaits, count, CONDITION);
}

/** With the lock: waits, and has the lock again. */
function wait(agent: ModelAgent, timeout = Infinity): number {
  assert.equal(agent.act(beginWait, 0, CONDITION), NOTIFIED);
  unlock(agent);
  const result = agent.wait(awaitNotice, 0, timeout, CONDITION);
  lock(agent);
  return result;
}

/** Something that waiters wait for; guarded by the lock. */
const isUp = () => note((words) => words[NOTES]);
const raise = () => note((words) => words[NOTES] = 1);

/** Raises the flag and notifies. */
function give(agent: ModelAgent, count: number): void {
  lock(agent);
  raise();
  notify(agent, count);
  unlock(agent);
}

/** Waits for the flag, and passes its notification on. */
function take(agent: ModelAgent, timeout = Infinity, passOn = 1): number {
  lock(agent);
  let result = NOTIFIED;
  while (isUp() === 0 && result === NOTIFIED) {
    result = wait(agent, timeout);
    if (passOn > 0 && result === NOTIFIED) notify(agent, passOn);
  }
  unlock(agent);
  return result;
}

/** C1: nothing is left when all waits have returned. */
function isEmpty({ words, killed }: { words: Int32Array; killed: number | undefined }): void {
  for (let slot = 0; slot < AGENTS; slot++) {
    if (slot !== killed) assert.equal(words[ENTRY + slot] & COUNTS, 0, `entry ${slot}`);
  }
}

holds({
  ...base,
  name: "condition: 1 waiter",
  agents: [() => give(a, 1), () => take(b)],
  check: isEmpty,
});

holds({
  ...base,
  name: "condition: 1 waiter that gives up, C1",
  agents: [() => give(a, 1), () => assert.ok([NOTIFIED, EXPIRED].includes(take(b, 1)))],
  check: isEmpty,
});

holds({
  ...base,
  name: "condition: 2 waiters, all are notified",
  preemptions: 2,
  agents: [() => give(a, Infinity), () => take(b, Infinity, 0), () => take(c, Infinity, 0)],
  check: isEmpty,
});

holds({
  ...base,
  name: "condition: 2 waiters, 2 notifications",
  preemptions: 2,
  agents: [() => give(a, 2), () => take(b, Infinity, 0), () => take(c, Infinity, 0)],
  check: isEmpty,
});

holds({
  ...base,
  name: "condition: 2 waiters, each notifies the next, C2",
  preemptions: 2,
  agents: [() => give(a, 1), () => take(b), () => take(c)],
  check: isEmpty,
});

holds({
  ...base,
  name: "condition: 2 waiters, one gives up, C2",
  preemptions: 2,
  agents: [() => give(a, 1), () => take(b, 1), () => take(c)],
  check: isEmpty,
});

holds({
  ...base,
  name: "condition: 2 waiters, one dies while it waits, C2",
  preemptions: 1,
  mayKill: (agent, words) => agent === 1 && (words[ENTRY + agent] & COUNTS) !== 0,
  agents: [() => give(a, 1), () => take(b), () => take(c)],
  check: isEmpty,
});
