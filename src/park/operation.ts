/**
 * Layer 4, park. The shape of every operation on a shared object: numbers in, numbers out, over
 * words. One driver blocks (`block.ts`), one awaits (`lines.ts`), and a broker runs the same
 * operations for isolates that cannot map the words.
 *
 * @module
 */

import type { Block } from "../memory/arena.ts";
import type { Words } from "../memory/atomics.ts";
import type { Agent } from "./agent.ts";

/** An operation that never waits. What it takes and returns must be able to travel. */
export type NowOperation<A = number, R = number> = (
  words: Words,
  at: number,
  agent: Agent,
  argument: A,
  block: Block,
) => R;

/** What {@link WaitOperation.attempt} returns to go on waiting. */
export const AGAIN = -1;
/** What a wait ends with when the time is up. */
export const EXPIRED = -2;

/** How long an attempt has been waiting. */
export const PHASE = {
  /** It has not slept: looks only. */
  FIRST: 0,
  /**
   * It is in the wait set: also asks whether whom it waits for still lives, unless it has been told
   * of every death (`channel/sides.ts`).
   */
  LISTED: 1,
  /** It has slept for a while in vain: makes others step back. */
  STARVED: 2,
  /** It has slept for so long that it need not step back itself: who is first may be busy. */
  DESPERATE: 3,
} as const;

/** How far an attempt has come: one of {@link PHASE}. */
export type Phase = (typeof PHASE)[keyof typeof PHASE];

/** How the argument and the result of an operation cross, where they are more than numbers. */
export interface Crossing<A> {
  /** What travels to the broker instead of the argument. */
  pack(argument: A): unknown;
  /** Makes an argument of that there. */
  unpack(packed: unknown): A;
  /** What travels back. */
  answer(result: number, argument: A): unknown;
  /** Puts that into the argument; returns the result. */
  receive(answer: unknown, argument: A): number;
}

/** An operation that may wait. */
export interface WaitOperation<A = number> {
  /** Where the object's wait set is, relative to the object's first word. */
  readonly waitSet: number;
  /** Whether, when the first waiter of an isolate fails, the others behind it would fail as well. */
  readonly inTurn: boolean;
  /**
   * Set where waits succeed in the order in which an isolate began them; and where what one waits
   * for may come so soon that it is worth looking again for some microseconds first.
   */
  readonly ordered?: boolean;
  /** Set where the last attempt of a wait, whose time is up, counts as DESPERATE. */
  readonly insistsAtLast?: boolean;
  /** Called once, before the first attempt: its result is the `ticket` of the attempts. */
  begin?(words: Words, at: number, agent: Agent, argument: A): number;
  /** Tries once; returns {@link AGAIN}, or a result of 0 or more that ends the wait. */
  attempt(
    words: Words,
    at: number,
    agent: Agent,
    argument: A,
    ticket: number,
    phase: Phase,
    block: Block,
  ): number;
  /**
   * Called when a wait is given up: takes back what `begin` and attempts did. Returns
   * {@link EXPIRED}, or the result if it came at the last moment.
   */
  giveUp?(words: Words, at: number, agent: Agent, argument: A, ticket: number): number;
  /**
   * Called by a broker when the isolate that it waited for died before it heard of the result: takes
   * back what nobody has, so that it is not an abandoned holder's.
   */
  undo?(words: Words, at: number, agent: Agent, argument: A, result: number): void;
  /** How it is carried out by a broker, if its argument is not a number. */
  readonly crossing?: Crossing<A>;
}
