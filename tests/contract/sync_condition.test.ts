/** Condition: who is notified, and the lock around it. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { Lock, RawValue, RLock } from "../../mod.ts";
import type { Condition, Semaphore } from "../../mod.ts";
import { stop, waitFor } from "../support/alive.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import * as work from "../fixtures/sync/work.ts";

for (const kind of ["Lock", "RLock"] as const) {
  describeSettings(`Condition of ${kind}`, (setting) => {
    const { objects, children } = setting;

    function make(): { condition: Condition; begun: Semaphore } {
      const condition = kind === "RLock"
        ? new objects.Condition()
        : new objects.Condition(new objects.Lock());
      return { condition, begun: new objects.Semaphore(0) };
    }

    function makePermits(): work.Permits {
      return { left: new objects.RawValue("int32"), missing: new objects.RawValue("int32") };
    }

    /** Resolves when so many waits have begun; they have let the lock go when we get it. */
    async function untilWaiting(condition: Condition, begun: Semaphore, count: number) {
      for (let i = 0; i < count; i++) await begun.acquire();
      (await condition.hold())[Symbol.dispose]();
    }

    it("Condition has a lock like any other", async () => {
      const { condition } = make();
      assert.ok(condition.lock instanceof (kind === "Lock" ? Lock : RLock));
      for (const acquire of ["acquire", "acquireSync", "tryAcquire"] as const) {
        assert.equal(await condition[acquire](), true);
        assert.equal(condition.lock.locked(), true);
        assert.equal(await setting.others.apply(work.call, [condition, "tryAcquire"]), false);
        condition.release();
      }
      {
        using _held = await condition.hold();
        assert.equal(condition.lock.locked(), true);
      }
      {
        using _held = condition.holdSync();
        assert.equal(condition.lock.locked(), true);
      }
      assert.equal(condition.lock.locked(), false);
      assert.throws(() => condition.release(), { name: "ProcessError" });
    });

    it("Condition.wait() and notify() are refused without the lock", async () => {
      const { condition } = make();
      const refusal = { name: "ProcessError", message: /not held/ };
      await assert.rejects(condition.wait(), refusal);
      assert.throws(() => condition.waitSync(), refusal);
      await assert.rejects(condition.waitFor(() => false), refusal);
      assert.throws(() => condition.waitForSync(() => false), refusal);
      assert.throws(() => condition.notify(), refusal);
      assert.throws(() => condition.notifyAll(), refusal);
      await assert.rejects(setting.others.apply(work.call, [condition, "notify"]), refusal);
      if (kind === "RLock") {
        condition.acquireSync();
        await assert.rejects(setting.others.apply(work.call, [condition, "notify"]), refusal);
        await assert.rejects(setting.others.apply(work.call, [condition, "wait"]), refusal);
      }
    });

    it("Condition.notify() refuses what is no number of waits", async () => {
      const { condition } = make();
      await condition.acquire();
      for (const n of [-1, 0.5, NaN, Infinity]) {
        assert.throws(() => condition.notify(n), { name: "RangeError" });
      }
      condition.notify(); // nobody waits
      condition.notify(0);
      condition.notify(1000);
      condition.notifyAll();
      assert.equal(await condition.wait({ timeout: 1 }), false);
    });

    it("Condition.wait() lets the lock go and has it again", async () => {
      const { condition, begun } = make();
      await condition.acquire();
      const notified = condition.wait();
      assert.equal(condition.lock.locked(), false);
      await setting.others.apply(work.use, [condition]);
      assert.equal(await notified, true);
      assert.equal(condition.lock.locked(), true);
      assert.equal(await setting.others.apply(work.call, [condition, "tryAcquire"]), false);
      assert.equal(condition.waitSync({ timeout: 1 }), false);
      assert.equal(condition.lock.locked(), true);
      void begun;
    });

    it("Condition.wait() gives false when the time is up", async () => {
      const { condition } = make();
      await condition.acquire();
      for (const timeout of [0, -1, -Infinity, 1, 0.5, 60]) {
        assert.equal(await condition.wait({ timeout }), false);
        assert.equal(condition.waitSync({ timeout }), false);
      }
      assert.equal(condition.lock.locked(), true);
      condition.release();
    });

    it("Condition.wait() that is refused counts for nothing", async () => {
      const { condition } = make();
      const reason = new Error("changed my mind");
      const is = (error: unknown) => error === reason;
      const nan = { name: "RangeError", message: /NaN/ };
      const signal = AbortSignal.abort(reason);
      await condition.acquire();
      await assert.rejects(condition.wait({ timeout: NaN }), nan);
      assert.throws(() => condition.waitSync({ timeout: NaN }), nan);
      await assert.rejects(condition.waitFor(() => false, { timeout: NaN }), nan);
      assert.throws(() => condition.waitForSync(() => false, { timeout: NaN }), nan);
      await assert.rejects(condition.wait({ timeout: "5" as never }), { name: "TypeError" });
      await assert.rejects(condition.wait({ signal }), is);
      assert.throws(() => condition.waitSync({ signal }), is);
      await assert.rejects(condition.waitFor(() => false, { signal }), is);
      assert.equal(condition.lock.locked(), true);
      condition.notify(5); // must not be kept for a wait that has not begun
      assert.equal(await condition.wait({ timeout: 20 }), false);
    });

    it("Condition.wait() rejects with the reason of a signal, holding the lock", async () => {
      const { condition } = make();
      const controller = new AbortController();
      const { signal } = controller;
      const reason = new Error("changed my mind");
      await condition.acquire();
      const aborted = condition.wait({ signal });
      controller.abort(reason);
      await assert.rejects(aborted, (error) => error === reason);
      assert.equal(condition.lock.locked(), true);
      condition.notify(); // it does not wait any more
      assert.equal(await condition.wait({ timeout: 1 }), false);
    });

    for (const form of work.FORMS) {
      it(`Condition.notify() wakes one, notifyAll() all [${form}]`, async () => {
        const { condition, begun } = make();
        const permits = makePermits();
        const elsewhere = [1, 2].map(() =>
          setting.others.apply(work.takePermit, [condition, begun, permits, form])
        );
        const here = work.takePermit(condition, begun, permits);
        await untilWaiting(condition, begun, 3);
        for (let i = 0; i < 2; i++) {
          await work.permit(condition, permits, 1);
          await waitFor(() => permits.left.value === 0);
        }
        {
          using _held = await condition.hold();
          permits.left.value++;
          condition.notifyAll();
        }
        assert.deepEqual(await Promise.all([...elsewhere, here]), [true, true, true]);
        assert.equal(permits.missing.value, 0);
      });
    }

    it("Condition.notify(n) wakes up to n, and keeps nothing for later", async () => {
      const { condition, begun } = make();
      const waits = [1, 2].map(() => setting.others.apply(work.awaitNotice, [condition, begun]));
      await untilWaiting(condition, begun, 2);
      await condition.acquire();
      condition.notify(10);
      condition.release();
      assert.deepEqual(await Promise.all(waits), [true, true]);
      assert.equal(await work.awaitNotice(condition, begun, "async", 20), false);
    });

    it("Condition.notify() is not used up by a wait whose time was up", async () => {
      const { condition, begun } = make();
      assert.equal(
        await setting.others.apply(work.awaitNotice, [condition, begun, "async", 1]),
        false,
      );
      assert.equal(
        await setting.others.apply(work.awaitNotice, [condition, begun, "sync", 1]),
        false,
      );
      await begun.acquire();
      await begun.acquire();
      const waits = setting.others.apply(work.awaitNotice, [condition, begun]);
      await untilWaiting(condition, begun, 1);
      await condition.acquire();
      condition.notify();
      condition.release();
      assert.equal(await waits, true);
    });

    for (const form of work.FORMS) {
      it(`Condition.waitFor() waits until the predicate holds [${form}]`, async () => {
        const { condition } = make();
        const value = new RawValue("int32");
        const consumers = [1, 2].map(() =>
          setting.others.apply(work.consume, [condition, value, form])
        );
        for (const item of [7, 8]) {
          using _held = await condition.hold();
          if (form === "async") {
            assert.equal(await condition.waitFor(() => value.value === 0), true);
          } else assert.equal(condition.waitForSync(() => value.value === 0), true);
          value.value = item;
          condition.notifyAll();
        }
        assert.deepEqual((await Promise.all(consumers)).toSorted(), [7, 8]);
      });
    }

    it("Condition.waitFor() asks once more when the time is up, and gives the last answer", async () => {
      const { condition } = make();
      await condition.acquire();
      for (const timeout of [0, -1]) {
        let asked = 0;
        assert.equal(await condition.waitFor(() => (asked++, ""), { timeout }), "");
        assert.ok(asked >= 1);
      }
      const timeout = 50;
      let start = performance.now();
      const isLate = () => performance.now() >= start + timeout;
      assert.equal(await condition.waitFor(isLate, { timeout }), true);
      start = performance.now();
      assert.equal(condition.waitForSync(isLate, { timeout }), true);
      assert.equal(await condition.waitFor(() => Promise.resolve("yes")), "yes");
      assert.equal(await condition.waitFor(() => 0, { timeout: 5 }), 0);
      const failure = new Error("the predicate fails");
      await assert.rejects(
        condition.waitFor(() => {
          throw failure;
        }),
        (error) => error === failure,
      );
      assert.equal(condition.lock.locked(), true);
    });

    it("Condition.waitFor() counts its time in all, not from each notification", async () => {
      const { condition } = make();
      const stop = new objects.Event();
      const notifier = setting.others.apply(work.notifyUntil, [condition, stop]);
      {
        using _held = await condition.hold();
        assert.equal(await condition.waitFor(() => false, { timeout: 100 }), false);
        assert.equal(condition.waitForSync(() => false, { timeout: 100 }), false);
      }
      stop.set();
      await notifier;
    });

    it("Condition.waitFor() ends by its signal, holding the lock", async () => {
      const { condition } = make();
      const controller = new AbortController();
      const reason = new Error("changed my mind");
      await condition.acquire();
      const waits = condition.waitFor(() => false, { signal: controller.signal });
      setTimeout(() => controller.abort(reason), 1);
      await assert.rejects(waits, (error) => error === reason);
      assert.equal(condition.lock.locked(), true);
    });

    // -- Children that end --

    it("Condition.notify() passes those by who were killed while they waited", async () => {
      const { condition, begun } = make();
      const child = new children.Process({
        target: work.awaitNoticeAndIdle,
        args: [condition, begun],
      });
      child.start();
      await untilWaiting(condition, begun, 1);
      const waits = setting.others.apply(work.awaitNotice, [condition, begun]);
      await untilWaiting(condition, begun, 1);
      child.kill();
      await child.join();
      await condition.acquire();
      condition.notify();
      condition.release();
      assert.equal(await waits, true);
    });

    it("Condition.notify() of one that dies before it takes note reaches another", {
      skip: children.method === "thread" ? "no signal for a thread alone" : false,
    }, async () => {
      const { condition, begun } = make();
      const all = [1, 2].map(() =>
        new children.Process({ target: work.awaitNoticeAndIdle, args: [condition, begun] })
      );
      for (const child of all) child.start();
      await untilWaiting(condition, begun, 2);
      const waits = setting.others.apply(work.awaitNotice, [condition, begun]);
      await untilWaiting(condition, begun, 1);
      for (const child of all) await stop(child.pid!);
      await condition.acquire();
      condition.notify(3);
      condition.release();
      assert.equal(await waits, true);
      const late = setting.others.apply(work.awaitNotice, [condition, begun]);
      await untilWaiting(condition, begun, 1);
      for (const child of all) child.kill();
      for (const child of all) await child.join();
      assert.equal(await late, true, "what the dead were notified of");
    });

    it("Condition: a notifier that is killed with the lock leaves it to those who wait", async () => {
      const { condition, begun } = make();
      const waits = setting.others.apply(work.awaitNotice, [condition, begun]);
      await untilWaiting(condition, begun, 1);
      const held = new objects.Event();
      const child = new children.Process({
        target: work.notifyAndEnd,
        args: [condition, held],
      });
      child.start();
      await held.wait();
      child.kill();
      await child.join();
      assert.equal(await waits, true);
      using _held = await condition.hold();
    });
  });
}

