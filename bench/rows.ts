/** What the benchmarks measure: units, and the figures that the library has set itself. */

export type Method = "spawn" | "thread";

/** A limit for our own figure, as a multiple of somebody else's or as it is. */
export interface Target {
  method: Method;
  of: "python" | "peer" | "absolute";
  /** The most (where less is better) or the least (where more is). */
  factor: number;
}

/** The groups of rows; each entrant has one program for a group. */
export const PROGRAMS = ["pool", "sync", "pipe", "queue"] as const;

/** Which program of an entrant measures a row. */
export type Program = (typeof PROGRAMS)[number];

export interface BenchRow {
  key: string;
  program: Program;
  title: string;
  unit: string;
  better: "less" | "more";
  targets: Target[];
  digits: number;
  /** What the peers of this row are. Default: "best peer". */
  peer?: string;
}

function both(of: Target["of"], factor: number): Target[] {
  return [{ method: "spawn", of, factor }, { method: "thread", of, factor }];
}

export const BENCH_ROWS: readonly BenchRow[] = [
  {
    key: "process-start",
    program: "pool",
    title: "Start of a process: start and join with a target that does nothing",
    unit: "ms",
    better: "less",
    targets: [{ method: "spawn", of: "python", factor: 0.5 }],
    digits: 1,
  },
  {
    key: "pool-start",
    program: "pool",
    title: "Start of a pool: 2 workers, until the first result",
    unit: "ms",
    better: "less",
    targets: [],
    digits: 1,
  },
  {
    key: "apply",
    program: "pool",
    title: "`apply` round trip, one after the other",
    unit: "µs",
    better: "less",
    targets: [],
    digits: 1,
  },
  {
    key: "tasks",
    program: "pool",
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
    program: "pool",
    title: "`map` over 1,000,000 integers",
    unit: "items/s",
    better: "more",
    targets: both("python", 1),
    digits: 0,
  },
  {
    key: "megabyte",
    program: "pool",
    title: "1 MB `Float64Array` there and back, copied both ways",
    unit: "ms",
    better: "less",
    targets: [],
    digits: 2,
  },
  {
    key: "primes",
    program: "pool",
    title: "4 × the primes below 300,000 on 2 workers, against serial",
    unit: "× serial",
    better: "more",
    targets: both("absolute", 1.9),
    digits: 2,
  },
  {
    key: "lock",
    program: "sync",
    title: "A free lock: `tryAcquire` and `release`",
    unit: "ns",
    better: "less",
    targets: both("python", 0.5),
    digits: 0,
  },
  {
    key: "hold",
    program: "sync",
    title: "A free lock: `holdSync` and its disposal, a `with` block",
    unit: "ns",
    better: "less",
    targets: [],
    digits: 0,
  },
  {
    key: "value",
    program: "sync",
    title: "A shared integer: `value += 1` under its lock",
    unit: "ns",
    better: "less",
    targets: both("python", 0.25),
    digits: 0,
  },
  {
    key: "contended-2",
    program: "sync",
    title: "A lock that 2 children fight for",
    unit: "acquisitions/s",
    better: "more",
    targets: both("python", 2),
    digits: 0,
  },
  {
    key: "contended-4",
    program: "sync",
    title: "A lock that 4 children fight for",
    unit: "acquisitions/s",
    better: "more",
    targets: both("python", 2),
    digits: 0,
  },
  {
    key: "hand-over",
    program: "sync",
    title: "Hand-over: from `release` to the return of another's `acquireSync`, both busy",
    unit: "µs",
    better: "less",
    targets: both("absolute", 5),
    digits: 2,
  },
  {
    key: "event",
    program: "sync",
    title: "Wake-up: from `set` to the return of a `waitSync` that sleeps",
    unit: "µs",
    better: "less",
    targets: both("python", 1),
    digits: 1,
  },
  {
    key: "idle",
    program: "sync",
    title: "The processor time of a child that waits for an event",
    unit: "‰ of a core",
    better: "less",
    targets: both("absolute", 1),
    digits: 3,
  },
  {
    key: "pipe-busy",
    program: "pipe",
    title: "Pipe: a number there and back, blocking, both sides busy",
    unit: "µs",
    better: "less",
    targets: both("python", 0.2),
    digits: 2,
  },
  {
    key: "pipe-busy-async",
    program: "pipe",
    title: "Pipe: a number there and back, awaiting, both sides busy",
    unit: "µs",
    better: "less",
    targets: both("python", 0.2),
    digits: 2,
    peer: "postMessage",
  },
  {
    key: "pipe-sleep",
    program: "pipe",
    title: "Pipe: a number there and back, blocking, after 2 ms of sleep",
    unit: "µs",
    better: "less",
    targets: both("python", 1),
    digits: 1,
  },
  {
    key: "pipe-sleep-async",
    program: "pipe",
    title: "Pipe: a number there and back, awaiting, after 2 ms of sleep",
    unit: "µs",
    better: "less",
    targets: both("python", 1),
    digits: 1,
    peer: "postMessage",
  },
  {
    key: "pipe-one-way",
    program: "pipe",
    title: "Pipe: numbers one way, blocking",
    unit: "messages/s",
    better: "more",
    targets: [],
    digits: 0,
  },
  {
    key: "pipe-one-way-async",
    program: "pipe",
    title: "Pipe: numbers one way, awaiting",
    unit: "messages/s",
    better: "more",
    targets: [{ method: "thread", of: "peer", factor: 1 }],
    digits: 0,
    peer: "postMessage",
  },
  {
    key: "pipe-objects",
    program: "pipe",
    title: "Pipe: small objects one way, blocking: `{ id, name, list: [1, 2] }`",
    unit: "messages/s",
    better: "more",
    targets: both("python", 1),
    digits: 0,
    peer: "postMessage",
  },
  {
    key: "pipe-megabyte",
    program: "pipe",
    title: "Pipe: buffers of 1 MiB one way, `send`, blocking",
    unit: "MB/s",
    better: "more",
    targets: both("python", 3),
    digits: 0,
    peer: "postMessage",
  },
  {
    key: "pipe-bytes",
    program: "pipe",
    title: "Pipe: buffers of 1 MiB one way, `sendBytes`",
    unit: "MB/s",
    better: "more",
    targets: [],
    digits: 0,
  },
  {
    key: "pipe-transfer",
    program: "pipe",
    title: "Pipe between threads: a buffer of 8 MiB moved there and back with `transfer`",
    unit: "µs",
    better: "less",
    targets: [],
    digits: 1,
    peer: "postMessage",
  },
  {
    key: "queue-1",
    program: "queue",
    title: "Queue: numbers, 1 producer and 1 consumer, blocking",
    unit: "items/s",
    better: "more",
    targets: [...both("python", 3), ...both("peer", 2)],
    digits: 0,
    peer: "SimpleQueue",
  },
  {
    key: "queue-1-async",
    program: "queue",
    title: "Queue: numbers, 1 producer and 1 consumer, awaiting",
    unit: "items/s",
    better: "more",
    targets: [...both("python", 3), ...both("peer", 2)],
    digits: 0,
    peer: "SimpleQueue",
  },
  {
    key: "queue-2",
    program: "queue",
    title: "Queue: numbers, 2 producers and 2 consumers, blocking",
    unit: "items/s",
    better: "more",
    targets: [...both("python", 3), ...both("peer", 2)],
    digits: 0,
    peer: "SimpleQueue",
  },
  {
    key: "queue-4",
    program: "queue",
    title: "Queue: numbers, 4 producers and 4 consumers, blocking",
    unit: "items/s",
    better: "more",
    targets: [...both("python", 3), ...both("peer", 2)],
    digits: 0,
    peer: "SimpleQueue",
  },
  {
    key: "queue-megabyte",
    program: "queue",
    title: "Queue: buffers of 1 MiB, 1 producer and 1 consumer, blocking",
    unit: "MB/s",
    better: "more",
    targets: both("python", 3),
    digits: 0,
    peer: "SimpleQueue",
  },
];
