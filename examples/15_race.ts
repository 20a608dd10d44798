/**
 * A race, and what ends it. Two processes count up the same number in shared memory. To read, to add
 * and to write are three steps: what the other one writes in between is lost. A lock around the three
 * makes them one.
 *
 * For as little as this there is also `value.add(1)`, which is one step by itself. The barrier only
 * makes the two begin together, or the first might be done before the second has started.
 *
 *     deno task example 15        node examples/15_race.ts        bun examples/15_race.ts
 */

import process from "node:process";
import { Barrier, Process, Value } from "../mod.ts";

export type Counter = Value<"int32">;

/** Broken: between reading and writing, the other process has its turn. */
export function countUnlocked(counter: Counter, start: Barrier, times: number): void {
  start.waitSync();
  for (let i = 0; i < times; i++) counter.value += 1;
}

/** Right: nobody else reads until it is written. */
export function countLocked(counter: Counter, start: Barrier, times: number): void {
  start.waitSync();
  const lock = counter.getLock();
  for (let i = 0; i < times; i++) {
    using _held = lock.holdSync();
    counter.value += 1;
  }
}

/** Right as well, and faster: one step. */
export function countAtomically(counter: Counter, start: Barrier, times: number): void {
  start.waitSync();
  for (let i = 0; i < times; i++) counter.add(1);
}

async function main(times = 100_000): Promise<void> {
  console.log(`Two processes count to ${times} each:`);
  for (const count of [countUnlocked, countLocked, countAtomically]) {
    const counter: Counter = new Value("int32", 0);
    const start = new Barrier(2);
    const children = [1, 2].map(() =>
      new Process({ target: count, args: [counter, start, times] })
    );
    for (const child of children) child.start();
    for (const child of children) await child.join();
    const lost = 2 * times - counter.value;
    console.log(`  ${count.name.padEnd(16)} ${counter.value}, ${lost} lost`);
  }
}

if (import.meta.main) await main(Number(process.argv[2] ?? 100_000));
