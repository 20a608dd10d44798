/** Very many numbered items through one queue, to and from processes and threads: each comes once. */

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { getContext } from "../../mod.ts";
import { whyNoPages } from "../../src/runtime/pages.ts";
import type { Numbered } from "../fixtures/queue/check.ts";
import { markEach } from "../fixtures/queue/stress.ts";
import { produce } from "../fixtures/queue/work.ts";

/** More of everything: STRESS=167 is ten million items, half of them bounded. */
const STRESS = Number(process.env.STRESS ?? 1);
const PRODUCERS = 3;
/** Without shared pages each item is a round trip. */
const COUNT = (whyNoPages() === null ? 10_000 : 4000) * STRESS;

describe("stress: three producers, three consumers", () => {
  for (const maxSize of [0, 100]) {
    it(`each of ${PRODUCERS * COUNT} items comes once [maxSize ${maxSize}]`, async () => {
      const queue = new (getContext("spawn").Queue)<Numbered>(maxSize);
      await using processes = new (getContext("spawn").Pool)(3);
      await using threads = new (getContext("thread").Pool)(3);
      const consumers = [
        processes.apply(markEach, [queue, PRODUCERS, COUNT, "async"]),
        threads.apply(markEach, [queue, PRODUCERS, COUNT, "sync"]),
        threads.apply(markEach, [queue, PRODUCERS, COUNT, "async"]),
      ];
      const producers = [
        processes.apply(produce, [queue, 0, COUNT, "sync"]),
        processes.apply(produce, [queue, 1, COUNT, "async"]),
        threads.apply(produce, [queue, 2, COUNT, "sync"]),
      ];
      await Promise.all(producers);
      queue.shutdown();
      const marks = await Promise.all(consumers);
      for (let i = 0; i < PRODUCERS * COUNT; i++) {
        const times = marks[0][i] + marks[1][i] + marks[2][i];
        if (times !== 1) {
          assert.fail(`item ${i % COUNT} of producer ${Math.floor(i / COUNT)} came ${times} times`);
        }
      }
      assert.equal(queue.qsize(), 0);
    });
  }
});
