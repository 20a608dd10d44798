/** What the benchmarks measure: units, and the figures that the library has set itself. */

export type Method = "spawn" | "thread";

/** A limit for our own figure, as a multiple of somebody else's or as it is. */
export interface Target {
  method: Method;
  of: "python" | "peer" | "absolute";
  /** The most (where less is better) or the least (where more is). */
  factor: number;
}

export interface BenchRow {
  key: string;
  title: string;
  unit: string;
  better: "less" | "more";
  targets: Target[];
  digits: number;
}

export const BENCH_ROWS: readonly BenchRow[] = [
  {
    key: "process-start",
    title: "Start of a process: start and join with a target that does nothing",
    unit: "ms",
    better: "less",
    targets: [{ method: "spawn", of: "python", factor: 0.5 }],
    digits: 1,
  },
  {
    key: "pool-start",
    title: "Start of a pool: 2 workers, until the first result",
    unit: "ms",
    better: "less",
    targets: [],
    digits: 1,
  },
  {
    key: "apply",
    title: "`apply` round trip, one after the other",
    unit: "µs",
    better: "less",
    targets: [],
    digits: 1,
  },
  {
    key: "tasks",
    title: "20,000 concurrent trivial tasks",
    unit: "tasks/s",
    better: "more",
    targets: [
      { method: "thread", of: "peer", factor: 1 },
      { method: "spawn", of: "python", factor: 3 },
    ],
    digits: 0,
  },
  {
    key: "map",
    title: "`map` over 1,000,000 integers",
    unit: "items/s",
    better: "more",
    targets: [
      { method: "spawn", of: "python", factor: 1 },
      { method: "thread", of: "python", factor: 1 },
    ],
    digits: 0,
  },
  {
    key: "megabyte",
    title: "1 MB `Float64Array` there and back, copied both ways",
    unit: "ms",
    better: "less",
    targets: [],
    digits: 2,
  },
  {
    key: "primes",
    title: "4 × the primes below 300,000 on 2 workers, against serial",
    unit: "× serial",
    better: "more",
    targets: [
      { method: "spawn", of: "absolute", factor: 1.9 },
      { method: "thread", of: "absolute", factor: 1.9 },
    ],
    digits: 2,
  },
];
