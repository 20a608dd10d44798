/**
 * The event, with the invariants of `sync/event_words.ts`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { EXPIRED } from "../../src/park/operation.ts";
import type { WaitOperation } from "../../src/park/operation.ts";
import {
  awaitEvent,
  clearEvent,
  EVENT_WORDS,
  isEventSet,
  setEvent,
} from "../../src/sync/event_words.ts";
import { ModelAgent, namesOf, note, NOTES, wordsOf } from "./agents.ts";
import { holds } from "./cases.ts";

const [a, b, c] = [0, 1, 2].map((slot) => new ModelAgent(slot));
const base = { words: wordsOf(EVENT_WORDS), names: namesOf("STATE") };

holds({
  ...base,
  name: "event: set, 2 waiters",
  preemptions: 3,
  agents: [() => a.act(setEvent, 0), () => b.wait(awaitEvent), () => c.wait(awaitEvent)],
});

holds({
  ...base,
  name: "event: a wait that gives up, 2 setters",
  preemptions: 3,
  agents: [
    () => a.act(setEvent, 0),
    () => assert.ok([1, EXPIRED].includes(b.wait(awaitEvent, 0, 1))),
    () => c.act(setEvent, 0),
  ],
  check: ({ results }) => {
    assert.equal(a.act(isEventSet, 0), 1);
    assert.equal(results[0]! + results[2]!, 1, "one of them has set it");
  },
});

holds({
  ...base,
  name: "event: a pulse, or it stays set, 2 waiters, E2",
  preemptions: 3,
  agents: [
    () => {
      a.act(setEvent, 0);
      a.act(clearEvent, 0);
      a.act(setEvent, 0);
    },
    () => b.wait(awaitEvent),
    () => c.wait(awaitEvent),
  ],
});

/** Says in a note that the wait has its ticket, which is taken in the step before. */
const toldEvent: WaitOperation = {
  ...awaitEvent,
  begin(words, at, agent, argument) {
    const ticket = awaitEvent.begin!(words, at, agent, argument);
    note((words) => words[NOTES] = 1);
    return ticket;
  },
};

holds({
  ...base,
  name: "event: a pulse after a wait has begun, E2",
  agents: [
    () => {
      const begun = note((words) => words[NOTES]);
      a.act(setEvent, 0);
      a.act(clearEvent, 0);
      if (begun === 0) a.act(setEvent, 0);
    },
    () => b.wait(toldEvent),
  ],
});
