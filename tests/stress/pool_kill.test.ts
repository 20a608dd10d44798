import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { getContext } from "../../mod.ts";
import * as work from "../fixtures/pool/work.ts";
import { waitUntilDead } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";

/** More of everything: STRESS=10 is the hundred thousand tasks of the specification, ten times. */
const STRESS = Number(process.env.STRESS ?? 1);
const TASKS = 100_000;

describeMethods("stress: workers are killed during a large map", (method) => {
  const skip = method === "thread" ? "threads have no process of their own to kill" : false;
  for (let round = 1; round <= STRESS; round++) {
    it(`loses no result, round ${round}`, { skip }, async () => {
      await using pool = new (getContext(method).Pool)(2);
      const seen = new Set<number>();
      let over = false;
      let kills = 0;
      const items = Array.from({ length: TASKS }, (_, i) => i);
      // Kills as the map proceeds: every few thousand results, one of the workers that are ready.
      let next = 500;
      const results = pool.map(work.square, items, {
        retries: 100,
        onProgress: (done) => {
          const ready = pool.stats().workers.filter((worker) => worker.ready);
          for (const { pid } of pool.stats().workers) seen.add(pid);
          if (done < next || over || ready.length === 0) return;
          next = done + Math.floor(Math.random() * 10_000);
          try {
            process.kill(ready[Math.floor(Math.random() * ready.length)].pid, "SIGKILL");
            kills++;
          } catch {
            // It is gone already.
          }
        },
      });
      const squares = await results;
      over = true;
      assert.equal(squares.length, TASKS);
      assert.ok(squares.every((value, i) => value === i * i));
      assert.ok(kills > 0);
      for (const { pid } of pool.stats().workers) seen.add(pid);
      await pool.terminate();
      await waitUntilDead([...seen]);
    });
  }
});
