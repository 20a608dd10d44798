/**
 * Chapter 6. Memory is not shared. A child imports this module anew and has its own `numbers`: what
 * it adds is invisible here. The same holds for threads. What a child should give back, it must
 * send back; the plainest way is to return it from a pool's task.
 *
 *     deno task example 06        node examples/06_data_sharing_issue.ts
 */

import { currentProcess, Pool, Process, Thread } from "../mod.ts";

const numbers: number[] = [0];

export function extend(): number[] {
  numbers.push(1, 2, 3);
  console.log(`${currentProcess().name} data: ${JSON.stringify(numbers)}`);
  return numbers;
}

async function main(): Promise<void> {
  for (const Child of [Process, Thread]) {
    const child = new Child({ target: extend, name: Child.name });
    child.start();
    await child.join();
    console.log(`Main data: ${JSON.stringify(numbers)}`);
  }

  console.log("\nWith a result that is sent back:");
  await using pool = new Pool(1);
  const returned = await pool.apply(extend);
  console.log(`Main received: ${JSON.stringify(returned)}`);
  console.log(`Main data: ${JSON.stringify(numbers)}`);
}

if (import.meta.main) await main();
