/**
 * Chapter 3. A pool of workers. First `map`: five workers share eight values, and the results come
 * in the order of the values. Then `applyAsync`: single tasks of different length, each taken by
 * whichever worker is free.
 *
 *     deno task example 03        node examples/03_pool_map.ts        bun examples/03_pool_map.ts
 */

import { cpuCount, currentProcess, Pool } from "../mod.ts";
import { pause, seconds, timed } from "./helpers/time.ts";

const CONVERT_MS = 200;
const TASK_MS = [250, 100, 400, 150, 300, 200, 350, 250];

export function convertToX(count: number): string {
  pause(CONVERT_MS); // a heavy calculation
  return "x".repeat(count);
}

export function processItem(item: string, duration: number): string {
  const worker = currentProcess().name;
  console.log(`  [${worker}] begins ${item}, which takes ${duration} ms`);
  pause(duration);
  console.log(`  [${worker}] has finished ${item}`);
  return `${item}-processed`;
}

async function mapPart(): Promise<void> {
  const values = [1, 2, 3, 4, 5, 6, 7, 8];
  console.log(`map: ${values.length} values, 5 workers, ${cpuCount()} processors`);
  await using pool = new Pool(5);
  const results = await pool.map(convertToX, values);
  console.log(`  results: ${results.join(" ")}`);
  console.log(`  sequential estimate: ${seconds(values.length * CONVERT_MS)}`);
}

async function applyPart(): Promise<void> {
  const tasks = TASK_MS.map((duration, index) => [`Task-${index + 1}`, duration] as const);
  console.log(`\napplyAsync: ${tasks.length} tasks, 4 workers`);
  await using pool = new Pool(4);
  const started = performance.now();
  const handles = tasks.map(([item, duration]) => pool.applyAsync(processItem, [item, duration]));
  console.log("  all are submitted; now waiting");

  const results: string[] = [];
  for (const handle of handles) results.push(await handle.get());

  const total = performance.now() - started;
  const sequential = TASK_MS.reduce((sum, duration) => sum + duration, 0);
  console.log(`  results: ${results.join(" ")}`);
  console.log(`  total time: ${seconds(total)}, with the start of the workers`);
  console.log(`  sequential estimate: ${seconds(sequential)}`);
  console.log(`  speed-up: ${(sequential / total).toFixed(1)}×`);
}

if (import.meta.main) {
  await timed("  map, with the start and the end of the pool,", mapPart);
  await applyPart();
}
