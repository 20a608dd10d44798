/** Semaphore and BoundedSemaphore: permits, and what becomes of those of children that end. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { stop, waitFor } from "../support/alive.ts";
import { RUNTIME } from "../support/runtime.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import * as work from "../fixtures/sync/work.ts";

const MOST = 2_097_151;

for (const kind of ["Semaphore", "BoundedSemaphore"] as const) {
  describeSettings(kind, (setting) => {
    const { objects, children } = setting;
    const make = (value?: number) => new objects[kind](value);

    it(`${kind} begins with one permit, or as many as it is told`, () => {
      assert.equal(make().value, 1);
      for (const value of [0, 1, 7, MOST]) assert.equal(make(value).value, value);
      assert.equal(make(0).locked(), true);
      assert.equal(make(1).locked(), false);
    });

    it(`${kind} refuses what is no number of permits`, () => {
      for (const value of [-1, 0.5, NaN, Infinity, MOST + 1]) {
        assert.throws(() => make(value), { name: "RangeError", message: new RegExp(`${value}`) });
      }
      assert.throws(() => make("2" as never), { name: "TypeError" });
      const semaphore = make(1);
      for (const count of [0, -1, 0.5, NaN, Infinity, MOST + 1]) {
        assert.throws(() => semaphore.release(count), { name: "RangeError" });
      }
      assert.throws(() => semaphore.release("1" as never), { name: "TypeError" });
      assert.equal(semaphore.value, 1);
    });

    it(`${kind} gives every permit once, here and elsewhere`, async () => {
      const semaphore = make(4);
      assert.equal(await semaphore.acquire(), true);
      assert.equal(semaphore.acquireSync(), true);
      assert.equal(semaphore.tryAcquire(), true);
      assert.equal(await setting.others.apply(work.call, [semaphore, "tryAcquire"]), true);
      assert.equal(semaphore.value, 0);
      assert.equal(semaphore.locked(), true);
      assert.equal(await setting.others.apply(work.read, [semaphore, "value"]), 0);
      assert.equal(await setting.others.apply(work.call, [semaphore, "tryAcquire"]), false);
      assert.equal(semaphore.tryAcquire(), false);
      semaphore.release(3);
      await setting.others.apply(work.call, [semaphore, "release"]); // anybody may
      assert.equal(semaphore.value, 4);
    });

    it(`${kind}.acquire() gives false when the time is up`, async () => {
      const semaphore = make(0);
      for (const timeout of [0, -1, -Infinity, 1, 0.5, 30]) {
        assert.equal(await semaphore.acquire({ timeout }), false);
        assert.equal(semaphore.acquireSync({ timeout }), false);
        await assert.rejects(semaphore.hold({ timeout }), { name: "TimeoutError" });
        assert.throws(() => semaphore.holdSync({ timeout }), { name: "TimeoutError" });
      }
      for (const method of ["acquire", "acquireSync", "hold", "holdSync"] as const) {
        const ask = async (timeout: unknown) =>
          void await semaphore[method]({ timeout: timeout as number });
        await assert.rejects(ask(NaN), { name: "RangeError", message: /NaN/ });
        await assert.rejects(ask("5"), { name: "TypeError" });
      }
      assert.equal(semaphore.value, 0);
    });

    it(`${kind}.acquire() rejects with the reason of an aborted signal`, async () => {
      const semaphore = make(1);
      await semaphore.acquire();
      const reason = new Error("changed my mind");
      const is = (error: unknown) => error === reason;
      const controller = new AbortController();
      const { signal } = controller;
      const aborted = Promise.allSettled([
        semaphore.acquire({ signal }),
        semaphore.hold({ signal }),
      ]);
      const other = semaphore.acquire();
      controller.abort(reason);
      for (const one of await aborted) {
        assert.equal(one.status === "rejected" && one.reason, reason);
      }
      semaphore.release();
      assert.equal(await other, true);
      await assert.rejects(semaphore.acquire({ signal }), is);
      assert.throws(() => semaphore.acquireSync({ signal }), is);
      assert.throws(() => semaphore.holdSync({ signal }), is);
      assert.equal(semaphore.value, 0);
    });

    for (const form of work.FORMS) {
      it(`${kind}.release() wakes a waiter elsewhere [${form}]`, async () => {
        const semaphore = make(1);
        semaphore.acquireSync();
        const begun = new objects.Event();
        const waits = form === "async"
          ? setting.others.apply(work.begin, [begun, semaphore, "acquire"])
          : setting.others.apply(work.beginSync, [begun, semaphore, "acquireSync"]);
        await begun.wait();
        semaphore.release();
        assert.equal(await waits, true);
        assert.equal(semaphore.value, 0);
      });

      it(`${kind}.hold() elsewhere gives its permit back [${form}]`, async () => {
        const semaphore = make(1);
        const [held, go] = [new objects.Event(), new objects.Event()];
        const holder = setting.others.apply(work.holdUntil, [semaphore, held, go, form]);
        await held.wait();
        assert.equal(semaphore.value, 0);
        const waits = semaphore.acquire();
        go.set();
        assert.equal(await waits, true);
        await holder;
        assert.equal(semaphore.value, 0);
      });
    }

    it(`${kind}.release(n) wakes as many`, async () => {
      const semaphore = make(3);
      for (let i = 0; i < 3; i++) semaphore.acquireSync();
      const begun = new objects.Event();
      const waits = [
        semaphore.acquire(),
        setting.others.apply(work.begin, [begun, semaphore, "acquire"]),
        semaphore.acquire(),
      ];
      await begun.wait();
      semaphore.release(3);
      assert.deepEqual(await Promise.all(waits), [true, true, true]);
      assert.equal(semaphore.value, 0);
    });

    it(`${kind}.hold() and run() give the permit back, once`, async () => {
      const semaphore = make(2);
      {
        using guard = await semaphore.hold();
        using _other = semaphore.holdSync();
        assert.equal(guard.abandoned, false);
        assert.equal(semaphore.value, 0);
      }
      assert.equal(semaphore.value, 2);
      const guard = await semaphore.hold();
      semaphore.acquireSync();
      guard[Symbol.dispose]();
      guard[Symbol.dispose]();
      assert.equal(semaphore.value, 1);
      semaphore.release();
      assert.equal(await semaphore.run(() => semaphore.value), 1);
      const failure = new Error("inside");
      await assert.rejects(
        semaphore.run(() => Promise.reject(failure)),
        (error) => error === failure,
      );
      assert.equal(semaphore.value, 2);
    });

    it(`${kind}: at most so many tasks are inside`, async () => {
      const semaphore = make(2);
      let [inside, most] = [0, 0];
      const task = async () => {
        for (let i = 0; i < 10; i++) {
          await semaphore.run(async () => {
            most = Math.max(most, ++inside);
            await new Promise((resolve) => setTimeout(resolve, 0));
            inside--;
          });
        }
      };
      await Promise.all([task(), task(), task(), task()]);
      assert.equal(most, 2);
      assert.equal(semaphore.value, 2);
    });

    // -- Children that end --

    const ENDS = ["kill", "terminate", "exit", "return", "throw"] as const;
    for (const how of ENDS) {
      for (const form of work.FORMS) {
        // A thread that blocks cannot be stopped in Deno, but its permits come back.
        it(`${kind}: a held permit comes back after ${how} [${form}]`, async () => {
          const semaphore = make(2);
          const held = new objects.Event();
          const child = new children.Process({
            target: work.holdAndEnd,
            args: [semaphore, held, how, form],
            stderr: "null",
          });
          child.start();
          await held.wait();
          semaphore.acquireSync(); // both are taken, unless the child has ended by now
          const waits = semaphore.acquire();
          if (how === "kill" || how === "terminate") {
            assert.equal(semaphore.value, 0);
            child[how]();
          }
          assert.equal(await waits, true);
          await child.join();
          assert.equal(semaphore.tryAcquire(), false);
          semaphore.release(2);
          assert.equal(semaphore.value, 2);
        });
      }
    }

    it(`${kind}: a permit that came back from a busy thread is not given back again`, {
      skip: children.method === "thread" && RUNTIME === "deno" ? false : "all of it is stopped",
    }, async () => {
      for (const asked of [true, false]) {
        const semaphore = make(1);
        const held = new objects.Event();
        const [go, done] = [0, 0].map((value) => new objects.RawValue("int32", value));
        const child = new children.Process({
          target: work.holdBusily,
          args: [semaphore, held, go, done],
        });
        child.start();
        await held.wait();
        child.terminate();
        await child.join();
        if (asked) assert.equal(await semaphore.acquire(), true);
        go.value = 1; // it comes to the end of its block
        await waitFor(() => done.value === 1);
        if (!asked) assert.equal(await semaphore.acquire(), true);
        assert.equal(semaphore.value, 0);
        assert.equal(semaphore.tryAcquire(), false);
        assert.equal(semaphore.value, 0);
      }
    });

    for (const how of ["kill", "exit"] as const) {
      it(`${kind}: an acquired permit stays away after ${how}`, async () => {
        const semaphore = make(1);
        const held = new objects.Event();
        const child = new children.Process({
          target: work.acquireAndEnd,
          args: [semaphore, held, how, "async"],
        });
        child.start();
        await held.wait();
        if (how === "kill") child.kill();
        await child.join();
        assert.equal(await semaphore.acquire({ timeout: 150 }), false);
        assert.equal(semaphore.value, 0);
        semaphore.release(); // it is anybody's to give back
        assert.equal(semaphore.value, 1);
      });
    }

    it(`${kind}: several held permits come back at once`, async () => {
      const semaphore = make(3);
      const all = [1, 2, 3].map(() => {
        const held = new objects.Event();
        const child = new children.Process({
          target: work.holdAndEnd,
          args: [semaphore, held, "kill", "async"],
        });
        child.start();
        return { held, child };
      });
      for (const { held } of all) await held.wait();
      assert.equal(semaphore.value, 0);
      const waits = [semaphore.acquire(), semaphore.acquire(), semaphore.acquire()];
      for (const { child } of all) child.kill();
      assert.deepEqual(await Promise.all(waits), [true, true, true]);
      for (const { child } of all) await child.join();
      assert.equal(semaphore.value, 0);
    });

    for (const stopped of [false, true]) {
      it(`${kind}: a waiter that is ${stopped ? "stopped and " : ""}killed swallows no permit`, {
        skip: stopped && children.method === "thread" && "no signal stops a thread alone",
      }, async () => {
        const semaphore = make(1);
        semaphore.acquireSync();
        const [begun, otherBegun] = [new objects.Event(), new objects.Event()];
        const child = new children.Process({
          target: work.waitAndIdle,
          args: [begun, semaphore, "hold"],
        });
        child.start();
        await begun.wait();
        const waits = setting.others.apply(work.begin, [otherBegun, semaphore, "acquire"]);
        await otherBegun.wait();
        if (stopped) await stop(child.pid!); // the wake-up reaches it, and it does nothing
        else child.kill();
        if (stopped) semaphore.release();
        if (stopped) child.kill();
        await child.join();
        if (!stopped) semaphore.release();
        assert.equal(await waits, true);
        assert.equal(semaphore.value, 0);
      });
    }
  }, { processesOnly: kind === "BoundedSemaphore" });
}

describeSettings("Semaphore", (setting) => {
  it("Semaphore.release() may add permits, up to the most there can be", async () => {
    const semaphore = new setting.objects.Semaphore(1);
    semaphore.release();
    semaphore.release(5);
    await setting.others.apply(work.call, [semaphore, "release", 3]);
    assert.equal(semaphore.value, 10);
    const full = new setting.objects.Semaphore(MOST);
    assert.throws(() => full.release(), { name: "RangeError", message: /can count/ });
    assert.equal(full.value, MOST);
  });
});

describeSettings("BoundedSemaphore", (setting) => {
  it("BoundedSemaphore.release() refuses more permits than it began with", async () => {
    const refusal = { name: "RangeError", message: /more than it began with/ };
    for (const value of [0, 1, 2]) {
      const semaphore = new setting.objects.BoundedSemaphore(value);
      assert.throws(() => semaphore.release(), refusal);
      await assert.rejects(setting.others.apply(work.call, [semaphore, "release"]), refusal);
      assert.equal(semaphore.value, value);
    }
    const semaphore = new setting.objects.BoundedSemaphore(3);
    semaphore.acquireSync();
    assert.throws(() => semaphore.release(2), refusal);
    assert.equal(semaphore.value, 2);
    semaphore.release();
    assert.equal(semaphore.value, 3);
  });

  it("BoundedSemaphore refuses a held permit that is one too many, and that is gone", async () => {
    const semaphore = new setting.objects.BoundedSemaphore(1);
    const held = await semaphore.hold();
    semaphore.release(); // of a permit that it did not take
    assert.throws(() => held[Symbol.dispose](), {
      name: "RangeError",
      message: /more than it began with/,
    });
    assert.equal(semaphore.value, 1);
    held[Symbol.dispose]();
    assert.equal(semaphore.value, 1);
    await assert.rejects(semaphore.run(() => semaphore.release()), { name: "RangeError" });
    assert.equal(semaphore.value, 1);
    assert.equal(await semaphore.run(() => semaphore.value), 0);
  });

  it("BoundedSemaphore has no more permits when a holder dies whose permit was released", async () => {
    const semaphore = new setting.objects.BoundedSemaphore(1);
    const held = new setting.objects.Event();
    const child = new setting.children.Process({
      target: work.holdAndEnd,
      args: [semaphore, held, "kill", "async"],
    });
    child.start();
    await held.wait();
    semaphore.release(); // of a permit that it did not take
    child.kill();
    await child.join();
    assert.equal(semaphore.value, 1);
    assert.equal(await semaphore.acquire(), true);
    assert.equal(await semaphore.acquire(), true); // the permit of the dead has come back
    assert.equal(semaphore.tryAcquire(), false);
    semaphore.release();
    assert.throws(() => semaphore.release(), { name: "RangeError" });
    assert.equal(semaphore.value, 1);
  });
});
