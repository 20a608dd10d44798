import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { getContext } from "../../mod.ts";
import type { Pool } from "../../mod.ts";
import * as work from "../fixtures/pool/work.ts";
import { waitUntilDead } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";

const STRESS = Number(process.env.STRESS ?? 1);
const ROUNDS = STRESS;
const STEPS = 60;

/** A sequence that can be had again: Mulberry32. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) % below;
  };
}

/** Counts how often each call settles. */
class Calls {
  readonly settled: number[] = [];
  readonly promises: Promise<void>[] = [];

  add(promise: PromiseLike<unknown>): void {
    const index = this.settled.push(0) - 1;
    const count = () => {
      this.settled[index]++;
    };
    this.promises.push(Promise.resolve(promise.then(count, count)));
  }
}

async function collect(results: AsyncIterableIterator<unknown>, limit: number): Promise<void> {
  for (let taken = 0; taken < limit; taken++) {
    try {
      if ((await results.next()).done) return;
    } catch {
      // A failure belongs to its item.
    }
  }
  await results.return!();
}

describeMethods("stress: a random mix of calls, stops and deaths", (method) => {
  for (let round = 0; round < ROUNDS; round++) {
    const seed = Number(process.env.STRESS_SEED ?? Math.floor(Math.random() * 2 ** 31));
    it(`settles every call once (STRESS_SEED=${seed})`, async () => {
      const random = randomFrom(seed);
      const range = (n: number) => Array.from({ length: n }, (_, i) => i);
      const pool: Pool = new (getContext(method).Pool)({
        processes: 1 + random(2),
        maxTasksPerChild: random(3) === 0 ? 5 + random(50) : undefined,
      });
      const calls = new Calls();
      const aborts: AbortController[] = [];
      const pids = new Set<number>();
      const note = () => {
        for (const { pid } of pool.stats().workers) if (pid !== process.pid) pids.add(pid);
      };
      const signal = () => {
        const controller = new AbortController();
        aborts.push(controller);
        return controller.signal;
      };
      const steps = [
        () => calls.add(pool.apply(work.square, [random(9)])),
        () => range(random(60)).forEach((x) => calls.add(pool.apply(work.square, [x]))),
        () => calls.add(pool.apply(work.sleep, [random(20)])),
        () => calls.add(pool.apply(work.failIf, [1, 1])),
        () => calls.add(pool.apply(work.exitIf, [1, random(2), 3], { retries: random(2) })),
        () => calls.add(pool.map(work.square, range(random(300)))),
        () => calls.add(pool.map(work.exitAtFive, range(random(30)), { settle: true })),
        () => calls.add(pool.map(work.failAtTwo, range(random(9)), { chunkSize: 1 + random(9) })),
        () => calls.add(pool.map(work.sleep, range(random(5)), { timeout: 1 + random(20) })),
        () => calls.add(pool.map(work.sleep, [1, 60_000], { signal: signal(), settle: true })),
        () => calls.add(pool.apply(work.sleep, [60_000], { timeout: random(30), grace: 1 })),
        () => calls.add(collect(pool.imap(work.later, range(random(50))), random(50))),
        () => calls.add(collect(pool.imapUnordered(work.exitAtFive, range(9)), random(12))),
        () => {
          const result = pool.applyAsync(work.sleep, [random(30)]);
          calls.add(result);
          if (random(2) === 0) result.cancel();
        },
        () => aborts.pop()?.abort(),
        () => {
          const { workers } = pool.stats();
          const pid = workers[random(workers.length || 1)]?.pid;
          if (pid === undefined || pid === process.pid || random(2) === 0) return;
          try {
            process.kill(pid, "SIGKILL");
          } catch {
            // It is gone already.
          }
        },
      ];
      for (let i = 0; i < STEPS; i++) {
        steps[random(steps.length)]();
        note();
        if (random(4) === 0) await new Promise((resolve) => setTimeout(resolve, random(8)));
      }
      for (const controller of aborts) controller.abort();
      const end = random(3);
      if (end === 0) {
        pool.close();
        await Promise.all(calls.promises);
        await pool.join();
      } else if (end === 1) {
        await Promise.all(calls.promises);
        await pool.terminate();
      } else {
        await pool.terminate();
        await Promise.all(calls.promises);
      }
      note();
      assert.ok(calls.settled.every((times) => times === 1));
      assert.deepEqual(pool.stats().workers, []);
      await waitUntilDead([...pids]);
    });
  }
});
