/**
 * Tries every interleaving of a few agents that run production code.
 *
 * ```text
 * A state     the shared words, the place of each agent (`replay.ts`), and which of them are dead.
 * A move      one step of one agent, or the death of one: at most one is killed.
 * Explores    breadth first, so that the schedule of a fault is a short one. States that were seen
 *             are not entered again (`states.ts`). With a bound, schedules with fewer preemptions
 *             come first: to go from an agent that could go on to another is a preemption, unless it
 *             would sleep or goes round in circles.
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

import { directly, OP, prepare, replay } from "./replay.ts";
import type { Loops, Place } from "./replay.ts";
import { scheduleOf } from "./schedule.ts";
import type { Move, Names } from "./schedule.ts";
import { HOW, NONE, States } from "./states.ts";
import { act, changes, sameStep, wakings } from "./steps.ts";
import type { Tempers } from "./steps.ts";

/** What a case explores. */
export interface Model extends Tempers {
  readonly name: string;
  /** The words at the beginning. */
  readonly words: Int32Array;
  /** What the words are called in a schedule. */
  readonly names: Names;
  readonly agents: readonly (() => number | void)[];
  /** Whether an agent may be killed now; nobody is, if not given. */
  readonly mayKill?: (agent: number, words: Int32Array) => boolean;
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

/** No model here should come near. */
const MOST_STATES = 1_500_000;

/** Explores a model. */
export function explore(model: Model): Report {
  const began = performance.now();
  const exploration = new Exploration(model);
  const fault = exploration.run();
  const ms = Math.round(performance.now() - began);
  const { states, ends } = exploration;
  return { name: model.name, states: states.count, ends: ends.length, ms, fault };
}

/** Something that is wrong in a state, or after a move from it. */
class Fault extends Error {
  readonly state: number;
  readonly move: Move | undefined;

  constructor(cause: unknown, state: number, move?: Move) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.state = state;
    this.move = move;
  }
}

/**
 * The states of a model as far as they are known. A state is a row: the numbers of the places where
 * the agents are, one bit for each that is dead, with a bound the one that acted last plus one, and
 * the words.
 */
class Exploration {
  readonly states: States;
  readonly ends: number[] = [];
  readonly #model: Model;
  readonly #isConstant: (at: number) => boolean;
  readonly #places = new Map<number, Place>();
  /** States to leave, by the preemptions that they took. */
  readonly #queues: number[][] = [];
  /** Columns of a row. */
  readonly #dead: number;
  readonly #actor: number;
  readonly #words: number;
  /** The words of the state that may be new. */
  readonly #next: Int32Array;

  constructor(model: Model) {
    prepare(model.loops);
    this.#model = model;
    this.#isConstant = model.isConstant ?? (() => false);
    this.#dead = model.agents.length;
    this.#actor = this.#dead + 1;
    this.#words = this.#actor + 1;
    this.states = new States(this.#words + model.words.length);
    this.#next = this.states.next.subarray(this.#words);
  }

  /** Explores all of it. Returns what went wrong. */
  run(): string | undefined {
    try {
      this.#start();
      for (let used = 0; used < this.#queues.length; used++) {
        const queue = this.#queues[used] ?? [];
        for (let at = 0; at < queue.length; at++) {
          if (this.states.get(queue[at], HOW.LEFT) === 0) this.#leave(queue[at], used);
          if (this.states.count > MOST_STATES) throw new Fault("too many states", queue[at]);
        }
      }
      const stuck = this.#firstStuck();
      if (stuck !== NONE) throw new Fault("deadlock: these agents cannot all finish", stuck);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return this.#describe(error);
    }
  }

  #start(): void {
    const first = this.#model.agents.map((_, agent) => this.#placeOf(agent, []));
    first.forEach(({ id }, agent) => this.states.next[agent] = id);
    this.#next.set(this.#model.words);
    this.#enter(0, NONE, 0, 0);
    for (const { fault } of first) {
      if (fault !== undefined) throw new Fault(fault, 0);
    }
  }

  #placeOf(agent: number, log: readonly number[]): Place {
    const place = replay(agent, this.#model.agents[agent], log);
    const same = this.#places.get(place.id);
    if (same === undefined) this.#places.set(place.id, place);
    else if (!sameStep(place.next, same.next)) throw new Error("the places of replay.ts are wrong");
    return same ?? place;
  }

