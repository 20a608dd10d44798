/** workerpool, two threads: `workerpool.mjs ROW [--quick]`; the same file is its worker. */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import workerpool from "workerpool";
import { countPrimes, echo, increment } from "./tasks.ts";
import { main } from "./workloads.ts";

if (isMainThread) {
  await main({
    openPool() {
      const pool = workerpool.pool(fileURLToPath(import.meta.url), {
        workerType: "thread",
        minWorkers: 2,
        maxWorkers: 2,
      });
      return {
        call: (name, argument) => Promise.resolve(pool.exec(name, [argument])),
        close: () => Promise.resolve(pool.terminate(true)),
      };
    },
  }, process.argv.slice(2));
} else {
  workerpool.worker({ increment, echo, countPrimes });
}
