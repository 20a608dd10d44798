/**
 * Chapter 12, both together. A workshop admits three of five workers (the semaphore), and has one
 * machine (the lock): up to three are inside, and of these one is at the machine.
 *
 * All of them ask for the two in the same order. That is what keeps them from a deadlock, in which
 * each has what the other one waits for.
 *
 *     deno task example 14        node examples/14_lock_and_semaphore.ts
 */

import { Lock, Process, Semaphore } from "../mod.ts";
import { timestamp } from "./helpers/time.ts";

const ADMITTED = 3;
const WORKERS = 5;
const WORK_MS = 100;

export async function work(workshop: Semaphore, machine: Lock, id: number): Promise<void> {
  using _place = await workshop.hold();
  console.log(`${timestamp()}  worker ${id} is inside and waits for the machine`);
  {
    using _turn = await machine.hold();
    console.log(`${timestamp()}  worker ${id} begins at the machine`);
    await new Promise((resolve) => setTimeout(resolve, WORK_MS));
    console.log(`${timestamp()}  worker ${id} ends at the machine`);
  }
  console.log(`${timestamp()}  worker ${id} leaves`);
}

async function main(): Promise<void> {
  const workshop = new Semaphore(ADMITTED);
  const machine = new Lock();
  const workers = Array.from(
    { length: WORKERS },
    (_, i) => new Process({ target: work, args: [workshop, machine, i + 1] }),
  );
  for (const worker of workers) worker.start();
  for (const worker of workers) await worker.join();
  console.log(
    `Everybody has left: ${workshop.value} may come in, the machine is ` +
      `${machine.locked() ? "taken" : "free"}.`,
  );
}

if (import.meta.main) await main();
