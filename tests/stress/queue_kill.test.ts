/** Those who put and get are killed, again and again: what was in comes out, and the others go on. */

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { getContext, RawArray, RawValue } from "../../mod.ts";
import type { Process } from "../../mod.ts";
import { whyNoPages } from "../../src/runtime/pages.ts";
import type { Numbered } from "../fixtures/queue/check.ts";
import { CELLS, tallyEach } from "../fixtures/queue/stress.ts";
import { produceForEver } from "../fixtures/queue/work.ts";
import { FORMS } from "../fixtures/sync/work.ts";
import { waitFor, waitUntilDead } from "../support/alive.ts";

/** More of everything: STRESS=25 is five hundred kills. */
const STRESS = Number(process.env.STRESS ?? 1);
const KILLS = (whyNoPages() === null ? 5 : 2) * STRESS;

const spawn = getContext("spawn");

/** One producer: what it has confirmed, and how often each of its items came. */
interface Life {
  child: Process;
  confirmed: RawValue<"int32">;
}

for (const maxSize of [0, 1, 30]) {
  describe(`stress: producers and consumers are killed [maxSize ${maxSize}]`, () => {
    it(`no item is lost but one with each consumer, in ${KILLS} kills of each`, async () => {
      const queue = new spawn.Queue<Numbered>(maxSize);
      const taken = new RawValue("int32");
      // Every consumer must know all tables, also of producers that come later.
      const most = KILLS + 2;
      const tables = Array.from({ length: most }, () => new RawArray("int32", CELLS));
      const [lives, pids]: [Life[], number[]] = [[], []];
      const consumers: Process[] = [];
      const started = <T extends Process>(child: T): T => {
        child.start();
        pids.push(child.pid!);
        return child;
      };
      let next = 0;
      const startProducer = () => {
        const confirmed = new RawValue("int32");
        const form = FORMS[lives.length % 2];
        const args = [queue, lives.length, confirmed, form] as Parameters<typeof produceForEver>;
        lives.push({
          child: started(new spawn.Process({ target: produceForEver, args })),
          confirmed,
        });
      };
      const startConsumer = () => {
        const form = FORMS[next++ % 2];
        const args = [queue, tables, taken, form] as Parameters<typeof tallyEach>;
        consumers.push(started(new spawn.Process({ target: tallyEach, args })));
      };
      const flow = async (when: string) => {
        const before = taken.value;
        await waitFor(() => taken.value > before + 30, 20_000, () => `nothing flows ${when}`);
      };
      try {
        for (let i = 0; i < 2; i++) startProducer(), startConsumer();
        for (let kill = 0; kill < KILLS; kill++) {
          await flow(`before kill ${kill}`);
          for (const victim of [lives[kill].child, consumers.shift()!]) {
            process.kill(victim.pid!, "SIGKILL");
            assert.equal(await victim.join({ timeout: 20_000 }), -9);
          }
          startProducer();
          startConsumer();
          await flow(`after kill ${kill}`);
        }
        for (const { child } of lives.slice(KILLS)) {
          child.kill();
          await child.join();
        }
        queue.shutdown();
        for (const child of consumers) assert.equal(await child.join({ timeout: 20_000 }), 0);
      } finally {
        for (const child of [...lives.map(({ child }) => child), ...consumers]) {
          child.kill();
          await child.join();
        }
      }
      assert.equal(queue.qsize(), 0);
      let lost = 0;
      for (const [producer, { confirmed }] of lives.entries()) {
        const count = confirmed.value;
        const table = tables[producer].toArray();
        for (let cell = 0; cell < CELLS; cell++) {
          const expected = Math.floor(count / CELLS) + (cell < count % CELLS ? 1 : 0);
          const extra = table[cell] - expected;
          if (extra < 0) lost -= extra;
          // One may be in that its producer did not live to confirm.
          else if (extra > (cell === count % CELLS ? 1 : 0)) assert.fail(`twice: ${producer}`);
        }
      }
      assert.ok(lost <= KILLS, `${lost} items were lost with ${KILLS} consumers`);
      await waitUntilDead(pids);
    });
  });
}
