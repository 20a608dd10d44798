/**
 * Tries every interleaving of a few agents that run production code.
 *
 * ```text
 * A state     the shared words, the place of each agent (`replay.ts`), and which of them are dead.
 * A move      one step of one agent, or the death of one: at most one is killed.
 * Explores    breadth first, so that the schedule of a fault is a short one. States that were seen
 *             are not entered again. With a bound, schedules with fewer preemptions come first: to
 *             go from an agent that could go on to another is a preemption, unless it would sleep or
 *             goes round in circles.
 * Time        A sleep ends when the bell has been rung. It also ends when the operation's own time
 *             is up, at any moment. It ends after a slice (`sliceAfter`) only when somebody was
 *             killed: else a slice would hide a wake-up that was lost.
 * Finds       an exception in an agent or in the last check; two agents where one belongs; a state
 *             from which the living agents cannot all finish, whatever happens: a deadlock, or a
 *             circle.
 * Cannot see  bytes that are not words of atomics.ts; event loops (`lines.ts`, brokers); what a bell
 *             does within (`bell.ts`): a ring is one step here; a second kill; more agents than the
 *             case has; and with a bound, what takes more preemptions.
 * ```
 *
 * @module
 */

import { PATIENCE_MS, POLITENESS_MS, sliceAfter } from "../../src/park/block.ts";
import { directly, OP, prepare, replay } from "./replay.ts";
import type { Loops, Place, Step } from "./replay.ts";

/** What a case explores. */
export interface Model {
  readonly name: string;
  /** The words at the beginning. */
  readonly words: Int32Array;
  /** What the words are called in a schedule. */
  readonly names: (at: number) => string;
  readonly agents: readonly (() => number | void)[];
  /** Whether an agent may be killed now; nobody is, if not given. */
  readonly mayKill?: (agent: number, words: Int32Array) => boolean;
  /** Whether a waiter may become impatient (`PATIENCE_MS`) at any wake-up. */
  readonly impatient?: boolean;
  /** Whether a waiter may become desperate (`POLITENESS_MS`) at any wake-up. */
  readonly desperate?: boolean;
  /** Words that nobody changes: to load one of them is no point at which others act. */
  readonly isConstant?: (at: number) => boolean;
  /** Where loops begin whose turns keep nothing: see `replay.ts`. */
  readonly loops?: Loops;
  /** How many preemptions; as many as there are, if not given. */
  readonly preemptions?: number;
  /** Looks at what it has come to; may run operations, which act at once. */
  readonly check?: (end: End) => void;
}

/** How a schedule ended. */
export interface End {
  readonly words: Int32Array;
  /** What each agent returned; `undefined` for the one that was killed. */
  readonly results: readonly (number | undefined)[];
  readonly killed: number | undefined;
}

export interface Report {
  readonly name: string;
  readonly states: number;
  readonly ends: number;
  readonly ms: number;
  /** What went wrong, with the schedule; or nothing. */
  readonly fault: string | undefined;
}

interface State {
  /** Given up once the state has been left. */
  words: Int32Array | undefined;
  readonly places: readonly Place[];
  readonly dead: number;
  /** Who acted last. */
  readonly actor: number;
  readonly index: number;
  /** Preemptions. */
  used: number;
  parent: State | undefined;
  move: Move | undefined;
}

interface Move {
  readonly agent: number;
  /** Nothing for a kill. */
  readonly step: Step | undefined;
  readonly result: number;
}

/** No model here should come near. */
const MOST_STATES = 1_500_000;

