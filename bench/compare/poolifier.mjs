/** poolifier, in threads: `poolifier.mjs ROW [--quick]`; the same file is its worker. */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import { FixedThreadPool, ThreadWorker } from "poolifier";
import { burn, countPrimes, echo, increment, relabel } from "./tasks.ts";
import { main } from "./workloads.ts";

if (isMainThread) {
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  // Its threads do not keep the program alive while their answers are awaited.
  setInterval(() => {}, 1000);
  await main({
    threads: true,
    openPool(workers) {
      const pool = new FixedThreadPool(workers, fileURLToPath(import.meta.url));
      return {
        call: (name, argument) => pool.execute(argument, name),
        map: (name, items) => pool.mapExecute(items, name),
        // Nobody measures this. Directly after the start, and now and then later, `destroy` waits
        // for ever for the goodbye of a thread.
        async close() {
          await pause(200);
          await Promise.race([pool.destroy(), pause(1000)]);
        },
      };
    },
  }, process.argv.slice(2));
  process.exit();
}

export default isMainThread ? undefined : new ThreadWorker({
  increment: (x) => increment(x),
  relabel: (object) => relabel(object),
  echo: (values) => echo(values),
  burn: (steps) => burn(steps),
  countPrimes: (limit) => countPrimes(limit),
});
