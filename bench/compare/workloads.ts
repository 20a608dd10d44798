/**
 * The workloads of pools, written once: every JavaScript pool runs these loops through an adapter.
 *
 * A program of `compare/` is called as `program … ROW [--quick]` and prints one line of
 * JSON, `{ "value": number }`, in the unit of the row.
 */

import process from "node:process";
import { type Contestant, median, type PoolAdapter, type Sample, withPool } from "./contestant.ts";
import { primes, scaling, speedUp } from "./cpu_workloads.ts";
import { type Labelled, labelled } from "./tasks.ts";

const TASKS = 20_000;
const ITEMS = 1_000_000;
const MEGABYTE = 131_072;

type Row = (contestant: Contestant, quick: boolean) => Promise<Sample>;

/** Each row returns its figure; `bench/rows/pool.ts` knows the units and the targets. */
const ROWS: Record<string, Row> = {
  "process-start": async (contestant, quick) => {
    if (contestant.startProcess === undefined) throw new Error("has no processes of its own");
    const budget = { iterations: quick ? 3 : 11, time: 0, warmup: 1 };
    return { value: await median(budget, () => contestant.startProcess!()) };
  },

  "pool-start": async (contestant, quick) => ({
    value: await median({ iterations: quick ? 3 : 9, time: 0, warmup: 1 }, async () => {
      const started = performance.now();
      const pool = await contestant.openPool(2);
      await pool.call("increment", 1);
      const overriddenDuration = performance.now() - started;
      await pool.close();
      return { overriddenDuration };
    }),
  }),

  "apply": (contestant, quick) =>
    withPool(contestant, async (pool) => {
      const ms = await median(
        { iterations: 300, time: quick ? 200 : 1000, warmup: 1000 },
        () => pool.call("increment", 1),
      );
      return { value: ms * 1000 };
    }),

  "tasks": (contestant, quick) =>
    withPool(
      contestant,
      async (pool) => perSecond(TASKS, await batches(quick, () => trivial(pool))),
    ),

  "objects": (contestant, quick) =>
    withPool(contestant, async (pool) => {
      const items = Array.from({ length: TASKS }, (_, index) => labelled(index));
      const ms = await batches(quick, async () => {
        const results = await Promise.all(items.map((item) => pool.call("relabel", item)));
        const last = results[TASKS - 1] as Labelled;
        if (last.id !== TASKS || last.tags.length !== 2) throw new Error(`wrong result ${last.id}`);
      });
      return perSecond(TASKS, ms);
    }),

  "map": (contestant, quick) =>
    withPool(contestant, async (pool) => {
      if (pool.map === undefined) throw new Error("has no map");
      const items = Array.from({ length: ITEMS }, (_, index) => index);
      const ms = await batches(quick, async () => {
        const results = await pool.map!("increment", items);
        if (results[ITEMS - 1] !== ITEMS) throw new Error(`wrong result ${results[ITEMS - 1]}`);
      });
      return perSecond(ITEMS, ms);
    }),

  "imap": (contestant, quick) =>
    withPool(contestant, async (pool) => {
      if (pool.imap === undefined) throw new Error("has no imap");
      const items = Array.from({ length: TASKS }, (_, index) => index);
      const ms = await batches(quick, async () => {
        let sum = 0;
        for await (const value of pool.imap!(items)) sum += value;
        if (sum !== TASKS * (TASKS + 1) / 2) throw new Error(`wrong sum ${sum}`);
      });
      return perSecond(TASKS, ms);
    }),

  "megabyte": (contestant, quick) =>
    withPool(contestant, async (pool) => {
      const values = Float64Array.from({ length: MEGABYTE }, (_, index) => index / 3);
      const value = await median(
        { iterations: 50, time: quick ? 100 : 700, warmup: 50 },
        async () => {
          const result = await pool.call("echo", values) as Float64Array;
          if (result.length !== MEGABYTE) throw new Error(`wrong length ${result.length}`);
        },
      );
      return { value };
    }),

  "primes": primes,
  "speedup-1ms": speedUp(1000, 400),
  "speedup-50us": speedUp(50, 8000),

  "parent-cpu": (contestant, quick) =>
    withPool(contestant, async (pool) => {
      const warm = performance.now() + 150;
      do await trivial(pool); while (performance.now() < warm);
      const started = performance.now();
      const before = parentMicros(contestant.threads);
      let tasks = 0;
      while (tasks < 2 * TASKS || performance.now() - started < (quick ? 100 : 600)) {
        await trivial(pool);
        tasks += TASKS;
      }
      return { value: (parentMicros(contestant.threads) - before) / tasks };
    }),

  "scaling-50us": scaling(50),
  "scaling-1ms": scaling(1000),
};

/** All at once, none of which does anything. */
async function trivial(pool: PoolAdapter): Promise<void> {
  const calls: Promise<unknown>[] = [];
  for (let index = 0; index < TASKS; index++) calls.push(pool.call("increment", index));
  const results = await Promise.all(calls);
  if (results[TASKS - 1] !== TASKS) throw new Error(`wrong result ${results[TASKS - 1]}`);
}

/** The median of the milliseconds that a large batch takes; what takes seconds is done once. */
async function batches(quick: boolean, fn: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await fn();
  const first = performance.now() - started;
  if (first > 2000) return first;
  return await median(
    quick
      ? { iterations: 2, time: 0, warmup: 0 }
      : { iterations: 3, time: 600, warmup: 0, warmupTime: first > 200 ? 0 : 150 },
    fn,
  );
}

function perSecond(count: number, ms: number): Sample {
  return { value: count / ms * 1000 };
}

/** Microseconds that the parent has run: this process or, where its workers are in it, this thread. */
function parentMicros(threads: boolean): number {
  if (threads && typeof process.threadCpuUsage !== "function") {
    throw new Error("this runtime has no clock for one thread");
  }
  const { user, system } = threads ? process.threadCpuUsage() : process.cpuUsage();
  return user + system;
}

/** Measures the row that the arguments name and prints the figure. */
export async function main(contestant: Contestant, args: string[]): Promise<void> {
  const row = ROWS[args[0]];
  if (row === undefined) throw new Error(`unknown row ${args[0]}: ${Object.keys(ROWS).join(", ")}`);
  console.log(JSON.stringify(await row(contestant, args.includes("--quick"))));
}