/** Explores a model. */
export function explore(model: Model): Report {
  const began = performance.now();
  prepare(model.loops);
  const isConstant = model.isConstant ?? (() => false);
  const bounded = model.preemptions !== undefined;
  const known = new Map<number, Place>();
  const seen = new Map<string, State>();
  const backward: number[][] = [];
  const states: State[] = [];
  const ends: number[] = [];
  /** States to leave, by the preemptions that they took. */
  const queues: State[][] = [[]];
  let fault: string | undefined;

  const placeOf = (agent: number, log: readonly number[]): Place => {
    const place = replay(agent, model.agents[agent], log);
    const same = known.get(place.id);
    if (same !== undefined) {
      if (!sameStep(place.next, same.next)) throw new Error("the places of replay.ts are wrong");
      return same;
    }
    known.set(place.id, place);
    return place;
  };

  const enter = (
    words: Int32Array,
    places: readonly Place[],
    dead: number,
    actor: number,
    used: number,
    parent: State | undefined,
    move: Move | undefined,
  ): void => {
    const key = keyOf(words, places, dead, bounded ? actor : 0);
    let state = seen.get(key);
    if (state === undefined) {
      state = { words, places, dead, actor, index: states.length, used, parent, move };
      seen.set(key, state);
      states.push(state);
      backward.push([]);
      (queues[used] ??= []).push(state);
    } else if (used < state.used) {
      Object.assign(state, { used, parent, move });
      queues[used].push(state);
    }
    // Nobody may count on a death.
    if (parent !== undefined && move?.step !== undefined) backward[state.index].push(parent.index);
  };

  /** Takes a step of an agent, and the notes that follow it. */
  const advance = (state: State, move: Move, words: Int32Array) => {
    let place = state.places[move.agent];
    for (let value = move.result;;) {
      let after = place.after.get(value);
      if (after === undefined) {
        after = placeOf(move.agent, [...place.log, value]);
        place.after.set(value, after);
      }
      if (after.fault !== undefined) throw new Fault(after.fault, state, move);
      place = after;
      const { next } = place;
      const unseen = next?.op === OP.NOTE || next?.op === OP.LOAD && isConstant(next.at);
      if (!unseen) return { place, words };
      words = words.slice();
      try {
        value = act(next, words, state.dead);
      } catch (error) {
        throw new Fault(error, state, move);
      }
    }
  };

  const expand = (state: State, used: number): void => {
    const { places, dead, actor } = state;
    const words = state.words!;
    const last = actor < 0 ? undefined : places[actor];
    const free = !bounded || last?.next === undefined || last.next.op === OP.SLEEP ||
      last.spins || (dead >> actor & 1) !== 0;
    // Who goes round in circles lets others go on first.
    const yields = bounded && last?.spins === true &&
      places.some(({ next }, agent) =>
        agent !== actor && next !== undefined && next.op !== OP.SLEEP && (dead >> agent & 1) === 0
      );
    let running = false;
    for (let agent = 0; agent < places.length; agent++) {
      const place = places[agent];
      if ((dead >> agent & 1) !== 0) continue;
      if (place.next === undefined) continue;
      running = true;
      if (yields && agent === actor) continue;
      const cost = used + (free || agent === actor ? 0 : 1);
      if (cost > (model.preemptions ?? 0)) continue;
      for (const [result, after] of outcomes(place.next, words, dead, model)) {
        const move = { agent, step: place.next, result };
        if (after !== words && isConstant(place.next.at)) {
          throw new Fault("a word that the case calls constant is written", state, move);
        }
        const next = advance(state, move, after);
        enter(next.words, places.with(agent, next.place), dead, agent, cost, state, move);
      }
    }
    if (!running) {
      ends.push(state.index);
      try {
        if (model.check !== undefined) finish(model, state);
      } catch (error) {
        throw new Fault(error, state);
      }
    } else if (dead === 0) {
      for (let agent = 0; agent < places.length; agent++) {
        if (places[agent].next === undefined || !model.mayKill?.(agent, words)) continue;
        const move = { agent, step: undefined, result: 0 };
        enter(words, places, 1 << agent, actor, used, state, move);
      }
    }
    state.words = undefined;
  };

  try {
    const words = model.words.slice();
    const first = model.agents.map((_, agent) => placeOf(agent, []));
    enter(words, first, 0, -1, 0, undefined, undefined);
    for (const place of first) {
      if (place.fault !== undefined) throw new Fault(place.fault, states[0]);
    }
    for (let used = 0; used < queues.length; used++) {
      const queue = queues[used] ?? [];
      for (let at = 0; at < queue.length; at++) {
        if (queue[at].words !== undefined) expand(queue[at], used);
        if (states.length > MOST_STATES) throw new Fault("too many states", queue[at]);
      }
    }
    const stuck = firstStuck(states, backward, ends);
    if (stuck !== undefined) throw new Fault("deadlock: these agents cannot all finish", stuck);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    fault = describe(model, error);
  }
  const ms = Math.round(performance.now() - began);
  return { name: model.name, states: states.length, ends: ends.length, ms, fault };
}

/** Something that is wrong in a state, or after a move from it. */
class Fault extends Error {
  readonly state: State;
  readonly move: Move | undefined;

  constructor(cause: unknown, state: State, move?: Move) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.state = state;
    this.move = move;
  }
}

/** The first state from which no end can be reached. */
function firstStuck(states: State[], backward: number[][], ends: number[]): State | undefined {
  const good = new Uint8Array(states.length);
  const queue = [...ends];
  for (const index of queue) good[index] = 1;
  for (let at = 0; at < queue.length; at++) {
    for (const from of backward[queue[at]]) {
      if (good[from] !== 0) continue;
      good[from] = 1;
      queue.push(from);
    }
  }
  const stuck = states.filter((state) => good[state.index] === 0);
  const left = new Set(stuck.flatMap((state) => backward[state.index]));
  // Rather one where nobody moves any more than one where that is only fated.
  return stuck.find((state) => !left.has(state.index)) ?? stuck[0];
}

function sameStep(one: Step | undefined, other: Step | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.op === other.op && one.at === other.at && one.a === other.a && one.b === other.b;
}

