/**
 * The workloads that do nothing but arithmetic: how much faster a pool is than a serial loop in the
 * same process. Serial and parallel take turns: whatever else the machine does slows both.
 */

import { availableParallelism } from "node:os";
import {
  type Contestant,
  middle,
  type PoolAdapter,
  type Sample,
  type ScalingPoint,
  withPool,
} from "./contestant.ts";
import { burn, countPrimes } from "./tasks.ts";

const PRIMES_BELOW = 300_000;
/** How much serial work one turn of the scaling rows has, in microseconds. */
const TURN_MICROS = 80_000;

export function primes(contestant: Contestant, quick: boolean): Promise<Sample> {
  return withPool(contestant, async (pool) => {
    const limits = [PRIMES_BELOW, PRIMES_BELOW, PRIMES_BELOW, PRIMES_BELOW];
    const serial = () => limits.map(countPrimes);
    const parallel = () => Promise.all(limits.map((limit) => pool.call("countPrimes", limit)));
    const { speedUp } = await inTurns(serial, parallel, 1, quick ? 3 : 9);
    return { value: speedUp };
  });
}

/** So many tasks of so many microseconds, in a pool of two workers. */
export function speedUp(
  micros: number,
  tasks: number,
): (contestant: Contestant, quick: boolean) => Promise<Sample> {
  return (contestant, quick) =>
    withPool(contestant, async (pool) => {
      const items: number[] = new Array(tasks).fill(roundsIn(micros));
      const { speedUp } = await burnInTurns(pool, items, items, quick ? 1 : 3);
      return { value: speedUp };
    });
}

/** Tasks of so many microseconds with one worker and more, up to one for each core. */
export function scaling(
  micros: number,
): (contestant: Contestant, quick: boolean) => Promise<Sample> {
  return async (contestant, quick) => {
    const length = roundsIn(micros);
    const tasks = TURN_MICROS / micros;
    const serial: number[] = new Array(tasks).fill(length);
    const points: ScalingPoint[] = [];
    for (const workers of workerCounts(availableParallelism())) {
      const parallel: number[] = new Array(tasks * workers).fill(length);
      const point = await withPool(
        contestant,
        (pool) => burnInTurns(pool, serial, parallel, quick ? 1 : 3),
        workers,
      );
      points.push({ workers, ...point });
    }
    return { value: points.at(-1)!.speedUp, points };
  };
}

/** One to four, then twice as many each time, and as many as there are cores. */
function workerCounts(cores: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < cores; count = count < 4 ? count + 1 : count * 2) counts.push(count);
  return [...counts, cores];
}

function burnInTurns(
  pool: PoolAdapter,
  serial: number[],
  parallel: number[],
  rounds: number,
): Promise<Omit<ScalingPoint, "workers">> {
  const map = pool.map?.bind(pool);
  return inTurns(
    () => serial.map(burn),
    () =>
      map === undefined
        ? Promise.all(parallel.map((length) => pool.call("burn", length)))
        : map("burn", parallel),
    parallel.length / serial.length,
    rounds,
  );
}

/** Medians over some rounds after one that does not count; `times`: parallel work to serial. */
async function inTurns(
  serial: () => number[],
  parallel: () => Promise<unknown[]>,
  times: number,
  rounds: number,
): Promise<Omit<ScalingPoint, "workers">> {
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const started = performance.now();
    const expected = serial();
    const between = performance.now();
    const results = await parallel();
    const taken = performance.now() - between;
    if (results.at(-1) !== expected.at(-1)) throw new Error(`wrong result ${results.at(-1)}`);
    if (round < 0) continue;
    ratios.push((between - started) * times / taken);
    rates.push(results.length / taken * 1000);
  }
  return { rate: middle(rates), speedUp: middle(ratios) };
}

/** How many rounds `burn` does in so many microseconds here, when nothing disturbs it. */
function roundsIn(micros: number): number {
  for (let i = 0; i < 300; i++) burn(200); // until the engine has optimized it
  const rounds = 5_000;
  let best = Infinity;
  for (let i = 0; i < 15; i++) {
    const started = performance.now();
    burn(rounds);
    best = Math.min(best, performance.now() - started);
  }
  return Math.max(1, Math.round(rounds * micros / (best * 1000)));
}
