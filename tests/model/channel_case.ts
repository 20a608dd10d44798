/**
 * Channels, with the invariants of `channel/channel_words.ts` and `channel/gate.ts`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { awaitDone, CHANNEL, itemDone, shut } from "../../src/channel/channel_words.ts";
import { note, OBJECT } from "./agents.ts";
import { AGENTS, ChannelAgent, ITEM } from "./channel_agents.ts";
import { channel, drain, isWhole } from "./channel_model.ts";
import { holds } from "./cases.ts";
import type { End } from "./scheduler.ts";
import { AT } from "./small_channel.ts";

const [a, b, c] = Array.from({ length: AGENTS }, (_, slot) => new ChannelAgent(slot));
const base = { ...channel(), check: isWhole };
const killedTaker = (end: End) => isWhole(end, true);

holds({
  ...base,
  name: "channel: 1 putter, 1 taker, 2 items in a ring for one",
  agents: [() => a.putAll(1, 2), () => b.takeAll(2)],
});

holds({
  ...base,
  name: "channel: 2 putters, 1 taker",
  preemptions: 2,
  agents: [() => a.putAll(1), () => b.putAll(5), () => c.takeAll(2)],
});

holds({
  ...base,
  name: "channel: 2 putters, 1 taker, C2",
  preemptions: 1,
  agents: [() => a.putAll(1, 2), () => b.putAll(5), () => c.takeAll(3)],
});

holds({
  ...base,
  name: "channel: 1 putter, 2 takers, C2",
  preemptions: 1,
  agents: [() => a.putAll(1, 2, 3), () => b.takeAll(2), () => c.takeAll(1)],
});

holds({
  ...channel({ last: 5, limit: 1 }),
  name: "channel: 2 putters, 1 taker, at most one item",
  preemptions: 1,
  agents: [() => a.putAll(1), () => b.putAll(5), () => c.takeAll(2)],
  check: isWhole,
});

holds({
  ...base,
  name: "channel: who gives up hands its wake-up on",
  preemptions: 1,
  agents: [() => a.putAll(1), () => Math.max(b.take(1), 0), () => c.take(1)],
  check: (end) => isWhole(end),
});

holds({
  ...base,
  name: "channel: wait until the work is done",
  agents: [
    () => {
      a.putAll(1);
      assert.equal(a.await(awaitDone, 0), CHANNEL.DONE);
      assert.equal(note((words) => words[OBJECT + AT.DONE]), 1, "the work is not done");
    },
    () => {
      b.takeAll(1);
      assert.equal(b.do(itemDone, 0), CHANNEL.DONE, "there was no work to be done");
    },
  ],
});

holds({
  ...base,
  name: "channel: the work of an item is done whose putter died",
  mayKill: (agent, words) => agent === 0 && words[OBJECT + AT.TAILS] !== 0,
  agents: [() => a.putAll(1), () => {
    b.takeAll(1);
    assert.equal(b.do(itemDone, 0), CHANNEL.DONE, "there was no work to be done");
  }],
});

// Deaths: a putter's item is there or is not; of a taker's, at most one is lost.

holds({
  ...base,
  name: "channel: 1 putter, 1 taker, the putter dies, C1, C3",
  mayKill: (agent) => agent === 0,
  agents: [() => a.putAll(1), () => b.take(1)],
  check: isWhole,
});

holds({
  ...base,
  name: "channel: 1 putter, 1 taker, the taker dies, C1, C3",
  mayKill: (agent) => agent === 1,
  agents: [() => a.put(1), () => b.takeAll(1)],
  check: killedTaker,
});

holds({
  ...base,
  name: "channel: 2 putters, 1 taker, a putter dies",
  preemptions: 0,
  mayKill: (agent) => agent === 0,
  agents: [() => a.putAll(1), () => b.putAll(5), () => c.takeAll(1)],
});

holds({
  ...base,
  name: "channel: 1 putter, 2 takers, a taker dies",
  preemptions: 0,
  mayKill: (agent) => agent === 1,
  agents: [() => a.putAll(1, 2), () => b.takeAll(1), () => c.takeAll(1)],
  check: killedTaker,
});

holds({
  ...channel({ limit: 1 }),
  name: "channel: at most one item, the taker dies, C3",
  mayKill: (agent) => agent === 1,
  agents: [() => a.put(1), () => b.takeAll(1)],
  check: killedTaker,
});

/** An item is gone, but not yet counted. */
function isBetweenStores(words: Int32Array): boolean {
  const at = (place: number) => words[OBJECT + place];
  return at(AT.HEADS) === at(AT.NEXT_HEAD) && at(AT.TAKES) !== at(AT.NEXT_TAKES);
}

