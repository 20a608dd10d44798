/**
 * This library: `ours.ts spawn|thread ROW [--quick]`, on any of the runtimes.
 */

import process from "node:process";
import { getContext } from "../../mod.ts";
import type { PoolAdapter, TaskName } from "./contestant.ts";
import { burn, countPrimes, echo, increment, nothing, relabel } from "./tasks.ts";
import { main } from "./workloads.ts";

const FUNCTIONS = { increment, relabel, echo, burn, countPrimes } as Record<
  TaskName,
  (argument: unknown) => unknown
>;

if (import.meta.main) {
  const [method, ...args] = process.argv.slice(2);
  const context = getContext(method as "spawn" | "thread");
  await main({
    threads: method === "thread",
    openPool(workers): PoolAdapter {
      const pool = new context.Pool(workers);
      return {
        call: (name, argument) => pool.apply(FUNCTIONS[name], [argument]),
        map: (name, items) => pool.map(FUNCTIONS[name], items),
        imap: (items) => pool.imap(increment, items),
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
