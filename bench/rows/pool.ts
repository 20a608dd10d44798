/** What the benchmarks measure of processes and pools. */

import { type BenchRow, both, LIMIT_SECONDS } from "./row.ts";

/** A pool after the other, with up to one worker for each core. */
const SCALING_SECONDS = LIMIT_SECONDS + 2 * navigator.hardwareConcurrency;

export const POOL_ROWS: readonly BenchRow[] = [
  {
    key: "process-start",
    program: "pool",
    title: "Start of a process: start and join with a target that does nothing",
    unit: "ms",
    better: "less",
    targets: [{ method: "spawn", of: "python", factor: 0.5 }],
    digits: 1,
    note: "The median of 11.",
  },
  {
    key: "pool-start",
    program: "pool",
    title: "Start of a pool: 2 workers, until the first result",
    unit: "ms",
    better: "less",
    targets: [],
    digits: 1,
    note: "The median of 9; the end of the pool is not in it.",
  },
  {
    key: "apply",
    program: "pool",
    title: "`apply` round trip, one after the other",
    unit: "µs",
    better: "less",
    targets: [
      { method: "thread", of: "peer", factor: 0.7 },
      { method: "spawn", of: "python", factor: 0.2 },
    ],
    digits: 1,
    note: "The median of all calls in a second, after 1,000 to warm up.",
  },
  {
    key: "tasks",
    program: "pool",
    title: "20,000 concurrent trivial tasks",
    unit: "tasks/s",
    better: "more",
    targets: [
      { method: "thread", of: "peer", factor: 5 },
      { method: "spawn", of: "python", factor: 20 },
    ],
    digits: 0,
    note:
      "`apply` for each and one wait for all; Python's are `apply_async`. The median of some batches.",
  },
  {
    key: "objects",
    program: "pool",
    title: "20,000 concurrent tasks with a small object as argument and result",
    unit: "tasks/s",
    better: "more",
    targets: both("peer", 2),
    digits: 0,
    note: "The object is `{ id, name, tags: [two strings], point: { x, y } }`, a `dict` in Python.",
  },
  {
    key: "map",
    program: "pool",
    title: "`map` over 1,000,000 integers",
    unit: "items/s",
    better: "more",
    targets: both("python", 1.5),
    digits: 0,
    limit: 25, // poolifier needs ten seconds
    note: "The list is made before. It is done once if that takes more than two seconds.",
  },
  {
    key: "imap",
    program: "pool",
    title: "`imap` over 20,000 integers, read one by one",
    unit: "items/s",
    better: "more",
    targets: both("python", 3),
    digits: 0,
    note:
      "Nobody gives a chunk size: Python's is then 1, this library chooses. Peers have no `imap`.",
  },
  {
    key: "megabyte",
    program: "pool",
    title: "1 MB `Float64Array` there and back, copied both ways",
    unit: "ms",
    better: "less",
    targets: both("peer", 0.5),
    digits: 2,
    note:
      "131,072 numbers, `apply`, one after the other; in Python an `array` of doubles. Nobody moves " +
      "or shares the buffer.",
  },
  {
    key: "primes",
    program: "pool",
    title: "4 × the primes below 300,000 on 2 workers, against serial",
    unit: "× serial",
    better: "more",
    targets: both("absolute", 1.9),
    digits: 2,
    note: "`apply` four times at once; `map` with a chunk size of 1 in Python.",
  },
  {
    key: "speedup-1ms",
    program: "pool",
    title: "Speed-up on 2 workers: `map` over 400 tasks of 1 ms, against serial",
    unit: "× serial",
    better: "more",
    targets: both("absolute", 1.95),
    digits: 2,
    note: "Arithmetic that takes 1 ms when the same process does it alone; the serial loop and " +
      "the pool take turns. Peers without a `map` get all tasks at once.",
  },
  {
    key: "speedup-50us",
    program: "pool",
    title: "Speed-up on 2 workers: `map` over 8,000 tasks of 50 µs, against serial",
    unit: "× serial",
    better: "more",
    targets: both("absolute", 1.8),
    digits: 2,
  },
  {
    key: "parent-cpu",
    program: "pool",
    title: "The parent's processor time for one of 20,000 trivial tasks",
    unit: "µs",
    better: "less",
    targets: [],
    digits: 2,
    note: "User and system time. With processes it is that of the whole parent process without " +
      "its children; with threads, that of the main thread alone, without the engine's helpers.",
    cores: true,
  },
  {
    key: "scaling-50us",
    program: "pool",
    title: "Tasks of 50 µs with 1 worker and more",
    unit: "× serial",
    better: "more",
    targets: [],
    digits: 2,
    note: "Tasks per second, and how many times as many as a serial loop in the same process did " +
      "in turns with the pool.",
    limit: SCALING_SECONDS,
    scaling: true,
  },
  {
    key: "scaling-1ms",
    program: "pool",
    title: "Tasks of 1 ms with 1 worker and more",
    unit: "× serial",
    better: "more",
    targets: [],
    digits: 2,
    limit: SCALING_SECONDS,
    scaling: true,
  },
];