holds({
  ...channel({ last: 5, limit: 1 }),
  name: "channel: at most one item, one of two takers dies past the gate, C3",
  preemptions: 0,
  mayKill: (agent, words) => agent === 1 && isBetweenStores(words),
  agents: [() => a.putAll(1, 2), () => b.takeAll(1), () => c.takeAll(1)],
  check: killedTaker,
});

holds({
  ...channel({ last: 5 }),
  name: "channel: 1 putter, 1 taker, into the second ring, C4",
  agents: [() => a.putAll(1, 2), () => b.takeAll(2)],
  check: isWhole,
});

holds({
  ...channel({ last: 5 }),
  name: "channel: 2 putters, 1 taker, into the second ring, C2, C4",
  preemptions: 1,
  agents: [() => a.putAll(1, 2), () => b.putAll(5), () => c.takeAll(3)],
  check: isWhole,
});

holds({
  ...channel({ last: 5 }),
  name: "channel: 1 putter, 2 takers, into the second ring, C2, C4",
  preemptions: 1,
  agents: [() => a.putAll(1, 2, 3), () => b.takeAll(2), () => c.takeAll(1)],
  check: isWhole,
});

holds({
  ...channel({ last: 9 }),
  name: "channel: 1 putter, 1 taker, into the third ring, C4",
  preemptions: 2,
  agents: [() => a.putAll(1, 2, 3, 4), () => b.takeAll(4)],
  check: isWhole,
});

holds({
  ...channel({ last: 5 }),
  name: "channel: 2 putters, into the second ring, one dies, C3, C4",
  mayKill: (agent) => agent === 0,
  preemptions: 4,
  agents: [() => a.putAll(1, 2), () => b.putAll(5)],
  check: ({ words, results, killed }) => {
    if (killed === undefined) assert.equal(drain(a, words), 1 << 1 | 1 << 2 | 1 << 5);
    isWhole({ words, results, killed });
  },
});

holds({
  ...channel({ last: 5 }),
  name: "channel: 1 putter, 1 taker, into the second ring, the taker dies, C3, C4",
  mayKill: (agent) => agent === 1,
  preemptions: 4,
  agents: [() => a.putAll(1, 2), () => b.takeAll(2)],
  check: killedTaker,
});

/** C5. */
function isShut({ words, results }: End): void {
  assert.equal(words[OBJECT + AT.SHUT], 1);
  const [put, got] = results;
  assert.equal(got, put === CHANNEL.DONE ? ITEM + 1 : CHANNEL.SHUT);
}

holds({
  ...channel({ mayShut: true }),
  name: "channel: shut while one puts and one takes, C5",
  preemptions: 2,
  agents: [() => a.put(1), () => b.take(), () => c.await(shut, 0)],
  check: isShut,
});

holds({
  ...channel({ mayShut: true }),
  name: "channel: shut while one waits for room",
  preemptions: 2,
  agents: [
    () => {
      a.put(1);
      return a.put(2);
    },
    () => b.await(shut, 0),
  ],
  check: ({ results }) => assert.deepEqual(results, [CHANNEL.SHUT, CHANNEL.DONE]),
});

holds({
  ...channel({ mayShut: true }),
  name: "channel: shut by one that dies",
  mayKill: (agent) => agent === 1,
  agents: [() => a.put(1) + a.take(1), () => b.await(shut, 0)],
});
