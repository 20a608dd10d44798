/** poolifier, two threads: `poolifier.mjs ROW [--quick]`; the same file is its worker. */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import { FixedThreadPool, ThreadWorker } from "poolifier";
import { countPrimes, echo, increment } from "./tasks.ts";
import { main } from "./workloads.ts";

if (isMainThread) {
  // Its threads do not keep the program alive while their answers are awaited.
  const alive = setInterval(() => {}, 1000);
  await main({
    openPool() {
      const pool = new FixedThreadPool(2, fileURLToPath(import.meta.url));
      return {
        call: (name, argument) => pool.execute(argument, name),
        map: (items) => pool.mapExecute(items, "increment"),
        close: () => pool.destroy(),
      };
    },
  }, process.argv.slice(2));
  clearInterval(alive);
}

export default isMainThread ? undefined : new ThreadWorker({
  increment: (x) => increment(x),
  echo: (values) => echo(values),
  countPrimes: (limit) => countPrimes(limit),
});