/** What a step can come to: its results, and the words after it. */
function outcomes(
  next: Step,
  words: Int32Array,
  dead: number,
  model: Model,
): [result: number, words: Int32Array][] {
  if (next.op === OP.SLEEP) {
    return wakings(next, words, dead, model).map((clock) => [clock, words]);
  }
  const after = changes(next.op) ? words.slice() : words;
  return [[act(next, after, dead), after]];
}

/** The times at which a sleep can end. */
function wakings(next: Step, words: Int32Array, dead: number, model: Model): number[] {
  const { at, a: clock, b: ms } = next;
  const late = Math.max(clock, PATIENCE_MS + 1);
  const times = new Set<number>();
  if (words[at] !== 0) {
    times.add(clock);
    if (model.impatient) times.add(late);
    if (model.desperate) times.add(Math.max(clock, POLITENESS_MS + 1));
  }
  if (ms < sliceAfter(clock)) times.add(clock + ms);
  else if (dead !== 0) times.add(late);
  return [...times];
}

function changes(op: Step["op"]): boolean {
  return op !== OP.LOAD && op !== OP.ALIVE && op !== OP.WORK;
}

/** Does a step that is not a sleep. */
function act({ op, at, a, b, note }: Step, words: Int32Array, dead: number): number {
  const was = words[at];
  switch (op) {
    case OP.LOAD:
      return was;
    case OP.STORE:
      words[at] = a;
      return 0;
    case OP.ADD:
      words[at] = was + a;
      return was;
    case OP.AND:
      words[at] = was & a;
      return was;
    case OP.OR:
      words[at] = was | a;
      return was;
    case OP.EXCHANGE:
      words[at] = a;
      return was;
    case OP.CAS:
      if (was !== a) return 0;
      words[at] = b;
      return 1;
    case OP.BELL:
      words[at] = 0;
      return 0;
    case OP.RING:
      words[at] = 1;
      return 0;
    case OP.ALIVE:
      return (dead >> a & 1) === 0 ? 1 : 0;
    case OP.NOTE:
      return note!(words, dead);
    case OP.WORK:
      return 0;
    default:
      throw new Error("it would sleep here for ever");
  }
}

function keyOf(words: Int32Array, places: readonly Place[], dead: number, actor: number): string {
  let key = String.fromCharCode(dead, actor + 1);
  for (const { id } of places) key += String.fromCharCode(id & 0xffff, id >>> 16);
  return key + String.fromCharCode(...new Uint16Array(words.buffer));
}

/** Looks at an end. */
function finish(model: Model, { words, places, dead }: State): void {
  const copy = words!.slice();
  const isDead = (agent: number) => (dead >> agent & 1) !== 0;
  const results = places.map(({ result }, agent) => isDead(agent) ? undefined : result);
  const killed = dead === 0 ? undefined : 31 - Math.clz32(dead);
  directly((next) => act(next, copy, dead), () => model.check!({ words: copy, results, killed }));
}

/** What is wrong, and the schedule that leads there. */
function describe(model: Model, fault: Fault): string {
  const lines: string[] = [];
  if (fault.move !== undefined) lines.push(line(model, fault.move));
  for (let state: State | undefined = fault.state; state?.move !== undefined;) {
    lines.push(line(model, state.move));
    state = state.parent;
  }
  lines.reverse();
  const { places, dead } = fault.state;
  places.forEach((place, agent) => {
    if ((dead >> agent & 1) !== 0) lines.push(`${letter(agent)} is dead`);
    else if (place.next === undefined) lines.push(`${letter(agent)} returned ${place.result}`);
    else lines.push(`${letter(agent)} is before ${text(model, place.next)}`);
  });
  return `${model.name}: ${fault.message}\n  ${lines.join("\n  ")}`;
}

function line(model: Model, { agent, step, result }: Move): string {
  if (step === undefined) return `${letter(agent)} is killed`;
  return `${letter(agent)} ${text(model, step)} = ${result}`;
}

const OP_NAMES = Object.keys(OP).map((name) => name.toLowerCase());

function text(model: Model, { op, at, a, b }: Step): string {
  const name = OP_NAMES[op];
  switch (op) {
    case OP.WORK:
    case OP.NOTE:
      return name;
    case OP.ALIVE:
      return `${name} ${letter(a)}`;
    case OP.LOAD:
    case OP.BELL:
    case OP.RING:
      return `${name} ${model.names(at)}`;
    case OP.CAS:
      return `${name} ${model.names(at)} ${a} to ${b}`;
    case OP.SLEEP:
      return `${name} at ${a} ms for ${b}`;
    default:
      return `${name} ${model.names(at)} ${a}`;
  }
}

function letter(agent: number): string {
  return String.fromCharCode(65 + agent);
}
