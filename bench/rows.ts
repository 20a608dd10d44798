/** All rows of the benchmarks, in the order of their tables. */

import { MANAGER_ROWS } from "./rows/manager.ts";
import { PIPE_ROWS } from "./rows/pipe.ts";
import { POOL_ROWS } from "./rows/pool.ts";
import { QUEUE_ROWS } from "./rows/queue.ts";
import type { BenchRow } from "./rows/row.ts";
import { SYNC_ROWS } from "./rows/sync.ts";

export { type BenchRow, LIMIT_SECONDS, type Method, type Program, PROGRAMS } from "./rows/row.ts";
export type { Target } from "./rows/row.ts";

export const BENCH_ROWS: readonly BenchRow[] = [
  ...POOL_ROWS,
  ...SYNC_ROWS,
  ...PIPE_ROWS,
  ...QUEUE_ROWS,
  ...MANAGER_ROWS,
];
