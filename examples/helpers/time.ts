/**
 * What the examples share: the time of day, how long something took, and two ways to spend time.
 *
 * @module
 */

/** The time of day to the millisecond, such as `14:03:07.512`. */
export function timestamp(): string {
  return new Date().toISOString().slice(11, 23);
}

/** Calls a function, says on the console how long it took, and returns its result. */
export async function timed<R>(label: string, fn: () => R): Promise<Awaited<R>> {
  const started = performance.now();
  const result = await fn();
  console.log(`${label} took ${seconds(performance.now() - started)}`);
  return result;
}

/** Milliseconds in words: `0.42 s`. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

/** Keeps a processor busy for about a nanosecond per round: the same work, however long it takes. */
export function killTime(rounds: number): number {
  let state = 1;
  for (let round = 0; round < rounds; round++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
  }
  return state;
}

/** Stops this process or thread for a while: stands for slow work, and leaves the processor alone. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
