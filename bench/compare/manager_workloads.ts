/**
 * The workloads of managers: this library on any of the runtimes; CPython has the same ones in
 * `python_manager.py`.
 *
 *     manager_workloads.ts spawn|thread ROW [--quick]
 *
 * Prints one line of JSON, `{ "value": number }`: calls per second.
 */

import process from "node:process";
import { type DictProxy, type EventProxy, getContext, type ListProxy } from "../../mod.ts";

type Dict = DictProxy<string, number>;

const BATCH = 1000;
const CLIENTS = 2;

/** Calls per second: of the median of some rounds. */
async function perSecond(calls: () => Promise<number>, quick: boolean): Promise<number> {
  const [rounds, roundMs] = quick ? [3, 150] : [5, 500];
  await forMs(calls, roundMs); // by then all is warm
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) rates.push(await forMs(calls, roundMs));
  return rates.sort((a, b) => a - b)[rounds >> 1];
}

async function forMs(calls: () => Promise<number>, ms: number): Promise<number> {
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < ms) count += await calls();
  return count / (performance.now() - started) * 1000;
}

async function oneByOne(dict: Dict): Promise<number> {
  for (let i = 0; i < 100; i++) await dict.get("key");
  return 100;
}

/** Calls for a while, and notes the calls per second. */
export async function call(
  dict: Dict,
  ready: ListProxy<number>,
  go: EventProxy,
  rates: ListProxy<number>,
  ms: number,
): Promise<void> {
  await forMs(() => oneByOne(dict), ms / 4);
  await ready.push(1);
  await go.wait();
  await rates.push(await forMs(() => oneByOne(dict), ms));
}

if (import.meta.main) {
  const [method, row] = process.argv.slice(2);
  const quick = process.argv.includes("--quick");
  const { Manager, Process } = getContext(method as "spawn" | "thread");
  await using manager = new Manager();
  const dict = await manager.dict({ key: 1 });
  const rows: Record<string, () => Promise<number>> = {
    "manager-call": () => perSecond(() => oneByOne(dict), quick),

    "manager-calls": () =>
      perSecond(async () => {
        const calls: Promise<unknown>[] = [];
        for (let i = 0; i < BATCH; i++) calls.push(dict.get("key"));
        await Promise.all(calls);
        return BATCH;
      }, quick),

    "manager-clients": async () => {
      const [ready, rates] = [await manager.list<number>(), await manager.list<number>()];
      const go = await manager.Event();
      const args = [dict, ready, go, rates, quick ? 400 : 2000] as Parameters<typeof call>;
      const children = Array.from({ length: CLIENTS }, () => new Process({ target: call, args }));
      for (const child of children) child.start();
      while (await ready.length < CLIENTS) await new Promise((resolve) => setTimeout(resolve, 5));
      await go.set();
      for (const child of children) await child.join();
      return (await rates.toArray()).reduce((sum, rate) => sum + rate, 0);
    },
  };
  if (rows[row] === undefined) {
    throw new Error(`unknown row ${row}: ${Object.keys(rows).join(", ")}`);
  }
  console.log(JSON.stringify({ value: await rows[row]() }));
}
