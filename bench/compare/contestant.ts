/** What the workloads of pools share: how they reach a contestant, its pool, and the clock. */

/** The functions of `tasks.ts` that workers have. */
export type TaskName = "increment" | "relabel" | "echo" | "burn" | "countPrimes";

/** How the loops reach one pool. */
export interface PoolAdapter {
  /** Calls one of the functions of `tasks.ts` in a worker. */
  call(name: TaskName, argument: unknown): Promise<unknown>;
  /** Maps one of them over many items; pools without a map of their own have none. */
  map?(name: TaskName, items: number[]): Promise<unknown[]>;
  /** Maps `increment` lazily; pools without such a map have none. */
  imap?(items: number[]): AsyncIterable<number>;
  close(): Promise<unknown>;
}

export interface Contestant {
  openPool(workers: number): PoolAdapter | Promise<PoolAdapter>;
  /** Starts a process whose target does nothing, and waits for its end. */
  startProcess?(): Promise<unknown>;
  /** Whether its workers are threads: then processor time is that of one thread. */
  threads: boolean;
}

/** What a program prints, in the unit of the row. */
export interface Sample {
  value: number;
  points?: ScalingPoint[];
}

/** Tasks per second with so many workers, and how many times those of a serial loop. */
export interface ScalingPoint {
  workers: number;
  rate: number;
  speedUp: number;
}

interface Stats {
  p50: number;
}

interface TinyBench {
  add(name: string, fn: () => unknown): TinyBench;
  run(): Promise<{ result: { state: string; latency: Stats; error?: Error } }[]>;
}

const TINYBENCH = new URL("../node_modules/tinybench/dist/index.js", import.meta.url).href;

/** Workers of a pool in every row but those of scaling. */
export const WORKERS = 2;

/** How often and how long a loop runs: both numbers are the least, iterations and milliseconds. */
export interface Budget {
  iterations: number;
  time: number;
  warmup: number;
  warmupTime?: number;
}

/** The median of the times, in milliseconds, that a function takes, or says it took. */
export async function median(
  { iterations, time, warmup, warmupTime = 0 }: Budget,
  fn: () => unknown,
): Promise<number> {
  const { Bench } = await import(TINYBENCH) as { Bench: new (options: unknown) => TinyBench };
  const bench = new Bench({
    iterations,
    time,
    warmupIterations: warmup,
    warmupTime,
    throws: true,
  });
  const [{ result }] = await bench.add("loop", fn).run();
  if (result.state !== "completed") throw result.error ?? new Error(`loop is ${result.state}`);
  return result.latency.p50;
}

export function middle(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** Has a pool, all of whose workers are up, while something is measured. */
export async function withPool<T>(
  contestant: Contestant,
  measure: (pool: PoolAdapter) => Promise<T>,
  workers: number = WORKERS,
): Promise<T> {
  const pool = await contestant.openPool(workers);
  try {
    await Promise.all(
      Array.from({ length: 4 * workers }, () => pool.call("countPrimes", 30_000)),
    );
    return await measure(pool);
  } finally {
    await pool.close();
  }
}
