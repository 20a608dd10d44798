/**
 * The ends of channels, with the invariants of `channel/sides.ts`: a side that somebody has or will
 * have never looks closed, and one that nobody has looks closed to whoever waits, when everything has
 * been taken.
 *
 * @module
 */

import assert from "node:assert/strict";
import { CHANNEL, letPutEnd, tryTake } from "../../src/channel/channel_words.ts";
import {
  arriveSide,
  closeSide,
  dropSide,
  isOpen,
  PASSING,
  sendSide,
} from "../../src/channel/sides.ts";
import { PHASE } from "../../src/park/operation.ts";
import { note, NOWHERE, OBJECT, work } from "./agents.ts";
import { AGENTS, ITEM, OneItem, SideAgent } from "./channel_agents.ts";
import { channel, drain } from "./channel_model.ts";
import { finds, holds } from "./cases.ts";
import { call, OP } from "./replay.ts";
import { without } from "./scheduled_atomics.ts";
import type { End } from "./scheduler.ts";
import { AT, MAX_TICKETS, SIDE } from "./small_channel.ts";

const [a, b, c] = Array.from({ length: AGENTS }, (_, slot) => new SideAgent(slot));
/** B has the side that takes; the numbers are bits of agents. */
const TAKES_B = 0b010;
/** The number of a reference. */
const NUMBER = 77;
const TICKET = OBJECT + AT.TICKETS + MAX_TICKETS;

/** Takes until the channel is closed. Returns the items as digits. */
function takeToEnd(agent: SideAgent): number {
  for (let digits = 0;;) {
    const result = agent.take();
    if (result === CHANNEL.CLOSED) return digits;
    assert.ok(result >= ITEM, `a take gave ${result}`);
    digits = 10 * digits + result - ITEM;
  }
}

/** Puts and then has the side no more. */
function putAndClose(agent: SideAgent, value: number): void {
  agent.putAll(value);
  agent.do(closeSide, SIDE.PUTS);
}

/** Nothing was left by who saw the channel closed. */
function isEmpty({ words, killed }: End): void {
  if (killed !== 1) assert.equal(drain(b, words), 0, "closed before everything was taken");
}

function gives(digits: number) {
  return (end: End) => {
    isEmpty(end);
    if (end.killed === undefined) assert.equal(end.results[1], digits);
  };
}

holds({
  ...channel({ sides: [TAKES_B, 0b001] }),
  name: "side: the last putter closes while one takes",
  agents: [() => putAndClose(a, 1), () => takeToEnd(b)],
  check: gives(1),
});

holds({
  ...channel({ sides: [TAKES_B, 0b001] }),
  name: "side: the last putter dies while one takes",
  mayKill: (agent) => agent === 0,
  agents: [() => putAndClose(a, 1), () => takeToEnd(b)],
  check: gives(1),
});

holds({
  ...channel({ sides: [TAKES_B, 0b101] }),
  name: "side: two putters close while one takes",
  preemptions: 1,
  agents: [() => void a.do(closeSide, SIDE.PUTS), () => takeToEnd(b), () => putAndClose(c, 5)],
  check: gives(5),
});

holds({
  ...channel({ sides: [TAKES_B, 0b101] }),
  name: "side: of two putters one dies, the other closes",
  preemptions: 0,
  mayKill: (agent) => agent === 0,
  agents: [() => void a.do(closeSide, SIDE.PUTS), () => takeToEnd(b), () => putAndClose(c, 5)],
  check: gives(5),
});

/** A reference goes from A, which closes its own, to C. */
function arrival() {
  return {
    ...channel({ sides: [TAKES_B, 0b001], ticket: NUMBER }),
    preemptions: 1,
    agents: [
      () => void a.do(closeSide, SIDE.PUTS),
      () => takeToEnd(b),
      () => {
        c.do(arriveSide, [SIDE.PUTS, NUMBER] as const);
        putAndClose(c, 5);
      },
    ],
    check: gives(5),
  };
}

holds({ ...arrival(), name: "side: a reference arrives while another is closed, H2" });

holds({
  ...arrival(),
  ...channel({ sides: [TAKES_B, 0b001], passing: 1 }),
  name: "side: a reference without a number arrives while another is closed, H2",
  agents: arrival().agents.with(2, () => {
    c.do(arriveSide, [SIDE.PUTS, PASSING] as const);
    putAndClose(c, 5);
  }),
});

/** Whether the reference is on its way. */
function isOnItsWay(): boolean {
  return note((words) => words[TICKET]) !== 0;
}

/** Lets others act as long as something is so. */
function workWhile(isSo: () => boolean): void {
  while (isSo()) {
    work();
    work();
  }
}

holds({
  ...arrival(),
  name: "side: a reference arrives at one that dies, H2",
  preemptions: 0,
  mayKill: (agent) => agent === 2,
  agents: arrival().agents.with(0, () => {
    a.do(closeSide, SIDE.PUTS);
    // As whoever sent it does, when it has found the death.
    workWhile(() => isOnItsWay() && a.isAlive(c.id));
    a.do(dropSide, [SIDE.PUTS, NUMBER] as const);
  }),
  check: isEmpty,
});

