/**
 * A schedule as text: what each agent did, and what it came to.
 *
 * @module
 */

import { OP } from "./replay.ts";
import type { Place, Step } from "./replay.ts";

/** What one agent did, or that it was killed. */
export interface Move {
  readonly agent: number;
  /** Nothing for a kill. */
  readonly step: Step | undefined;
  readonly result: number;
}

/** What a word is called. */
export type Names = (at: number) => string;

/** The moves, and where each agent is after them. */
export function scheduleOf(
  names: Names,
  moves: readonly Move[],
  places: readonly Place[],
  dead: number,
): string {
  const lines = moves.map(({ agent, step, result }) => {
    if (step === undefined) return `${letter(agent)} is killed`;
    return `${letter(agent)} ${text(names, step)} = ${result}`;
  });
  places.forEach((place, agent) => {
    if ((dead >> agent & 1) !== 0) lines.push(`${letter(agent)} is dead`);
    else if (place.next === undefined) lines.push(`${letter(agent)} returned ${place.result}`);
    else lines.push(`${letter(agent)} is before ${text(names, place.next)}`);
  });
  return lines.join("\n  ");
}

const OP_NAMES = Object.keys(OP).map((name) => name.toLowerCase());

function text(names: Names, { op, at, a, b }: Step): string {
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
      return `${name} ${names(at)}`;
    case OP.CAS:
      return `${name} ${names(at)} ${a} to ${b}`;
    case OP.SLEEP:
      return `${name} at ${a} ms for ${b}`;
    default:
      return `${name} ${names(at)} ${a}`;
  }
}

function letter(agent: number): string {
  return String.fromCharCode(65 + agent);
}
