/**
 * Chapter 12, locks. Five processes are ready at once, but only the one that has the key may be in
 * the room: a lock lets one in at a time, and the next one in when it comes out.
 *
 * The lock is made in the main process and handed over as an argument. `using` gives it back at the
 * end of the block, whatever happens in it.
 *
 *     deno task example 12        node examples/12_lock.ts        bun examples/12_lock.ts
 */

import { Lock, Process } from "../mod.ts";
import { pause, seconds, timed, timestamp } from "./helpers/time.ts";

const VISITORS = 5;
const STAY_MS = 200;

export async function visit(room: Lock, id: number): Promise<void> {
  using _key = await room.hold();
  console.log(`${timestamp()}  visitor ${id} comes in`);
  pause(STAY_MS);
  console.log(`${timestamp()}  visitor ${id} goes out`);
}

async function main(): Promise<void> {
  const room = new Lock();
  const visitors = Array.from(
    { length: VISITORS },
    (_, i) => new Process({ target: visit, args: [room, i + 1] }),
  );
  await timed(`${VISITORS} visits, one at a time,`, async () => {
    for (const visitor of visitors) visitor.start();
    for (const visitor of visitors) await visitor.join();
  });
  console.log(`They cannot take less than ${seconds(VISITORS * STAY_MS)}.`);
  console.log(`The room is ${room.locked() ? "locked" : "free"} again.`);
}

if (import.meta.main) await main();
