/** Barrier: parties that wait for each other, and what breaks it. */

import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import type { Barrier } from "../../mod.ts";
import { RawValue } from "../../mod.ts";
import { stop, waitFor } from "../support/alive.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import * as work from "../fixtures/sync/work.ts";

const BROKEN = { name: "BrokenBarrierError", message: /reset/ };

describeSettings("Barrier", (setting) => {
  const { objects, children } = setting;

  const untilWaiting = (barrier: Barrier, count: number) =>
    waitFor(() => barrier.nWaiting === count, 10_000, () => `${barrier.nWaiting} wait`);

  it("Barrier refuses what is no number of parties", () => {
    for (const parties of [0, -1, 1.5, NaN, Infinity, 16_384]) {
      assert.throws(() => new objects.Barrier(parties), { name: "RangeError" });
    }
    assert.throws(() => new objects.Barrier("2" as never), { name: "RangeError" });
    const barrier = new objects.Barrier(3);
    assert.equal(barrier.parties, 3);
    assert.equal(barrier.nWaiting, 0);
    assert.equal(barrier.broken, false);
    assert.equal(new objects.Barrier(16_383).parties, 16_383);
  });

  it("Barrier.wait() of one party goes on at once", async () => {
    const barrier = new objects.Barrier(1);
    for (let i = 0; i < 3; i++) {
      assert.equal(await barrier.wait(), 0);
      assert.equal(barrier.waitSync({ timeout: 0 }), 0);
    }
  });

  for (const form of work.FORMS) {
    it(`Barrier.wait() gives every party another index, round after round [${form}]`, async () => {
      const barrier = new objects.Barrier(3);
      const all = await Promise.all([
        setting.others.apply(work.rounds, [barrier, 60, form]),
        setting.others.apply(work.rounds, [barrier, 60, form]),
        work.rounds(barrier, 60, "async"),
      ]);
      for (let round = 0; round < 60; round++) {
        assert.deepEqual(all.map((indexes) => indexes[round]).toSorted(), [0, 1, 2]);
      }
      assert.equal(barrier.nWaiting, 0);
      assert.equal(barrier.broken, false);
    });
  }

  it("Barrier.wait() works among the tasks of one isolate", async () => {
    const barrier = new objects.Barrier(5);
    const tasks = [1, 2, 3, 4, 5].map(() => work.rounds(barrier, 10, "async"));
    for (const indexes of await Promise.all(tasks)) assert.equal(indexes.length, 10);
  });

  it("Barrier.nWaiting counts those who wait, wherever they are", async () => {
    const barrier = new objects.Barrier(4);
    const waits: Promise<unknown>[] = [barrier.wait()];
    assert.equal(barrier.nWaiting, 1);
    waits.push(setting.others.apply(work.call, [barrier, "wait"]));
    await untilWaiting(barrier, 2);
    waits.push(setting.others.apply(work.call, [barrier, "waitSync"]));
    await untilWaiting(barrier, 3);
    waits.push(barrier.wait());
    assert.deepEqual((await Promise.all(waits) as number[]).toSorted(), [0, 1, 2, 3]);
    assert.equal(barrier.nWaiting, 0);
  });

  // -- The action --

  it("Barrier runs its action once a round, before anybody goes on", async () => {
    const count = new RawValue("int32");
    const order: string[] = [];
    const action = async () => {
      order.push("begin");
      await new Promise((resolve) => setTimeout(resolve, 1));
      order.push("end");
      count.add(1);
    };
    const barrier = new objects.Barrier(3, { action });
    for (let round = 0; round < 3; round++) {
      const party = async () => {
        await barrier.wait();
        order.push("on");
      };
      await Promise.all([party(), party(), party()]);
      assert.deepEqual(order.splice(0), ["begin", "end", "on", "on", "on"]);
    }
    assert.equal(count.value, 3);
  });

  it("Barrier brings its action along", async () => {
    const count = new RawValue("int32");
    const partial = (await import("../../mod.ts")).partial;
    const barrier = new objects.Barrier(3, { action: partial(work.countAction, count) });
    await Promise.all([
      setting.others.apply(work.rounds, [barrier, 20, "async"]),
      setting.others.apply(work.rounds, [barrier, 20, "sync"]),
      work.rounds(barrier, 20, "async"),
    ]);
    assert.equal(count.value, 20);
  });

  it("Barrier: an action that throws breaks it for all", async () => {
    const barrier = new objects.Barrier(3, { action: work.failingAction });
    const failure = { name: "RangeError", message: "the action fails" };
    const waits = [
      barrier.wait(),
      setting.others.apply(work.call, [barrier, "waitSync"]),
    ];
    const settled = Promise.allSettled(waits);
    await untilWaiting(barrier, 2);
    await assert.rejects(barrier.wait(), failure);
    for (const one of await settled) {
      assert.equal(one.status === "rejected" && one.reason.name, "BrokenBarrierError");
    }
    assert.equal(barrier.broken, true);
    await assert.rejects(barrier.wait(), BROKEN);
    barrier.reset();
    const again = Promise.allSettled([barrier.wait(), barrier.wait()]);
    assert.throws(() => barrier.waitSync(), failure); // in the last one, whichever form it takes
    for (const one of await again) {
      assert.equal(one.status === "rejected" && one.reason.name, "BrokenBarrierError");
    }
  });

  it("Barrier: an action that throws elsewhere is thrown there", async () => {
    const barrier = new objects.Barrier(2, { action: work.failingAction });
    const waits = assert.rejects(barrier.wait(), BROKEN);
    await assert.rejects(setting.others.apply(work.call, [barrier, "wait"]), {
      name: "RangeError",
      message: "the action fails",
    });
    await waits;
  });

  // -- What breaks it --

  it("Barrier.wait() breaks it for all when the time of one is up", async () => {
    for (const timeout of [0, -1, 1, 60]) {
      for (const method of ["wait", "waitSync"] as const) {
        const barrier = new objects.Barrier(4);
        const settled = Promise.allSettled([
          barrier.wait(),
          setting.others.apply(work.call, [barrier, "wait"]),
        ]);
        await untilWaiting(barrier, 2);
        const expired = { name: "TimeoutError", message: /in time/ };
        await assert.rejects(async () => void await barrier[method]({ timeout }), expired);
        for (const one of await settled) {
          assert.equal(one.status === "rejected" && one.reason.name, "BrokenBarrierError");
        }
        assert.equal(barrier.broken, true);
        await assert.rejects(barrier.wait(), BROKEN);
        assert.throws(() => barrier.waitSync(), BROKEN);
        await assert.rejects(setting.others.apply(work.call, [barrier, "wait"]), BROKEN);
      }
    }
  });

  it("Barrier has a time-out of its own, which a wait may replace", async () => {
    const barrier = new objects.Barrier(2, { timeout: 1 });
    await assert.rejects(barrier.wait(), { name: "TimeoutError" });
    barrier.reset();
    await assert.rejects(
      setting.others.apply(work.call, [barrier, "wait"]),
      { name: "TimeoutError" },
    );
    barrier.reset();
    const waits = barrier.wait({ timeout: 600_000 });
    assert.ok(
      await setting.others.apply(work.call, [barrier, "wait", { timeout: Infinity }]) !==
        await waits,
    );
  });

  it("Barrier.wait() refuses NaN and what is no number, and is not broken by it", async () => {
    const barrier = new objects.Barrier(1);
    await assert.rejects(barrier.wait({ timeout: NaN }), { name: "RangeError", message: /NaN/ });
    assert.throws(() => barrier.waitSync({ timeout: NaN }), { name: "RangeError" });
    await assert.rejects(barrier.wait({ timeout: "5" as never }), { name: "TypeError" });
    assert.equal(barrier.broken, false);
    assert.equal(await barrier.wait(), 0);
  });

  it("Barrier.wait() breaks it when its signal aborts", async () => {
    const barrier = new objects.Barrier(3);
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const is = (error: unknown) => error === reason;
    const other = assert.rejects(barrier.wait(), BROKEN);
    const aborted = assert.rejects(barrier.wait({ signal: controller.signal }), is);
    controller.abort(reason);
    await aborted;
    await other;
    assert.equal(barrier.broken, true);
    barrier.reset();
    await assert.rejects(barrier.wait({ signal: controller.signal }), is);
    assert.throws(() => barrier.waitSync({ signal: controller.signal }), is);
  });

  it("Barrier.abort() breaks it for all until reset()", async () => {
    const barrier = new objects.Barrier(4);
    const settled = Promise.allSettled([
      barrier.wait(),
      setting.others.apply(work.call, [barrier, "wait"]),
      setting.others.apply(work.call, [barrier, "waitSync"]),
    ]);
    await untilWaiting(barrier, 3);
    barrier.abort();
    barrier.abort();
    for (const one of await settled) {
      assert.equal(one.status === "rejected" && one.reason.name, "BrokenBarrierError");
    }
    assert.equal(barrier.broken, true);
    await assert.rejects(barrier.wait(), BROKEN);
    barrier.reset();
    assert.equal(barrier.broken, false);
    const indexes = await Promise.all([
      barrier.wait(),
      barrier.wait(),
      setting.others.apply(work.call, [barrier, "wait"]),
      setting.others.apply(work.call, [barrier, "waitSync"]),
    ]);
    assert.deepEqual(indexes.toSorted(), [0, 1, 2, 3]);
  });

  it("Barrier.abort() during the action breaks it for all", async () => {
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const action = () => {
      begun.resolve();
      return go.promise;
    };
    const barrier = new objects.Barrier(2, { action });
    const settled = Promise.allSettled([barrier.wait(), barrier.wait()]);
    await begun.promise;
    barrier.abort();
    go.resolve();
    for (const one of await settled) {
      assert.equal(one.status === "rejected" && one.reason.name, "BrokenBarrierError");
    }
    assert.equal(barrier.broken, true);
  });

  it("Barrier.reset() sends those away who wait, and leaves it usable", async () => {
    const barrier = new objects.Barrier(3);
    for (let round = 0; round < 3; round++) {
      const settled = Promise.allSettled([
        barrier.wait(),
        setting.others.apply(work.call, [barrier, round % 2 === 0 ? "wait" : "waitSync"]),
      ]);
      await untilWaiting(barrier, 2);
      if (round === 1) await setting.others.apply(work.call, [barrier, "reset"]);
      else barrier.reset();
      for (const one of await settled) {
        assert.equal(one.status === "rejected" && one.reason.name, "BrokenBarrierError");
      }
      assert.equal(barrier.broken, false);
      assert.equal(barrier.nWaiting, 0);
    }
    const indexes = await Promise.all([1, 2, 3].map(() => barrier.wait()));
    assert.deepEqual(indexes.toSorted(), [0, 1, 2]);
  });

  // -- Parties that end --

  for (const verb of ["kill", "terminate"] as const) {
    it(`Barrier: a party that is gone by ${verb}() while it waits breaks it for all`, async () => {
      const barrier = new objects.Barrier(4);
      const passed = new objects.Event();
      const child = new children.Process({ target: work.passOnce, args: [barrier, passed, true] });
      child.start();
      await untilWaiting(barrier, 1);
      const settled = Promise.allSettled([
        barrier.wait(),
        setting.others.apply(work.call, [barrier, "waitSync"]),
      ]);
      await untilWaiting(barrier, 3);
      child[verb]();
      for (const one of await settled) {
        assert.equal(one.status === "rejected" && one.reason.name, "BrokenBarrierError");
      }
      await child.join();
      assert.equal(barrier.broken, true);
      barrier.reset();
      const indexes = await Promise.all([1, 2, 3, 4].map(() => barrier.wait()));
      assert.deepEqual(indexes.toSorted(), [0, 1, 2, 3]);
    });
  }

  it("Barrier works again after reset(), for all, when one was killed in it", async () => {
    const barrier = new objects.Barrier(3);
    const child = new children.Process({
      target: work.passOnce,
      args: [barrier, new objects.Event(), true],
    });
    child.start();
    await untilWaiting(barrier, 1);
    child.kill();
    await child.join();
    await assert.rejects(barrier.wait(), BROKEN);
    barrier.reset();
    const waits = [barrier.wait(), setting.others.apply(work.call, [barrier, "wait"])];
    await untilWaiting(barrier, 2);
    // Long enough for those who wait to look for the dead, more than once.
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(barrier.broken, false);
    waits.push(barrier.wait());
    assert.deepEqual((await Promise.all(waits) as number[]).toSorted(), [0, 1, 2]);
  });

  it("Barrier: a party that is killed between two waits breaks it while others wait", async () => {
    const barrier = new objects.Barrier(3);
    const passed = new objects.Event();
    const child = new children.Process({ target: work.passOnce, args: [barrier, passed, true] });
    child.start();
    await Promise.all([
      passed.wait(),
      barrier.wait(),
      setting.others.apply(work.call, [barrier, "wait"]),
    ]);
    const settled = Promise.allSettled([
      barrier.wait(),
      setting.others.apply(work.call, [barrier, "wait"]),
    ]);
    await untilWaiting(barrier, 2);
    child.kill();
    try {
      await waitFor(() => barrier.broken, 5000, () => "the barrier is not broken");
    } finally {
      barrier.abort(); // nobody hangs
    }
    for (const one of await settled) {
      assert.equal(one.status === "rejected" && one.reason.name, "BrokenBarrierError");
    }
    await child.join();
    barrier.reset();
    const indexes = await Promise.all([1, 2, 3].map(() => barrier.wait()));
    assert.deepEqual(indexes.toSorted(), [0, 1, 2]);
  });

  it("Barrier: a party that has ended by itself does not break it", async () => {
    const barrier = new objects.Barrier(2);
    const passed = new objects.Event();
    const child = new children.Process({ target: work.passOnce, args: [barrier, passed, false] });
    child.start();
    await barrier.wait();
    const waits = barrier.wait();
    await passed.wait();
    assert.equal(await child.join(), 0);
    // Long enough for the one who waits to look for the dead, more than once.
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(barrier.broken, false);
    await setting.others.apply(work.call, [barrier, "wait"]);
    await waits;
  });

  it("Barrier: one that is stopped breaks nothing", {
    skip: children.method === "thread" ? "no signal for a thread alone" : false,
  }, async () => {
    const barrier = new objects.Barrier(3);
    const passed = new objects.Event();
    const child = new children.Process({ target: work.passOnce, args: [barrier, passed, false] });
    child.start();
    await untilWaiting(barrier, 1);
    await stop(child.pid!);
    const waits = [barrier.wait(), setting.others.apply(work.call, [barrier, "wait"])];
    assert.equal(new Set(await Promise.all(waits)).size, 2);
    process.kill(child.pid!, "SIGCONT");
    assert.equal(await passed.wait(), true);
    assert.equal(await child.join(), 0);
  });
});
