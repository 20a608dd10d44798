/**
 * What a step of an agent does to the shared words, and when a sleep can end.
 *
 * @module
 */

import { PATIENCE_MS, POLITENESS_MS, sliceAfter } from "../../src/park/block.ts";
import { OP } from "./replay.ts";
import type { Step } from "./replay.ts";

/** Which waiters lose their patience. */
export interface Tempers {
  /** Whether a waiter may become impatient (`PATIENCE_MS`) at any wake-up. */
  readonly impatient?: boolean;
  /** Whether a waiter may become desperate (`POLITENESS_MS`) at any wake-up. */
  readonly desperate?: boolean;
}

/** The times at which a sleep can end. */
export function wakings(next: Step, words: Int32Array, dead: number, model: Tempers): number[] {
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

/** Whether a step can change the words. */
export function changes(op: Step["op"]): boolean {
  return op !== OP.LOAD && op !== OP.ALIVE && op !== OP.WORK && op !== OP.SLEEP;
}

/** Does a step that is not a sleep. */
export function act({ op, at, a, b, note }: Step, words: Int32Array, dead: number): number {
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

/** Whether two steps are the same; nothing is the same as nothing. */
export function sameStep(one: Step | undefined, other: Step | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.op === other.op && one.at === other.at && one.a === other.a && one.b === other.b;
}
