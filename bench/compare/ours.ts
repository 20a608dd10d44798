/**
 * This library: `ours.ts spawn|thread ROW [--quick]`, on any of the runtimes.
 */

import process from "node:process";
import { getContext } from "../../mod.ts";
import { countPrimes, echo, increment, nothing } from "./tasks.ts";
import { main, type PoolAdapter } from "./workloads.ts";

const FUNCTIONS = { increment, echo, countPrimes };

if (import.meta.main) {
  const [method, ...args] = process.argv.slice(2);
  const context = getContext(method as "spawn" | "thread");
  await main({
    openPool(): PoolAdapter {
      const pool = new context.Pool(2);
      return {
        call: (name, argument) =>
          pool.apply(FUNCTIONS[name] as (argument: unknown) => unknown, [argument]),
        map: (items) => pool.map(increment, items),
        close: () => pool.terminate().then(() => pool.join()),
      };
    },
    async startProcess(): Promise<void> {
      const child = new context.Process({ target: nothing });
      child.start();
      await child.join();
    },
  }, args);
}
