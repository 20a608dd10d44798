/** What the workloads of pipes and queues share: clocks, messages, and how many make a figure. */

import process from "node:process";

/** A figure, and the microseconds of processor time of both sides for one message. */
export interface Figure {
  value: number;
  cpu: number;
}

export type Payload = "number" | "object" | "megabyte";

/** Round trips that are timed together: one is too short for the clock. */
export const TRIPS = 100;
export const MEGABYTE: number = 2 ** 20;

/** Messages, and how many to begin with. */
export const GROWTH: Record<Payload, { message: unknown; first: number }> = {
  number: { message: 42, first: 1000 },
  object: { message: { id: 7, name: "a small object", list: [1, 2] }, first: 1000 },
  megabyte: { message: new Uint8Array(MEGABYTE).fill(1), first: 8 },
};

/** Processor time of this process, with all its threads, in microseconds. */
export function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

export function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

/** Doubles the number of messages until they take long enough; then the median of three runs. */
export async function sample(
  run: (count: number) => Promise<{ ms: number; cpu: number }>,
  first: number,
  quick: boolean,
): Promise<Figure> {
  let count = first;
  while ((await run(count)).ms < (quick ? 50 : 150)) count *= 2;
  const runs: Figure[] = [];
  for (let i = 0; i < 3; i++) {
    const { ms, cpu } = await run(count);
    runs.push({ value: count / ms * 1000, cpu: cpu / count });
  }
  return runs.sort((a, b) => a.value - b.value)[1];
}
