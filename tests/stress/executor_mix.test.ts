/**
 * Random sequences of everything that an executor does, with workers that die: every future settles
 * once, what was cancelled never ran, `cancel()` and `running()` agree, and no worker is left.
 */

import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { asCompleted, getContext, waitFutures } from "../../mod.ts";
import type { Future, Value } from "../../mod.ts";
import { countRun, die, killSoon, makeExecutor } from "../fixtures/executor/work.ts";
import * as work from "../fixtures/pool/work.ts";
import { waitUntilDead } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";
import { randomFrom } from "../support/random.ts";

const ROUNDS = 2 * Number(process.env.STRESS ?? 1);
const STEPS = 80;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function collect(results: AsyncIterableIterator<unknown>, limit: number): Promise<void> {
  try {
    for (let taken = 0; taken < limit; taken++) if ((await results.next()).done) return;
    await results.return!();
  } catch {
    // A failure is an end as well.
  }
}

describeMethods("stress: a random mix of calls, cancellations and deaths", (method) => {
  const { Value } = getContext(method);

  for (let round = 0; round < ROUNDS; round++) {
    const seed = Number(process.env.STRESS_SEED ?? Math.floor(Math.random() * 2 ** 31));
    it(`settles every future (STRESS_SEED=${seed})`, async () => {
      const random = randomFrom(seed);
      const range = (n: number) => Array.from({ length: n }, (_, i) => i);
      const executor = makeExecutor(method, {
        maxWorkers: 1 + random(2),
        maxTasksPerChild: random(3) === 0 ? 5 + random(50) : undefined,
      });
      const deadly = random(2) === 0;
      const futures: Future<unknown>[] = [];
      const maps: Promise<void>[] = [];
      const told = new Map<Future<unknown>, number>();
      const counted: { future: Future<unknown>; runs: Value<"i"> }[] = [];
      const pids = new Set<number>();
      const add = (future: Future<unknown>) => {
        futures.push(future);
        told.set(future, 0);
        future.addDoneCallback(() => told.set(future, told.get(future)! + 1));
      };
      const count = (milliseconds: number) => {
        const runs = new Value("i", 0);
        const future = executor.submit(countRun, runs, milliseconds);
        counted.push({ future, runs });
        add(future);
      };
      const cancel = (future: Future<unknown> | undefined) => {
        if (future === undefined || future.done()) return;
        const running = future.running();
        // A worker may begin it between the two questions.
        assert.ok(!(future.cancel() && running));
      };
      const steps = [
        () => range(random(40)).forEach(() => count(0)),
        () => range(random(4)).forEach(() => count(random(12))),
        () => range(random(60)).forEach((x) => add(executor.submit(work.square, x))),
        () => add(executor.submit(work.sleep, random(10))),
        () => add(executor.submit(work.failIf, 1, 1)),
        () => deadly && add(executor.submit(die)),
        () => maps.push(collect(executor.map(work.square, range(random(99))), random(120))),
        () => maps.push(collect(executor.map(work.add, range(20), new Set(range(9))), random(20))),
        () => maps.push(collect(executor.map(work.failAtTwo, range(9)), 9)),
        () => cancel(futures[random(futures.length || 1)]),
        () => futures.slice(-random(20)).forEach(cancel),
        () => futures.filter(() => random(9) === 0).forEach(cancel),
        () => void waitFutures(futures, { timeout: random(5) }),
        () => void asCompleted(futures).next(),
        // A worker does it itself: from here, the pid might be that of somebody else by then.
        () => deadly && method === "spawn" && add(executor.submit(killSoon, random(12))),
        () => {
          const future = executor.submit(work.pid);
          future.then((pid) => pid !== process.pid && pids.add(pid), () => {});
          add(future);
        },
      ];
      for (let i = 0; i < STEPS; i++) {
        steps[random(steps.length)]();
        if (random(4) === 0) await pause(random(8));
        else if (random(3) === 0) await Promise.resolve();
      }
      const end = random(4);
      if (end === 0) await executor.shutdown();
      else if (end === 1) await executor.shutdown({ cancelFutures: true });
      else if (end === 2) await executor.terminateWorkers();
      else {
        await executor.shutdown({ wait: false });
        await executor.killWorkers();
      }
      await Promise.all(maps);
      const { notDone } = await waitFutures(futures, { timeout: 0 });
      assert.equal(notDone.size, 0, `${notDone.size} of ${futures.length} have not settled`);
      await pause(0);
      assert.ok([...told.values()].every((times) => times === 1), "each callback is called once");
      for (const { future, runs } of counted) {
        const [least, most] = future.cancelled()
          ? [0, 0]
          : await future.exception() === null
          ? [1, 1]
          : [0, 1];
        // A task whose result was lost with its worker is sent again, or cancelled before it is.
        assert.ok(runs.value >= least && (deadly || runs.value <= most), `${runs.value} runs`);
      }
      await waitUntilDead([...pids]);
    });
  }
});
