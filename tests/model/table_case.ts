/**
 * The table of agents, with the invariants of `park/table.ts`. It has two slots only. What the
 * operating system says of a thread is a step (`small_liveness.ts`), and is asked each time: that an
 * answer is believed for a while is left out.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Arena } from "../../src/memory/arena.ts";
import { setIsolateNumbers } from "../../src/park/isolate.ts";
import { AgentTable } from "../../src/park/table.ts";
import { note, NOTES, NOWHERE, wordsOf } from "./agents.ts";
import { finds, holds } from "./cases.ts";
import { call, OP } from "./replay.ts";
import { without } from "./scheduled_atomics.ts";
import type { End } from "./scheduler.ts";
import { DEATHS_AT, TABLE_AT } from "./small_arena.ts";
import { actAs, beganOf, GHOST, HIDDEN, threadOf } from "./small_liveness.ts";
import { AGENT, agentId, generationOf, LIFE, MAX_AGENTS, slotOf } from "./table_layout.ts";

const { STATE, BELL, PARKED, SEAT, PID, TID, BEGAN_LOW, BEGAN_HIGH, ISOLATE, PARENT, HOST } = AGENT;
const { CLAIMED } = AGENT;
const PLACES = {
  STATE,
  BELL,
  PARKED,
  SEAT,
  PID,
  TID,
  BEGAN_LOW,
  BEGAN_HIGH,
  ISOLATE,
  PARENT,
  HOST,
  CLAIMED,
};
const ARENA = { root: { words: NOWHERE } } as unknown as Arena;
/** What it is told that finds no slot. */
const FULL = -1;

/** Does something as an agent, with a table and a clock of its own. */
function as(agent: number, body: (table: AgentTable) => number | boolean): number {
  actAs(agent);
  setIsolateNumbers({ own: agent + 1, host: 0 });
  const clock = performance.now;
  let now = 0;
  performance.now = () => now += 1000;
  try {
    return call(() => body(new AgentTable(ARENA, () => {})));
  } finally {
    performance.now = clock;
  }
}

/** Takes a slot. Returns the id, or {@link FULL}. */
function join(agent: number, host: number | null = null): number {
  const id = as(agent, (table) => {
    try {
      return table.join(host);
    } catch (error) {
      if ((error as Error).name !== "ProcessError") throw error;
      return FULL;
    }
  });
  if (id !== FULL) note((words, dead) => taken(words, dead, agent, id));
  return id;
}

/** A slot is given to one living agent (T1). */
function taken(words: Int32Array, dead: number, agent: number, id: number): number {
  for (let other = 0; other < 3; other++) {
    if (other === agent || (dead >> other & 1) !== 0) continue;
    const theirs = words[NOTES + other];
    assert.notEqual(theirs, id, "two agents have the same id");
    if (theirs > 0) assert.notEqual(slotOf(theirs), slotOf(id), "two agents have one slot");
  }
  return words[NOTES + agent] = id;
}

/** Asks whether an agent that has joined lives, as soon as it has. Returns 0 if it has not. */
function asks(agent: number, other: number): number {
  const id = note((words) => words[NOTES + other]);
  return id > 0 ? as(agent, (table) => table.isAlive(id)) + 1 : 0;
}

/** Nobody who lives was declared dead (T2); each has signed its slot. */
function isTrue({ words, results, killed }: End): void {
  const ids = results.map((_, agent) => agent === killed ? 0 : words[NOTES + agent]);
  for (const [agent, id] of ids.entries()) {
    if (id <= 0) continue;
    const word = TABLE_AT + AGENT.LENGTH * slotOf(id);
    assert.equal(words[word + STATE], generationOf(id) << LIFE.SHIFT | LIFE.ALIVE, "was ended");
    assert.equal(words[word + TID], threadOf(agent), "another has signed");
    assert.equal(words[word + BEGAN_LOW], beganOf(agent), "another has signed");
    assert.equal(as(5, (table) => table.isAlive(id)), 1);
  }
}

/** What stands in a slot at the beginning. */
interface Slot {
  readonly life: number;
  /** Nobody of the model; without, one that is known to live. */
  readonly thread?: number;
  readonly seat?: number;
}

function table(...slots: Slot[]) {
  const words = wordsOf(MAX_AGENTS * AGENT.LENGTH);
  words.fill(0, NOTES);
  slots.forEach(({ life, thread = -1, seat }, slot) => {
    const word = TABLE_AT + AGENT.LENGTH * slot;
    words[word + STATE] = 1 << LIFE.SHIFT | life;
    words[word + SEAT] = seat ?? slot;
    if (seat !== undefined) words[word + HOST] = agentId(seat, 1);
    words[word + TID] = threadOf(thread);
    words[word + BEGAN_LOW] = thread < 0 ? 0 : beganOf(thread);
    words[word + ISOLATE] = threadOf(thread) + 100;
  });
  return { words, names: nameOf };
}

function nameOf(at: number): string {
  if (at === DEATHS_AT) return "DEATHS";
  const [name] = Object.entries(PLACES).find(([, place]) => place === (at - TABLE_AT & 15)) ??
    ["?"];
  return `${name} ${at - TABLE_AT >> 4}`;
}

const ALIVE = { life: LIFE.ALIVE };
const DEAD = { life: LIFE.ALIVE, thread: GHOST };
const LEFT = { life: LIFE.LEFT, thread: GHOST };
const UNSEEN = { life: LIFE.ALIVE, thread: HIDDEN };
/** Whoever was in the first slot. */
const BEFORE = agentId(0, 1);

