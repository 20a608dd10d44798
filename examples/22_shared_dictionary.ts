/**
 * A dictionary that several processes fill: it lives in the server of a manager, and each process has
 * a proxy of it. Every letter of a text is counted, by whichever process gets it.
 *
 * To read a value, add one and set it are two messages, and another process may come between. Half of
 * the counts are lost that way, or fewer, nobody knows. `update` sends the function to the server,
 * where it is one step.
 *
 *     deno task example 22        node examples/22_shared_dictionary.ts
 */

import { type DictProxy, Manager, Process } from "../mod.ts";

const CHILDREN = 3;
const TEXT = "to be or not to be".repeat(10);

type Counts = DictProxy<string, number>;

export const increment = (count = 0) => count + 1;

/** Reads and writes: what others write in between is lost. */
export async function countBadly(counts: Counts): Promise<void> {
  for (const letter of TEXT) await counts.set(letter, (await counts.get(letter) ?? 0) + 1);
}

/** All letters in one message, each in one step. */
export async function count(counts: Counts): Promise<void> {
  await Promise.all([...TEXT].map((letter) => counts.update(letter, increment)));
}

async function countWith(target: typeof count, counts: Counts): Promise<void> {
  const children = Array.from(
    { length: CHILDREN },
    () => new Process({ target, args: [counts] }),
  );
  for (const child of children) child.start();
  for (const child of children) await child.join();
}

async function main(): Promise<void> {
  await using manager = new Manager();
  const expected = CHILDREN * [...TEXT].filter((letter) => letter === "o").length;
  console.log(`${CHILDREN} processes count the letter o ${expected} times.`);

  const bad = await manager.dict<string, number>();
  await countWith(countBadly, bad);
  const lost = expected - (await bad.get("o"))!;
  console.log(`With get and set: ${lost === 0 ? "this time none" : lost} lost.`);

  const good = await manager.dict<string, number>();
  await countWith(count, good);
  console.log(`With update: ${await good.get("o")} counted.`);

  const list = await manager.list<Counts>([bad, good]); // proxies stay what they are
  await (await list.at(-1))!.set("o", 0);
  console.log(`Through a list of dictionaries, o was set to ${await good.get("o")}.`);
}

if (import.meta.main) await main();