describeSettings("Condition", (setting) => {
  const { objects } = setting;

  it("Condition.wait() unwinds a recursive lock altogether, and restores it", async () => {
    const condition = new objects.Condition();
    const lock = condition.lock;
    for (const sync of [false, true]) {
      for (let i = 0; i < 3; i++) await condition.acquire();
      const waits = sync ? null : condition.wait();
      if (sync) assert.equal(condition.waitSync({ timeout: 1 }), false);
      else await setting.others.apply(work.use, [condition]); // gets the lock
      if (waits) assert.equal(await waits, true);
      for (let i = 0; i < 3; i++) {
        assert.equal(lock.locked(), true);
        assert.equal(await setting.others.apply(work.call, [lock, "tryAcquire"]), false);
        condition.release();
      }
      assert.equal(lock.locked(), false);
    }
  });

  it("Condition.notify(n) wakes as many of the tasks of one isolate", async () => {
    const condition = new objects.Condition(new objects.Lock());
    const permits = { left: new RawValue("int32"), missing: new RawValue("int32") };
    const begun = new objects.Semaphore(0);
    const waits = [1, 2, 3].map(() => work.takePermit(condition, begun, permits));
    for (let i = 0; i < 3; i++) await begun.acquire();
    for (const n of [1, 2]) {
      await work.permit(condition, permits, n);
      await waitFor(() => permits.left.value === 0);
    }
    assert.deepEqual(await Promise.all(waits), [true, true, true]);
    assert.equal(permits.missing.value, 0);
  });

  it("Condition.wait() gives two tasks of one isolate the recursive lock once each", async () => {
    const condition = new objects.Condition();
    let inside = 0;
    const task = async (go: Promise<void>) => {
      await condition.acquire();
      assert.equal(await condition.wait(), true);
      inside++;
      await go;
      condition.release();
    };
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = task(promise);
    await waitFor(() => !condition.lock.locked());
    const second = task(promise);
    await waitFor(() => !condition.lock.locked());
    await setting.others.apply(work.notifyAll, [condition]);
    await waitFor(() => inside === 2);
    resolve();
    await Promise.all([first, second]);
    assert.equal(condition.lock.locked(), false);
  });

  it("Condition can share its lock with another", async () => {
    const lock = new objects.Lock();
    const [full, empty] = [new objects.Condition(lock), new objects.Condition(lock)];
    assert.equal(full.lock, lock);
    await lock.acquire();
    const waits = full.wait();
    await setting.others.apply(work.use, [empty]); // notifies the other one
    await setting.others.apply(work.use, [full]);
    assert.equal(await waits, true);
    lock.release();
  });

  it("Condition refuses what is no lock", () => {
    for (const lock of [{}, null, 5, new objects.Semaphore()]) {
      assert.throws(() => new objects.Condition(lock as never), { name: "TypeError" });
    }
  });
});
