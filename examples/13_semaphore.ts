/**
 * Chapter 12, semaphores. A car park with three places and five cars: three are in at once, the
 * others wait until one drives off. A semaphore with one permit would be a lock.
 *
 * A permit that was taken with `hold` comes back by itself, also when its holder is killed.
 *
 *     deno task example 13        node examples/13_semaphore.ts        bun examples/13_semaphore.ts
 */

import { Process, Semaphore } from "../mod.ts";
import { timestamp } from "./helpers/time.ts";

const PLACES = 3;
const CARS = 5;
const STAY_MS = 200;

export async function park(places: Semaphore, id: number): Promise<void> {
  using _place = await places.hold();
  console.log(`${timestamp()}  car ${id} has parked, ${places.value} places are left`);
  await new Promise((resolve) => setTimeout(resolve, STAY_MS));
  console.log(`${timestamp()}  car ${id} drives off`);
}

async function main(): Promise<void> {
  const places = new Semaphore(PLACES);
  const cars = Array.from(
    { length: CARS },
    (_, i) => new Process({ target: park, args: [places, i + 1] }),
  );
  for (const car of cars) car.start();
  for (const car of cars) await car.join();
  console.log(`${places.value} of ${PLACES} places are free again.`);
}

if (import.meta.main) await main();
