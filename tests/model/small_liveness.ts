/**
 * Stands in for `src/runtime/liveness.ts`: the thread of an agent of a model has the agent's number
 * plus one, and began at its own time. The scheduler knows who is dead.
 *
 * @module
 */

import { OP, step } from "./replay.ts";

/** No agent of the model: its thread ended before. */
export const GHOST = 6;
/** No agent of the model: nobody can tell whether its thread runs. */
export const HIDDEN = 7;

let current = 0;

/** Says which agent acts. */
export function actAs(agent: number): void {
  current = agent;
}

export function threadNumber(): number {
  return threadOf(current);
}

/** The thread of an agent of the model. */
export function threadOf(agent: number): number {
  return agent + 1;
}

/** When the thread of an agent began. */
export function beganOf(agent: number): number {
  return 1000 + agent;
}

/** Whoever asks for its own needs no answer of the operating system. */
export function threadBegan(thread: number): number {
  const agent = thread - 1;
  if (agent === GHOST) return -1;
  if (agent === HIDDEN) return -2;
  if (agent === current) return beganOf(agent);
  return step(OP.ALIVE, 0, agent) === 0 ? -1 : beganOf(agent);
}

export function threadRuns(thread: number, began: number): boolean | undefined {
  if (thread === 0 || began < 0) return undefined;
  const found = threadBegan(thread);
  return found === -2 ? undefined : found === began;
}
