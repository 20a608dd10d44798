/**
 * Chapter 5. Different functions in one pool: `partial` fills in the arguments of each, so that all
 * of them can be called in the same way, and `map` goes over functions instead of values.
 *
 *     deno task example 05        node examples/05_several_functions.ts
 */

import { currentProcess, partial, Pool } from "../mod.ts";
import { pause, timed } from "./helpers/time.ts";

const WORK_MS = 200;

function report(name: string): void {
  pause(WORK_MS);
  console.log(`${name} ran in ${currentProcess().name}`);
}

export function functionA(text: string): string {
  report("functionA");
  return text;
}

export function functionB(text: string): string {
  report("functionB");
  return text;
}

export function functionC(first: string, second: string): [string, string] {
  report("functionC");
  return [first, second];
}

export function callIt<R>(fn: () => R): R {
  return fn();
}

async function main(): Promise<void> {
  const calls: (() => unknown)[] = [
    partial(functionA, "a"),
    partial(functionB, "b"),
    partial(functionC, "c", "c2"),
  ];
  await using pool = new Pool(3);
  const results = await pool.map(callIt, calls);
  console.log(`Results: ${JSON.stringify(results)}`);
}

if (import.meta.main) await timed("The whole", main);
