/**
 * Chapter 9, queues. Five processes put a value each into one queue; the parent takes them out. What
 * was put first comes out first, but which process is first is for the operating system to say.
 *
 * The parent joins its children before it gets anything. In Python that may hang for ever, because a
 * child cannot end before what it has put is read. Here an item is in shared memory as soon as `put`
 * resolves, so the order does not matter.
 *
 *     deno task example 09        node examples/09_queue.ts        bun examples/09_queue.ts
 */

import { Process, Queue } from "../mod.ts";

const CHILDREN = 5;

export async function insert(queue: Queue<number>, value: number): Promise<void> {
  await queue.put(value);
  console.log(`Inserted ${value}`);
}

async function main(): Promise<void> {
  const queue = new Queue<number>();
  const children = Array.from(
    { length: CHILDREN },
    (_, i) => new Process({ target: insert, args: [queue, i] }),
  );
  for (const child of children) child.start();
  for (const child of children) await child.join();

  console.log(`${queue.qsize()} values are in the queue, and nobody who put them is left.`);
  const values: number[] = [];
  while (!queue.empty()) values.push(await queue.get());
  console.log(`As they came: ${JSON.stringify(values)}`);
  console.log(`In order: ${JSON.stringify(values.toSorted((a, b) => a - b))}`);
}

if (import.meta.main) await main();