holds({
  ...channel({ sides: [TAKES_B, 0b001], ticket: NUMBER }),
  name: "side: a reference is given up",
  preemptions: 2,
  agents: [
    () => void a.do(closeSide, SIDE.PUTS),
    () => takeToEnd(b),
    () => void c.do(dropSide, [SIDE.PUTS, NUMBER] as const),
  ],
  check: gives(0),
});

holds({
  ...channel({ sides: [TAKES_B, 0b001], passing: 0 }),
  name: "side: a reference without a number is sent, and given up",
  preemptions: 2,
  agents: [
    () => {
      a.do(sendSide, [SIDE.PUTS, PASSING] as const);
      a.do(closeSide, SIDE.PUTS);
      a.do(dropSide, [SIDE.PUTS, PASSING] as const);
    },
    () => takeToEnd(b),
  ],
  check: gives(0),
});

/** A reference goes from C, which then closes its own, to A, behind the look of B. */
function handOver() {
  return {
    ...channel({ sides: [TAKES_B, 0b100], ticket: 0 }),
    agents: [
      () => {
        workWhile(() => !isOnItsWay());
        a.isAlive(c.id);
        a.do(arriveSide, [SIDE.PUTS, NUMBER] as const);
      },
      () => call(() => isOpen(NOWHERE, OBJECT, b, SIDE.PUTS, PHASE.LISTED, b.block)),
      () => {
        c.do(sendSide, [SIDE.PUTS, NUMBER] as const);
        c.do(closeSide, SIDE.PUTS);
      },
    ],
    check: ({ results }: End) => assert.equal(results[1], 1, "a side that somebody has is closed"),
  };
}

holds({ ...handOver(), name: "side: a reference goes behind a look, H4" });

holds({
  ...handOver(),
  name: "side: a reference goes behind a look, and its sender dies",
  mayKill: (agent, words) => agent === 2 && words[TICKET] !== 0,
});

holds({
  ...channel({ sides: [TAKES_B, 0b001] }),
  name: "side: the last taker closes while one waits for room",
  agents: [
    () => {
      a.put(1);
      return a.put(2);
    },
    () => b.do(closeSide, SIDE.TAKES),
  ],
  check: ({ results }) => assert.equal(results[0], CHANNEL.CLOSED),
});

holds({
  ...channel({ sides: [TAKES_B, 0b001] }),
  name: "side: the last taker dies while one waits for room",
  mayKill: (agent) => agent === 1,
  agents: [
    () => {
      a.put(1);
      return a.put(2);
    },
    () => {
      b.take();
      b.do(closeSide, SIDE.TAKES);
    },
  ],
});

/** The last taker closes while one waits for room, and takes what nobody will receive. */
function dropping(settle: () => void) {
  return {
    ...channel({ sides: [TAKES_B, 0b001] }),
    agents: [
      () => {
        a.put(1);
        return a.put(2);
      },
      () => {
        b.do(closeSide, SIDE.TAKES);
        settle();
        while (b.do(tryTake, new OneItem()) === CHANNEL.DONE);
      },
    ],
    check: ({ results }: End) => assert.equal(results[0], CHANNEL.CLOSED, "put where it was full"),
  };
}

holds({
  ...dropping(() => b.do(letPutEnd, 0)),
  name: "side: the last taker makes room as it closes",
});

// Faults that must be found.

finds({
  ...dropping(() => {}),
  name: "side: the last taker makes room below one who saw it open",
}, /put where it was full/);

finds({
  ...handOver(),
  name: "side: CHANGES is not raised before a closing, H4",
  agents: handOver().agents.map((body, agent) => () => {
    let raised = 0;
    const isFirst = (op: number, at: number) =>
      agent === 2 && op === OP.ADD && at === OBJECT + AT.CHANGES && raised++ === 0;
    return without((op, at) => isFirst(op, at) ? 0 : undefined, body);
  }),
}, /that somebody has is closed/);

finds({
  ...arrival(),
  name: "side: a ticket is torn before the reference is held, H2",
  agents: arrival().agents.with(2, () => {
    c.do(dropSide, [SIDE.PUTS, NUMBER] as const);
    c.do(arriveSide, [SIDE.PUTS, NUMBER] as const);
    putAndClose(c, 5);
  }),
}, /closed before|Expected/);

finds({
  ...channel({ sides: [TAKES_B, 0b001] }),
  name: "side: a closing that wakes nobody",
  agents: [
    () =>
      without(
        (op, at) => op === OP.LOAD && at === OBJECT + AT.TAKERS ? 0 : undefined,
        () => void a.do(closeSide, SIDE.PUTS),
      ),
    () => takeToEnd(b),
  ],
}, /deadlock/);