function bothJoin({ results }: End): void {
  assert.ok(results.every((id) => id !== FULL), `somebody found no slot: ${results}`);
}

function oneJoins({ results }: End): void {
  assert.equal(results.filter((id) => id === FULL).length, 1, `${results}`);
}

holds({
  ...table(),
  name: "table: two join an empty one, a third asks, T1",
  agents: [() => join(0), () => join(1), () => asks(2, 0)],
  check: (end) => {
    isTrue(end);
    assert.notEqual(end.results[0], FULL);
    assert.notEqual(end.results[1], FULL);
    assert.notEqual(end.results[2], 1);
  },
});

for (const [name, first] of [["died", DEAD], ["left", LEFT]] as const) {
  holds({
    ...table(first, ALIVE),
    name: `table: two join where one ${name}, T1`,
    agents: [() => join(0), () => join(1)],
    check: (end) => {
      isTrue(end);
      oneJoins(end);
    },
  });

  holds({
    ...table(first, DEAD),
    name: `table: two join where one ${name} and one died, T1`,
    preemptions: 4,
    agents: [() => join(0), () => join(1)],
    check: (end) => {
      isTrue(end);
      bothJoin(end);
    },
  });
}

holds({
  ...table(DEAD, ALIVE),
  name: "table: one joins where another died, a second asks for that one",
  agents: [() => join(0), () => as(1, (table) => table.isAlive(BEFORE))],
  check: (end) => {
    isTrue(end);
    assert.equal(end.results[0], agentId(0, 2));
    assert.equal(end.results[1], 0, "a dead agent was said to live");
  },
});

holds({
  ...table(DEAD, { ...ALIVE, seat: 0 }),
  name: "table: one joins where the host of a stand-in died",
  agents: [() => join(0), () => void as(1, (table) => table.isAlive(agentId(1, 1)))],
  check: (end) => {
    isTrue(end);
    assert.equal(as(5, (table) => table.isAlive(agentId(1, 1))), 0, "the stand-in lives");
    as(5, (table) => table.join(null)); // throws if its slot stays taken
  },
});

holds({
  ...table(DEAD, ALIVE),
  name: "table: two join where one died, a third asks for the new one, T1, T2",
  preemptions: 3,
  agents: [() => join(0), () => join(1), () => asks(2, 0)],
  check: (end) => {
    isTrue(end);
    oneJoins(end);
    assert.notEqual(end.results[2], 1, "it was said to be dead");
  },
});

holds({
  ...table(DEAD, ALIVE),
  name: "table: two join where one died, and one of them dies",
  mayKill: (agent) => agent === 0,
  agents: [() => join(0), () => join(1)],
  check: isTrue,
});

holds({
  ...table(UNSEEN, DEAD),
  name: "table: two join where one died, and nothing is known of another, T2",
  agents: [() => join(0), () => join(1)],
  check: (end) => {
    isTrue(end);
    oneJoins(end);
    assert.equal(as(5, (table) => table.isAlive(BEFORE)), 1, "who may live was declared dead");
  },
});

/** Takes back what agents had that have ended. Returns how many there were. */
function takesBack(agent: number): number {
  return as(agent, (table) => {
    const done = new Int32Array(MAX_AGENTS);
    const slots = table.claimEnded(done);
    for (const slot of slots) note((words) => isNobodys(words, slot));
    table.release(slots, done);
    return slots.length;
  });
}

/** Nobody has a slot that is claimed (T3). */
function isNobodys(words: Int32Array, slot: number): number {
  const state = words[TABLE_AT + AGENT.LENGTH * slot + STATE];
  assert.notEqual(state & LIFE.MASK, LIFE.ALIVE, "a claimed slot was taken");
  return 0;
}

for (const [name, first] of [["died", DEAD], ["left", LEFT]] as const) {
  holds({
    ...table(first, ALIVE),
    name: `table: one joins where another ${name}, the maker takes back what that one had, T3`,
    agents: [() => join(0), () => takesBack(1)],
    check: isTrue,
  });
}

// Faults that must be found.

finds({
  ...table(LEFT, ALIVE),
  name: "table: a slot is taken that is claimed, T3",
  agents: [
    () =>
      without(
        (op, at) => op === OP.LOAD && at === TABLE_AT + CLAIMED ? 0 : undefined,
        () => join(0),
      ),
    () => takesBack(1),
  ],
  check: isTrue,
}, /a claimed slot was taken/);

finds({
  ...table(DEAD, ALIVE),
  name: "table: a slot is taken without looking whether it is still free",
  agents: [
    () => join(0),
    () =>
      without((op, at, value) => {
        const isClaim = op === OP.CAS && at === TABLE_AT && (value & LIFE.MASK) === LIFE.FREE;
        return isClaim ? 1 : undefined;
      }, () => join(1)),
  ],
  check: isTrue,
}, /have the same id|another has signed|was ended/);

finds({
  ...table(DEAD, ALIVE),
  name: "table: a slot counts as alive before it is signed",
  agents: [
    () =>
      without(
        (op, at) => op === OP.STORE && at === TABLE_AT + BEGAN_LOW ? 0 : undefined,
        () => join(0),
      ),
    () => join(1),
  ],
  check: isTrue,
}, /one slot|was ended|another has signed/);
