/**
 * Chapter 4. Functions of several arguments: `starmap` spreads every item of its input over the
 * parameters of the function. Items may differ in length if the function allows it.
 *
 *     deno task example 04        node examples/04_starmap.ts        bun examples/04_starmap.ts
 */

import { Pool } from "../mod.ts";
import { pause, timed } from "./helpers/time.ts";

const ADD_MS = 200;

export function add(...numbers: number[]): number {
  pause(ADD_MS); // a hard sum
  return numbers.reduce((sum, number) => sum + number, 0);
}

async function main(): Promise<void> {
  const tuples = [[1, 2, 10], [3, 4], [5, 6], [7, 8, 2, 3]];
  await using pool = new Pool(4);
  const sums = await pool.starmap(add, tuples);
  for (const [index, tuple] of tuples.entries()) {
    console.log(`add(${tuple.join(", ")}) = ${sums[index]}`);
  }
  console.log(`Results: ${JSON.stringify(sums)}`);
}

if (import.meta.main) await timed("The whole", main);
