/**
 * The agents of a model, and what a case is made of: where the object, the bells and the notes are
 * among the words, and how an agent acts on them.
 *
 * @module
 */

import { agentId, slotOf } from "./small_layout.ts";
import type { Sleeper } from "../../src/park/agent.ts";
import { block } from "../../src/park/block.ts";
import type { NowOperation, WaitOperation } from "../../src/park/operation.ts";
import { call, now, OP, step } from "./replay.ts";
import type { Note } from "./replay.ts";

/** Where the object begins: after the bells and the notes. */
export const OBJECT = 8;
/** Where the notes are: four words that only the model knows. */
export const NOTES = 4;

/** An agent of a model. Its bell is the word with the number of its slot. */
export class ModelAgent implements Sleeper {
  readonly id: number;
  readonly slot: number;
  readonly seat: number;

  constructor(slot: number) {
    this.id = agentId(slot, 1);
    this.slot = slot;
    this.seat = slot;
  }

  seatOf(slot: number): number {
    return slot;
  }

  ring(seat: number): void {
    step(OP.RING, seat);
  }

  isAlive(id: number): boolean {
    return step(OP.ALIVE, 0, slotOf(id)) !== 0;
  }

  wasKilled(id: number): boolean {
    return !this.isAlive(id);
  }

  now(): number {
    return now();
  }

  bell(): number {
    return step(OP.BELL, this.slot);
  }

  sleep(_seen: number, ms: number): void {
    step(OP.SLEEP, this.slot, now(), ms);
  }

  pause(): void {}

  patience(): number {
    return 0;
  }

  succeeded(): void {}

  /** Runs an operation that may wait, on the object that begins at `at`. */
  wait(operation: WaitOperation, argument = 0, timeout = Infinity, at = OBJECT): number {
    return call(() => block(operation, { words: NOWHERE, at }, this, argument, timeout));
  }

  /** Runs an operation that does not wait. */
  // deno-lint-ignore no-explicit-any
  act<A>(operation: NowOperation<A, any>, argument: A, at = OBJECT): number {
    return call(() => operation(NOWHERE, at, this, argument, null!));
  }
}

/** What the code under test is given for its words: the scheduler has the real ones. */
export const NOWHERE: Int32Array = new Int32Array(0);

/** Lets others act. */
export function work(): void {
  step(OP.WORK);
}

/** Looks at or notes something, in one step with what was done before. */
export function note(body: Note): number {
  return step(OP.NOTE, 0, 0, 0, body);
}

/** Says that an agent is in a part of the program where only `most` may be, and lets others act. */
export function inside(slot: number, most = 1): void {
  note((words, dead) => {
    words[NOTES] |= 1 << slot;
    const living = words[NOTES] & ~dead;
    if (bits(living) > most) throw new Error(`${bits(living)} agents are inside`);
    return 0;
  });
  work();
  note((words) => words[NOTES] &= ~(1 << slot));
}

/** The words of a model, with an object that begins with these. */
export function wordsOf(length: number, object: readonly number[] = []): Int32Array {
  const words = new Int32Array(OBJECT + length);
  words.set(object, OBJECT);
  return words;
}

/** Names the words of a model: those of the object in turn, its wait set after them. */
export function namesOf(...object: string[]): (at: number) => string {
  const names = [...object, "COUNT", "CURSOR", "BITS"];
  return (at) => {
    if (at < NOTES) return `the bell of ${String.fromCharCode(65 + at)}`;
    if (at < OBJECT) return `note ${at - NOTES}`;
    return names[at - OBJECT] ?? `word ${at - OBJECT}`;
  };
}

function bits(mask: number): number {
  let count = 0;
  for (; mask !== 0; mask &= mask - 1) count++;
  return count;
}
