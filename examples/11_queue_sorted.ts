/**
 * Chapter 11, queues and order. Eight processes compute a square each and take different times, so
 * the results come in any order. Each is sent with the number of its task, and the parent sorts.
 *
 * The parent reads while the others still work: whoever is ready first is heard first. A pool would
 * do all of this by itself: `pool.map` returns results in the order of its input.
 *
 *     deno task example 11        node examples/11_queue_sorted.ts
 */

import { Process, Queue } from "../mod.ts";
import { pause } from "./helpers/time.ts";

const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8];
const STEP_MS = 40;

export interface Result {
  id: number;
  square: number;
}

export async function square(queue: Queue<Result>, id: number, number: number): Promise<void> {
  pause(STEP_MS * (NUMBERS.length - id)); // later tasks are done sooner
  await queue.put({ id, square: number ** 2 });
}

async function main(): Promise<void> {
  const queue = new Queue<Result>();
  const children = NUMBERS.map((number, id) =>
    new Process({ target: square, args: [queue, id, number] })
  );
  for (const child of children) child.start();

  const results: Result[] = [];
  for (let i = 0; i < NUMBERS.length; i++) results.push(await queue.get());
  for (const child of children) await child.join();

  const show = (label: string, sorted: Result[]) =>
    console.log(`${label}: ${sorted.map(({ id, square }) => `${id}→${square}`).join(" ")}`);
  show("As they came", results);
  show("Sorted", results.toSorted((a, b) => a.id - b.id));
}

if (import.meta.main) await main();
