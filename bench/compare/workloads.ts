/**
 * The workloads, written once: every JavaScript pool runs these loops through an adapter.
 *
 * A program of `compare/` is called as `program … ROW [--quick]` and prints one line of
 * JSON, `{ "value": number }`, in the unit of the row.
 */

import { countPrimes } from "./tasks.ts";

/** How the loops reach one pool of two workers. */
export interface PoolAdapter {
  /** Calls one of the functions of `tasks.ts` in a worker. */
  call(name: "increment" | "echo" | "countPrimes", argument: unknown): Promise<unknown>;
  /** Maps `increment` over many items; pools without a map of their own have none. */
  map?(items: number[]): Promise<number[]>;
  close(): Promise<unknown>;
}

export interface Contestant {
  openPool(): PoolAdapter | Promise<PoolAdapter>;
  /** Starts a process whose target does nothing, and waits for its end. */
  startProcess?(): Promise<unknown>;
}

interface Stats {
  p50: number;
}

interface TinyBench {
  add(name: string, fn: () => unknown): TinyBench;
  run(): Promise<{ result: { state: string; latency: Stats; error?: Error } }[]>;
}

const TINYBENCH = new URL("../node_modules/tinybench/dist/index.js", import.meta.url).href;

export const TASKS = 20_000;
export const ITEMS = 1_000_000;
export const PRIMES_BELOW = 300_000;
const MEGABYTE = 131_072;

/** The median of the times, in milliseconds, that a function takes, or says it took. */
async function median(
  options: { iterations: number; time?: number; warmup: number },
  fn: () => unknown,
): Promise<number> {
  const { Bench } = await import(TINYBENCH) as { Bench: new (options: unknown) => TinyBench };
  const bench = new Bench({
    iterations: options.iterations,
    time: options.time ?? 0,
    warmupIterations: options.warmup,
    warmupTime: 0,
    throws: true,
  });
  const [{ result }] = await bench.add("loop", fn).run();
  if (result.state !== "completed") throw result.error ?? new Error(`loop is ${result.state}`);
  return result.latency.p50;
}

type Row = (contestant: Contestant, quick: boolean) => Promise<number>;

/** Each row returns its figure; `bench/rows.ts` knows the units and the targets. */
const ROWS: Record<string, Row> = {
  "process-start": (contestant, quick) => {
    if (contestant.startProcess === undefined) throw new Error("has no processes of its own");
    return median({ iterations: quick ? 5 : 15, warmup: 1 }, () => contestant.startProcess!());
  },

  "pool-start": (contestant, quick) =>
    median({ iterations: quick ? 3 : 9, warmup: 1 }, async () => {
      const started = performance.now();
      const pool = await contestant.openPool();
      await pool.call("increment", 1);
      const overriddenDuration = performance.now() - started;
      await pool.close();
      return { overriddenDuration };
    }),

  "apply": (contestant, quick) =>
    withPool(contestant, async (pool) => {
      const ms = await median(
        { iterations: 300, time: quick ? 300 : 1500, warmup: 1000 },
        () => pool.call("increment", 1),
      );
      return ms * 1000;
    }),

  "tasks": (contestant, quick) =>
    withPool(contestant, async (pool) => {
      const ms = await median({ iterations: quick ? 3 : 7, warmup: 2 }, async () => {
        const calls: Promise<unknown>[] = [];
        for (let index = 0; index < TASKS; index++) calls.push(pool.call("increment", index));
        const results = await Promise.all(calls);
        if (results[TASKS - 1] !== TASKS) throw new Error(`wrong result ${results[TASKS - 1]}`);
      });
      return TASKS / ms * 1000;
    }),

  "map": (contestant, quick) =>
    withPool(contestant, async (pool) => {
      if (pool.map === undefined) throw new Error("has no map");
      const items = Array.from({ length: ITEMS }, (_, index) => index);
      const ms = await median({ iterations: quick ? 2 : 5, warmup: 1 }, async () => {
        const results = await pool.map!(items);
        if (results[ITEMS - 1] !== ITEMS) throw new Error(`wrong result ${results[ITEMS - 1]}`);
      });
      return ITEMS / ms * 1000;
    }),

  "megabyte": (contestant, quick) =>
    withPool(contestant, async (pool) => {
      const values = Float64Array.from({ length: MEGABYTE }, (_, index) => index / 3);
      const ms = await median(
        { iterations: 50, time: quick ? 200 : 1000, warmup: 50 },
        async () => {
          const result = await pool.call("echo", values) as Float64Array;
          if (result.length !== MEGABYTE) throw new Error(`wrong length ${result.length}`);
        },
      );
      return ms;
    }),

  "primes": (contestant, quick) =>
    withPool(contestant, async (pool) => {
      const iterations = quick ? 5 : 15;
      const limits = [PRIMES_BELOW, PRIMES_BELOW, PRIMES_BELOW, PRIMES_BELOW];
      const speedUps: number[] = [];
      // Serial and parallel in turns: whatever else the machine does slows both.
      await median({ iterations, warmup: 2 }, async () => {
        const started = performance.now();
        for (const limit of limits) countPrimes(limit);
        const between = performance.now();
        await Promise.all(limits.map((limit) => pool.call("countPrimes", limit)));
        const parallel = performance.now() - between;
        speedUps.push((between - started) / parallel);
        return { overriddenDuration: parallel };
      });
      const counted = speedUps.slice(-iterations).sort((a, b) => a - b);
      return counted[counted.length >> 1];
    }),
};

async function withPool(
  contestant: Contestant,
  measure: (pool: PoolAdapter) => Promise<number>,
): Promise<number> {
  const pool = await contestant.openPool();
  try {
    // Both workers are up before anything is measured.
    await Promise.all(Array.from({ length: 8 }, () => pool.call("countPrimes", 30_000)));
    return await measure(pool);
  } finally {
    await pool.close();
  }
}

/** Measures the row that the arguments name and prints the figure. */
export async function main(contestant: Contestant, args: string[]): Promise<void> {
  const row = ROWS[args[0]];
  if (row === undefined) throw new Error(`unknown row ${args[0]}: ${Object.keys(ROWS).join(", ")}`);
  const value = await row(contestant, args.includes("--quick"));
  console.log(JSON.stringify({ value }));
}
