/**
 * Layer 4, park. Which isolate this is, in words that fit into shared memory. Told by the parent at
 * the start of a child, so that the parent can say later which one has ended.
 *
 * @module
 */

/** An isolate of a program. */
export interface IsolateNumbers {
  /** Random, not 0. */
  readonly own: number;
  /** The isolate whose end ends this one: the parent of a thread. 0 for a process. */
  readonly host: number;
}

/** Not made before it is asked for: a child is told, and in Node the first random number takes 5 ms. */
let numbers: IsolateNumbers | null = null;

/** Makes a number for an isolate that is about to start. */
export function newIsolateNumber(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] >>> 1 || 1;
}

/** Which isolate this is. */
export function isolateNumbers(): IsolateNumbers {
  return numbers ??= { own: newIsolateNumber(), host: 0 };
}

/** Tells this isolate which one it is. Comes before everything else in a child. */
export function setIsolateNumbers(given: IsolateNumbers): void {
  numbers = given;
}
