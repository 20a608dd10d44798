/**
 * Layer 10, pool. What `stats()` tells, gathered from those who know it.
 *
 * @module
 */

import type { Crew } from "./crew.ts";
import type { PoolStats } from "./options.ts";
import type { Scheduler } from "./scheduler.ts";

/** Counts what a pool and its workers do and did. */
export function statsOf(processes: number, crew: Crew, scheduler: Scheduler): PoolStats {
  const workers = [...crew.workers].map((worker) => ({
    name: worker.name,
    pid: worker.child.pid,
    ready: worker.ready,
    tasks: worker.tasksDone,
    busyMs: worker.busyMs,
    utilisation: worker.utilisation,
    assigned: [...worker.outstanding].reduce((sum, run) => sum + run.left, 0),
  }));
  return {
    processes,
    completed: crew.completed,
    failed: crew.failed,
    running: workers.reduce((sum, worker) => sum + worker.assigned, 0),
    queued: scheduler.queued + crew.waiting,
    retried: crew.retried,
    replaced: crew.replaced,
    wait: crew.meter.wait,
    run: crew.meter.run,
    workers,
  };
}
