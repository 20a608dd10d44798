/** Clients of a manager are killed while they use proxies: nothing leaks, and others go on. */

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { Manager, Process } from "../../mod.ts";
import type { DictProxy } from "../../mod.ts";
import { useForEver } from "../fixtures/manager/work.ts";
import { waitFor, waitUntilDead } from "../support/alive.ts";
import { randomFrom } from "../support/random.ts";

/** More of everything: STRESS=25 is two hundred kills. */
const STRESS = Number(process.env.STRESS ?? 1);
const KILLS = 8 * STRESS;
const CLIENTS = 3;

let made = 0;
let disposed = 0;
class Tracked {
  constructor() {
    made++;
  }
  [Symbol.dispose](): void {
    disposed++;
  }
}
class Base extends Manager {}
const Tracking = Base.register("Tracked", Tracked);

describe("stress: clients of a manager are killed", () => {
  it(`others go on, and what the dead held is free, in ${KILLS} kills`, async () => {
    await using manager = new Tracking();
    const server = manager.getServer();
    const address = await server.listen();
    const dict = await manager.dict<string, number>({ n: 0 });
    const lock = await manager.Lock();
    const queue = await manager.Queue<DictProxy<string, number>>();
    const places = await manager.BoundedSemaphore(2);
    const random = randomFrom(STRESS);
    const clients: Process[] = [];
    const pids: number[] = [];
    const begin = () => {
      const child = new Process({ target: useForEver, args: [address, dict, lock, queue, places] });
      child.start();
      clients.push(child);
      pids.push(child.pid!);
    };
    const flow = async (when: string) => {
      const before = (await dict.get("n"))!;
      const flows = async () => (await dict.get("n"))! > before + 30;
      await waitFor(flows, 20_000, () => `nothing flows ${when}`);
    };
    for (let i = 0; i < CLIENTS; i++) begin();
    for (let kill = 0; kill < KILLS; kill++) {
      await flow(`before kill ${kill}`);
      const [victim] = clients.splice(random(clients.length), 1);
      victim.kill();
      assert.equal(await victim.join({ timeout: 20_000 }), -9);
      begin();
      // One that was killed between put and get leaves an item behind.
      await flow(`after kill ${kill}`);
    }
    for (const child of clients) child.kill();
    await waitUntilDead(pids);
    await waitFor(() => server.clients === 0);
    await waitFor(() => disposed === made, 20_000, () => `${disposed} of ${made} are gone`);
    assert.ok(made > KILLS, `${made} were made`);
    // At most one with each of them that was killed.
    for (let left = await queue.qsize(); left > 0; left--) (await queue.get())[Symbol.dispose]();
    await lock.acquire({ onAbandoned: "take", timeout: 0 });
    assert.equal(await lock.locked(), true);
    assert.equal(await places.value, 2);
    for (const child of clients) await child.join();
  });
});
