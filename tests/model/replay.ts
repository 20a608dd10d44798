/**
 * How an agent of the model is stopped and taken up again. An agent is a plain synchronous function
 * that calls production code. What it does is determined by the results of its operations, so it
 * is run from its beginning with the results that it has had; at the first operation beyond them it
 * is unwound by a signal, and that operation is what it does next.
 *
 * Two runs of an agent that have come to the same place are the same, although their results on the
 * way differ. A place is named by a number:
 *
 * - after an operation, by the place before it and the result;
 * - after `call()` returned, by the place where it began and what it returned: operations keep
 *   everything in the shared words;
 * - after a sleep, by the place where the call first read the bell, and the clock: `block()` carries
 *   nothing else from one turn of its loop to the next;
 * - after the same steps with the same results for the third time, by the place after the second:
 *   loops that wait for another agent without sleeping count nothing;
 * - where a case says that a loop begins, by the place of its second turn: its turns keep nothing.
 *
 * The scheduler sees to it that what goes on from one place is always the same step.
 *
 * @module
 */

/** What an agent does in one step. */
export const OP = {
  LOAD: 0,
  STORE: 1,
  ADD: 2,
  AND: 3,
  OR: 4,
  EXCHANGE: 5,
  CAS: 6,
  /** Reads its bell: what was rung before does not end the next sleep. */
  BELL: 7,
  RING: 8,
  /** Until the bell has been rung since it was read, or a time-out. */
  SLEEP: 9,
  /** Whether an agent is alive. */
  ALIVE: 10,
  /** Nothing: others may act here. */
  WORK: 11,
  /** Looks at or notes something that only the model knows; together with the step before. */
  NOTE: 12,
} as const;

export type Op = (typeof OP)[keyof typeof OP];

/** A note sees the words, and which agents are dead, one bit each. */
export type Note = (words: Int32Array, dead: number) => number;

export interface Step {
  readonly op: Op;
  readonly at: number;
  readonly a: number;
  readonly b: number;
  readonly note: Note | undefined;
}

/** Where an agent is: what it does next, or what it returned. */
export interface Place {
  readonly id: number;
  /** Results that lead here. */
  readonly log: readonly number[];
  readonly next: Step | undefined;
  readonly result: number;
  /** Whether it went round in a circle to come here, or is where a loop begins again. */
  readonly spins: boolean;
  /** What it threw: the model has found a fault. */
  readonly fault: unknown;
  /** Places after the step, by its result. */
  readonly after: Map<number, Place>;
}

/** Names of functions, and the word that each loads at the beginning of its loop and only there. */
export type Loops = Readonly<Record<string, number>>;

export type Body = () => number | void;

/** Shorter ones are not loops: a wait set is looked at from its middle to its middle. */
const LEAST_CIRCLE = 3;

/** Thrown to unwind an agent. */
const STOP = { toString: () => "the agent is to stop here" };

let log: readonly number[] = [];
let done = 0;
let place = 0;
let bellPlace = 0;
let clock = 0;
let spins = false;
/** The steps of this call since it slept, with their results, and the places after them. */
const steps: string[] = [];
const places: number[] = [];
/** Functions that load a word at the beginning of a loop, and nowhere else. */
let loops: Loops = {};
/** Where loops began first, since the call began or the bell was read. */
const heads = new Map<string, number>();
let pending: Step | undefined;
/** When set, steps act on these words at once: for looking at an outcome. */
let direct: ((step: Step) => number) | undefined;

const names = new Map<string, number>();

function named(from: number, how: string): number {
  const key = from + how;
  let name = names.get(key);
  if (name === undefined) names.set(key, name = names.size + 1);
  return name;
}

/** Does one step of the agent that runs, or stops it. Returns the result. */
export function step(op: Op, at = 0, a = 0, b = 0, note?: Note): number {
  if (direct !== undefined) return direct({ op, at, a, b, note });
  if (pending !== undefined) throw STOP;
  const loop = op === OP.LOAD ? loopAt(at) : undefined;
  if (loop !== undefined) {
    const first = heads.get(loop);
    spins = first !== undefined;
    place = named(first ?? place, loop);
    if (!spins) heads.set(loop, place);
  }
  if (done === log.length) {
    pending = { op, at, a, b, note };
    throw STOP;
  }
  const result = log[done++];
  if (op === OP.BELL) {
    if (bellPlace === 0) bellPlace = place;
    heads.clear();
  }
  if (op === OP.SLEEP) {
    clock = result;
    place = named(bellPlace, `s${result}`);
    steps.length = 0;
    places.length = 0;
    spins = false;
    return result;
  }
  place = named(place, `,${result}`);
  steps.push(`${op} ${at} ${a} ${b} ${result}`);
  places.push(place);
  const length = circle(2);
  spins = length > 0;
  if (spins && circle(3, length) > 0) places[places.length - 1] = place = places.at(-1 - length)!;
  return result;
}

/** The function that calls `load` for this word, if that is where its loop begins. */
function loopAt(at: number): string | undefined {
  for (const name in loops) {
    if (loops[name] === at && callerName(4) === name) return name;
  }
  return undefined;
}

/** The name of the function so many frames up, this one counted. */
function callerName(frames: number): string | null {
  const { prepareStackTrace, stackTraceLimit } = V8;
  V8.stackTraceLimit = frames + 1;
  V8.prepareStackTrace = (_, sites) => sites[frames]?.getFunctionName() ?? null;
  const name = new Error().stack as unknown as string | null;
  Object.assign(V8, { prepareStackTrace, stackTraceLimit });
  return name;
}

/** What V8 lets one do with stacks; as text they take too long. */
interface ErrorOfV8 {
  prepareStackTrace?: (error: Error, sites: { getFunctionName(): string | null }[]) => unknown;
  stackTraceLimit: number;
}

const V8 = Error as unknown as ErrorOfV8;

/** How long the shortest circle is that the last steps went round so many times. */
function circle(times: number, most = steps.length): number {
  for (let length = LEAST_CIRCLE; length <= most && length * times <= steps.length; length++) {
    let same = true;
    for (let back = 1; same && back <= length * (times - 1); back++) {
      same = steps.at(-back) === steps.at(-back - length);
    }
    if (same) return length;
  }
  return 0;
}

/** Milliseconds since the call began. */
export function now(): number {
  return clock;
}

/** One call of an operation: nothing but its result survives it. */
export function call(body: () => number | boolean | void): number {
  const from = place;
  begin();
  const result = Number(body() ?? 0);
  place = named(from, `r${result}`);
  spins = false;
  return result;
}

function begin(): void {
  clock = 0;
  bellPlace = 0;
  spins = false;
  heads.clear();
  steps.length = 0;
  places.length = 0;
}

/** Where an agent is that has had these results. */
export function replay(agent: number, body: Body, results: readonly number[]): Place {
  log = results;
  done = 0;
  begin();
  pending = undefined;
  place = named(0, `a${agent}`);
  let result = 0;
  let fault: unknown;
  try {
    result = Number(body() ?? 0);
    place = named(place, `=${result}`);
  } catch (error) {
    if (error !== STOP) fault = error ?? new Error("threw nothing");
  }
  return { id: place, log: results, next: pending, result, spins, fault, after: new Map() };
}

/** Runs code with steps that act at once. */
export function directly<T>(act: (step: Step) => number, body: () => T): T {
  direct = act;
  try {
    return body();
  } finally {
    direct = undefined;
  }
}

/** Begins with a model: the places of the one before are forgotten. */
export function prepare(loopsOf: Loops = {}): void {
  loops = loopsOf;
  names.clear();
}
