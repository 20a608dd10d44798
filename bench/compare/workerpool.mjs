/** workerpool, in threads: `workerpool.mjs ROW [--quick]`; the same file is its worker. */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import workerpool from "workerpool";
import { burn, countPrimes, echo, increment, relabel } from "./tasks.ts";
import { main } from "./workloads.ts";

if (isMainThread) {
  await main({
    threads: true,
    openPool(workers) {
      const pool = workerpool.pool(fileURLToPath(import.meta.url), {
        workerType: "thread",
        minWorkers: workers,
        maxWorkers: workers,
      });
      return {
        call: (name, argument) => Promise.resolve(pool.exec(name, [argument])),
        close: () => Promise.resolve(pool.terminate(true)),
      };
    },
  }, process.argv.slice(2));
} else {
  workerpool.worker({ increment, relabel, echo, burn, countPrimes });
}
