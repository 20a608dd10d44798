/** What the benchmarks measure of queues. */

import { type BenchRow, both } from "./row.ts";

export const QUEUE_ROWS: readonly BenchRow[] = [
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
