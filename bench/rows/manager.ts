/** What the benchmarks measure of managers. */

import { type BenchRow, both } from "./row.ts";

export const MANAGER_ROWS: readonly BenchRow[] = [
  {
    key: "manager-call",
    program: "manager",
    title: "A manager: calls of a dict, one after the other",
    unit: "calls/s",
    better: "more",
    targets: both("python", 3),
    digits: 0,
  },
  {
    key: "manager-calls",
    program: "manager",
    title: "A manager: calls of a dict, 1,000 at a time",
    unit: "calls/s",
    better: "more",
    targets: both("python", 3),
    digits: 0,
  },
  {
    key: "manager-clients",
    program: "manager",
    title: "A manager: calls of a dict, by 2 children at once, each one after the other",
    unit: "calls/s",
    better: "more",
    targets: both("python", 3),
    digits: 0,
  },
];
