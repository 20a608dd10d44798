/**
 * Chapter 10, queues and patience. Four values and five workers, each of which wants one. Who gets
 * none within its timeout is told with a `QueueEmpty`, and can do something else.
 *
 * The other way round: a queue with a limit refuses with `QueueFull` what has no room in time.
 *
 *     deno task example 10        node examples/10_queue_timeout.ts
 */

import { currentProcess, Process, Queue, QueueEmpty, QueueFull } from "../mod.ts";

const VALUES = 4;
const WORKERS = 5;
const TIMEOUT_MS = 500;

export async function fetchOne(queue: Queue<number>): Promise<void> {
  const { name } = currentProcess();
  try {
    const value = await queue.get({ timeout: TIMEOUT_MS });
    console.log(`${name} has got ${value}`);
  } catch (error) {
    if (!(error instanceof QueueEmpty)) throw error;
    console.log(`${name} has got nothing: ${error.message}`);
  }
}

async function main(): Promise<void> {
  const queue = new Queue<number>(VALUES);
  for (let value = 1; value <= VALUES; value++) await queue.put(value);
  console.log(`${queue.qsize()} values are in, full: ${queue.full()}`);
  try {
    await queue.put(VALUES + 1, { timeout: 50 });
  } catch (error) {
    if (!(error instanceof QueueFull)) throw error;
    console.log(`${error.name}: ${error.message}`);
  }

  const workers = Array.from(
    { length: WORKERS },
    () => new Process({ target: fetchOne, args: [queue] }),
  );
  for (const worker of workers) worker.start();
  for (const worker of workers) await worker.join();
  console.log(`The queue is ${queue.empty() ? "empty" : "not empty"}.`);
}

if (import.meta.main) await main();