  #placesIn(row: Int32Array): Place[] {
    return this.#model.agents.map((_, agent) => this.#places.get(row[agent])!);
  }

  /** Comes to the state that is next. */
  #enter(used: number, parent: number, mover: number, result: number): void {
    const { states } = this;
    const known = states.count;
    const state = states.find();
    if (state === known || used < states.get(state, HOW.USED)) {
      states.set(state, HOW.USED, used);
      states.set(state, HOW.PARENT, parent);
      states.set(state, HOW.MOVER, mover);
      states.set(state, HOW.RESULT, result);
      (this.#queues[used] ??= []).push(state);
    }
    // Nobody may count on a death.
    if (parent !== NONE && mover >= 0) states.link(parent, state);
  }

  /** Comes to all that can follow. */
  #leave(state: number, used: number): void {
    const row = this.states.row(state);
    const words = row.subarray(this.#words, this.#words + this.#next.length);
    const places = this.#placesIn(row);
    const dead = row[this.#dead];
    const mayAct = (agent: number) => places[agent].next !== undefined && (dead >> agent & 1) === 0;
    this.states.set(state, HOW.LEFT, 1);
    if (!places.some((_, agent) => mayAct(agent))) return this.#end(state, words, places, dead);
    const most = this.#model.preemptions;
    const bounded = most !== undefined;
    const actor = row[this.#actor] - 1;
    const last = places[actor];
    const free = !bounded || last === undefined || !mayAct(actor) || last.spins ||
      last.next!.op === OP.SLEEP;
    // Who goes round in circles lets others go on first.
    const yields = bounded && last?.spins === true &&
      places.some(({ next }, agent) => agent !== actor && mayAct(agent) && next!.op !== OP.SLEEP);
    for (let agent = 0; agent < places.length; agent++) {
      if (!mayAct(agent) || yields && agent === actor) continue;
      const cost = used + (free || agent === actor ? 0 : 1);
      if (!bounded || cost <= most) this.#step(state, row, words, agent, cost);
    }
    if (dead !== 0 || this.#model.mayKill === undefined) return;
    for (let agent = 0; agent < places.length; agent++) {
      if (!mayAct(agent) || !this.#model.mayKill(agent, words)) continue;
      this.#take(row);
      this.states.next[this.#dead] = 1 << agent;
      this.#enter(used, state, ~agent, 0);
    }
  }

  #take(row: Int32Array): void {
    const { next } = this.states;
    for (let at = 0; at < next.length; at++) next[at] = row[at];
  }

  /** All that one step can come to. */
  #step(state: number, row: Int32Array, words: Int32Array, agent: number, cost: number): void {
    const place = this.#places.get(row[agent])!;
    const step = place.next!;
    const dead = row[this.#dead];
    const sleeps = step.op === OP.SLEEP;
    for (const clock of sleeps ? wakings(step, words, dead, this.#model) : [0]) {
      this.#take(row);
      const result = sleeps ? clock : act(step, this.#next, dead);
      const move = { agent, step, result };
      if (changes(step.op) && this.#isConstant(step.at)) {
        throw new Fault("a word that the case calls constant is written", state, move);
      }
      const after = this.#advance(state, place, move, dead);
      this.states.next[agent] = after.id;
      if (this.#model.preemptions !== undefined) this.states.next[this.#actor] = agent + 1;
      this.#enter(cost, state, agent, result);
    }
  }

  /** Goes on after a step with the notes that follow it. Returns where the agent is then. */
  #advance(state: number, before: Place, move: Move, dead: number): Place {
    let place = before;
    for (let value = move.result;;) {
      let after = place.after.get(value);
      if (after === undefined) {
        after = this.#placeOf(move.agent, [...place.log, value]);
        place.after.set(value, after);
      }
      if (after.fault !== undefined) throw new Fault(after.fault, state, move);
      place = after;
      const { next } = place;
      const unseen = next?.op === OP.NOTE || next?.op === OP.LOAD && this.#isConstant(next.at);
      if (!unseen) return place;
      try {
        value = act(next, this.#next, dead);
      } catch (error) {
        throw new Fault(error, state, move);
      }
    }
  }

  /** Looks at an end. */
  #end(state: number, words: Int32Array, places: readonly Place[], dead: number): void {
    this.ends.push(state);
    const { check } = this.#model;
    if (check === undefined) return;
    const copy = words.slice();
    const results = places.map(({ result }, agent) => (dead >> agent & 1) ? undefined : result);
    const killed = dead === 0 ? undefined : 31 - Math.clz32(dead);
    try {
      directly((next) => act(next, copy, dead), () => check({ words: copy, results, killed }));
    } catch (error) {
      throw new Fault(error, state);
    }
  }

  /** The first state from which no end can be reached, or `NONE`. */
  #firstStuck(): number {
    const { states } = this;
    const good = new Uint8Array(states.count);
    const queue = [...this.ends];
    for (const state of queue) good[state] = 1;
    for (let at = 0; at < queue.length; at++) {
      for (const from of states.before(queue[at])) {
        if (good[from] !== 0) continue;
        good[from] = 1;
        queue.push(from);
      }
    }
    const left = new Set<number>();
    good.forEach((is, state) => {
      if (is === 0) { for (const from of states.before(state)) left.add(from); }
    });
    // Rather one where nobody moves any more than one where that is only fated.
    const first = good.findIndex((is, state) => is === 0 && !left.has(state));
    return first === NONE ? good.indexOf(0) : first;
  }

  /** What is wrong, and the schedule that leads there. */
  #describe(fault: Fault): string {
    const { states } = this;
    const moves: Move[] = fault.move === undefined ? [] : [fault.move];
    for (let state = fault.state; states.get(state, HOW.PARENT) !== NONE;) {
      const mover = states.get(state, HOW.MOVER);
      const result = states.get(state, HOW.RESULT);
      state = states.get(state, HOW.PARENT);
      const agent = mover < 0 ? ~mover : mover;
      const step = mover < 0 ? undefined : this.#placesIn(states.row(state))[agent].next;
      moves.unshift({ agent, step, result });
    }
    const row = states.row(fault.state);
    const { name, names } = this.#model;
    const schedule = scheduleOf(names, moves, this.#placesIn(row), row[this.#dead]);
    return `${name}: ${fault.message}\n  ${schedule}`;
  }
}
