/**
 * Channels: wake-ups that must be handed on, and seeded faults that the model must find.
 *
 * @module
 */

import { awaitItem } from "../../src/channel/channel_words.ts";
import { OBJECT } from "./agents.ts";
import { AGENTS, ChannelAgent, EarlyRings } from "./channel_agents.ts";
import { channel, isWhole } from "./channel_model.ts";
import { finds, holds } from "./cases.ts";
import { OP } from "./replay.ts";
import { without } from "./scheduled_atomics.ts";
import type { Omission } from "./scheduled_atomics.ts";
import { AT, ITEM_BYTES } from "./small_channel.ts";

const [a, b, c] = Array.from({ length: AGENTS }, (_, slot) => new ChannelAgent(slot));
const base = { ...channel(), check: isWhole };

holds({
  ...base,
  name: "channel: who only waits for an item leaves the wake-up to one that takes",
  preemptions: 0,
  agents: [() => a.putAll(1), () => void b.await(awaitItem, 0, 1), () => c.takeAll(1)],
  check: isWhole,
});

/** A channel with a full ring of two items, which does not grow. */
function fullRing() {
  const model = channel({ last: 5 });
  const set = (at: number, value: number) => model.words[OBJECT + at] = value;
  set(AT.PUT_RING, 5);
  set(AT.TAKE_RING, 5);
  set(AT.RINGS + 5, 1);
  set(AT.TAILS + 5, 2 * ITEM_BYTES);
  set(AT.PUTS, 2);
  for (const item of [0, 1]) {
    set(AT.FIRST_RING + 2 + 2 * item, ITEM_BYTES - 4);
    set(AT.FIRST_RING + 3 + 2 * item, 1 + item);
  }
  return model;
}

holds({
  ...fullRing(),
  name: "channel: room for the item of one, but another is woken",
  preemptions: 0,
  agents: [() => void a.put(5, 1, 2), () => b.putAll(6), () => c.takeAll(1)],
});

// Faults that must be found.

/** An agent that puts without some operations. */
function putsWithout(agent: ChannelAgent, omission: Omission, ...values: number[]) {
  return () => without(omission, () => agent.putAll(...values));
}

finds({
  ...base,
  name: "channel: 2 putters, items of one in the wrong order, C2",
  preemptions: 0,
  agents: [() => a.putAll(2, 1), () => b.putAll(5), () => c.takeAll(3)],
}, /taken out of order/);

finds({
  ...base,
  name: "channel: 2 takers, items in the wrong order, C2",
  preemptions: 0,
  agents: [() => a.putAll(3, 2, 1), () => b.takeAll(2), () => c.takeAll(1)],
}, /taken out of order/);

finds({
  ...base,
  name: "channel: TAIL before the item",
  agents: [
    () => new ChannelAgent(0, new EarlyRings()).putAll(1),
    () => b.takeAll(1),
  ],
}, /half an item|constant is written/);

finds({
  ...base,
  name: "channel: a put that wakes nobody",
  agents: [
    putsWithout(a, (op, at) => op === OP.LOAD && at === OBJECT + AT.TAKERS ? 0 : undefined, 1),
    () => b.takeAll(1),
  ],
}, /deadlock/);

finds({
  ...base,
  name: "channel: WAITED is not left at the gate, G2",
  preemptions: 2,
  agents: [
    () => a.putAll(1),
    putsWithout(
      b,
      (op, at, value) =>
        op === OP.CAS && at === OBJECT + AT.PUT_GATE && value >>> 30 !== 0 ? 1 : undefined,
      5,
    ),
    () => c.takeAll(2),
  ],
}, /deadlock/);
