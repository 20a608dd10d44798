/** A thousand clients that connect and vanish, at random moments: nothing of them is left. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readdirSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { Listener } from "../../mod.ts";
import type { Address, Connection } from "../../mod.ts";
import { KEY, KINDS, pairOf } from "../fixtures/remote/pairs.ts";
import { framed, Raw } from "../fixtures/remote/raw.ts";
import { waitFor } from "../support/alive.ts";
import { randomFrom } from "../support/random.ts";
import { TempFolder } from "../support/temp.ts";

const CLIENTS = 1000;
const AT_ONCE = 40;
const HAS_PROC = process.platform === "linux";

const openFiles = () => HAS_PROC ? readdirSync("/proc/self/fd").length : 0;

/** The timers that are set and have neither fired nor been cleared. */
function watchTimers(): { live: Set<unknown>; [Symbol.dispose](): void } {
  const live = new Set<unknown>();
  const { setTimeout, clearTimeout } = globalThis;
  globalThis.setTimeout = ((callback: () => void, ms?: number) => {
    const timer = setTimeout(() => {
      live.delete(timer);
      callback();
    }, ms);
    live.add(timer);
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    live.delete(timer);
    clearTimeout(timer);
  };
  const restore = () => Object.assign(globalThis, { setTimeout, clearTimeout });
  return { live, [Symbol.dispose]: restore };
}

/** A client that comes as far as chance lets it, and vanishes. Returns whether it knew the key. */
async function vanish(address: Address, random: (below: number) => number): Promise<boolean> {
  const raw = await Raw.open(address);
  const far = random(8);
  try {
    if (far === 1) raw.write(Buffer.from([64, 0]));
    if (far <= 1) return false;
    await raw.challenge();
    if (far === 3) raw.write(Buffer.alloc(random(68), 64));
    if (far <= 3) return false;
    await raw.prove(far === 4 ? "another key" : KEY);
    if (far === 4) return false;
    if (far === 5) return true;
    await raw.frame();
    if (far === 6) return true;
    raw.write(framed(Buffer.alloc(100_000)).subarray(0, random(100_000)));
    return true;
  } finally {
    if (random(2) === 0) raw.close();
    else raw.socket.end(() => raw.close());
  }
}

describe("A thousand clients that vanish", () => {
  for (const kind of KINDS.filter(({ name }) => name === "no address" || name === "IPv4")) {
    it(`on ${kind.name} leave nothing behind`, async () => {
      using timers = watchTimers();
      using folder = new TempFolder();
      using listener = new Listener(kind.address(folder), { authKey: KEY });
      const address = await listener.listening;
      { // what is loaded once stays
        using _pair = await pairOf(listener);
      }
      const files = openFiles();
      const seed = 20_260_101;
      const random = randomFrom(seed);
      const connections = new Set<Connection>();
      const accepting = (async () => {
        for await (const connection of listener) {
          connections.add(connection);
          connection.recv().catch(() => {}).then(() => {
            connections.delete(connection);
            connection.close();
          });
        }
      })();
      let left = CLIENTS;
      let knew = 0;
      await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        while (left-- > 0) if (await vanish(address, random)) knew++;
      }));
      assert.ok(knew > CLIENTS / 8, `seed ${seed}: ${knew} knew the key`);
      await waitFor(() => connections.size === 0);
      await waitFor(
        () => openFiles() <= files + 2,
        5000,
        () => `seed ${seed}: ${openFiles()} files, ${files} before`,
      );
      listener.close();
      await accepting;
      await waitFor(() => timers.live.size <= 1, 5000, () => `${timers.live.size} timers`); // its own
    });
  }
});
