/** Lock and RLock: who gets them, for how long one waits, and how they are released. */

import assert from "node:assert/strict";
import { it } from "node:test";
import type { Lock, RLock } from "../../mod.ts";
import { RawValue } from "../../mod.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import type { Setting } from "../fixtures/sync/settings.ts";
import * as work from "../fixtures/sync/work.ts";

const FORMS = work.FORMS;

/** Lets a worker hold something while the function runs. */
async function whileHeld(
  { objects, others }: Setting,
  thing: work.Holdable,
  fn: () => unknown,
): Promise<void> {
  const [held, go] = [new objects.Event(), new objects.Event()];
  const holder = others.apply(work.holdUntil, [thing, held, go]);
  try {
    assert.equal(await held.wait(), true);
    await fn();
  } finally {
    go.set();
    await holder;
  }
}

for (const kind of ["Lock", "RLock"] as const) {
  describeSettings(kind, (setting) => {
    const make = (): Lock | RLock => new setting.objects[kind]();

    it(`${kind}.acquire(), tryAcquire(), acquireSync() take a free lock`, async () => {
      const lock = make();
      assert.equal(lock.locked(), false);
      for (const acquire of ["acquire", "acquireSync", "tryAcquire"] as const) {
        assert.equal(await lock[acquire](), true);
        assert.equal(lock.locked(), true);
        assert.equal(await setting.others.apply(work.call, [lock, "locked"]), true);
        assert.equal(await setting.others.apply(work.call, [lock, "tryAcquire"]), false);
        lock.release();
        assert.equal(lock.locked(), false);
      }
    });

    it(`${kind}.release() throws when nobody holds the lock`, async () => {
      const lock = make();
      const refusal = { name: "ProcessError", message: /nobody holds/ };
      assert.throws(() => lock.release(), refusal);
      lock.acquireSync();
      lock.release();
      assert.throws(() => lock.release(), refusal);
      await assert.rejects(setting.others.apply(work.call, [lock, "release"]), refusal);
      assert.equal(lock.tryAcquire(), true);
    });

    for (const form of FORMS) {
      it(`${kind}.acquire() waits for a release elsewhere [${form}]`, async () => {
        const lock = make();
        const begun = new setting.objects.Event();
        lock.acquireSync();
        const waits = form === "async"
          ? setting.others.apply(work.begin, [begun, lock, "acquire"])
          : setting.others.apply(work.beginSync, [begun, lock, "acquireSync"]);
        await begun.wait();
        lock.release();
        assert.equal(await waits, true);
        assert.equal(lock.locked(), true);
      });

      it(`${kind}.hold() here waits for a release elsewhere [${form}]`, async () => {
        const lock = make();
        const [held, go] = [new setting.objects.Event(), new setting.objects.Event()];
        const holder = setting.others.apply(work.holdUntil, [lock, held, go, form]);
        await held.wait();
        const waits = lock.hold();
        go.set();
        using guard = await waits;
        assert.equal(guard.abandoned, false);
        await holder;
      });

      it(`${kind} excludes workers from each other [${form}]`, async () => {
        const lock = make();
        const value = new RawValue("int32");
        const args: Parameters<typeof work.increment> = [lock, value, 300, form];
        await Promise.all([
          setting.others.apply(work.increment, args),
          setting.others.apply(work.increment, args),
        ]);
        assert.equal(value.value, 600);
      });
    }

    it(`${kind}.acquire() gives false when the time is up`, async () => {
      const lock = make();
      await whileHeld(setting, lock, async () => {
        for (const timeout of [0, -1, -Infinity, 1, 0.5, 30]) {
          assert.equal(await lock.acquire({ timeout }), false);
          assert.equal(lock.acquireSync({ timeout }), false);
        }
        for (const timeout of [0, -1, 5]) {
          const expired = { name: "TimeoutError", message: new RegExp(`within ${timeout} ms`) };
          await assert.rejects(lock.hold({ timeout }), expired);
          assert.throws(() => lock.holdSync({ timeout }), expired);
          await assert.rejects(lock.run(() => assert.fail("ran"), { timeout }), expired);
        }
        assert.equal(lock.tryAcquire(), false);
      });
      assert.equal(await lock.acquire({ timeout: 0 }), true);
      lock.release();
      assert.equal(lock.acquireSync({ timeout: -1 }), true);
      lock.release();
      for (const timeout of [Infinity, Number.MAX_VALUE, 2 ** 31]) {
        assert.equal(await lock.acquire({ timeout }), true);
        lock.release();
      }
    });

    it(`${kind}.acquire() takes a lock within a timeout of any length`, async () => {
      const lock = make();
      for (const timeout of [Infinity, Number.MAX_VALUE, 2 ** 31, 600_000]) {
        const [held, go] = [new setting.objects.Event(), new setting.objects.Event()];
        const holder = setting.others.apply(work.holdUntil, [lock, held, go]);
        await held.wait();
        const waits = lock.acquire({ timeout });
        go.set();
        assert.equal(await waits, true);
        lock.release();
        await holder;
      }
    });

    it(`${kind}.acquire() takes a lock that came free while this isolate was busy`, async () => {
      const lock = make();
      const [held, go, over] = [0, 0, 0].map(() => new setting.objects.Event());
      const holder = setting.others.apply(work.holdAndSay, [lock, held, go, over]);
      await held.wait();
      const [timeout, began] = [20, performance.now()];
      const waits = lock.acquire({ timeout });
      go.set();
      while (!over.isSet() || performance.now() - began <= timeout) { /* busy */ }
      assert.equal(await waits, true);
      lock.release();
      await holder;
    });

    it(`${kind} refuses options that make no sense`, async () => {
      const lock = make();
      for (const method of ["acquire", "acquireSync", "hold", "holdSync"] as const) {
        const ask = async (options: object) => void await lock[method](options as never);
        await assert.rejects(ask({ timeout: NaN }), { name: "RangeError", message: /NaN/ });
        await assert.rejects(ask({ timeout: "5" }), { name: "TypeError" });
        await assert.rejects(ask({ onAbandoned: "keep" }), { name: "TypeError", message: /keep/ });
      }
      assert.equal(lock.locked(), false);
    });

    it(`${kind}.acquire() rejects with the reason of an aborted signal`, async () => {
      const lock = make();
      const reason = new Error("changed my mind");
      const is = (error: unknown) => error === reason;
      await whileHeld(setting, lock, async () => {
        const controller = new AbortController();
        const { signal } = controller;
        const waits = [
          lock.acquire({ signal }),
          lock.hold({ signal }),
          lock.run(() => {}, { signal }),
        ];
        const other = lock.acquire({ timeout: 5 });
        const settled = Promise.allSettled(waits);
        controller.abort(reason);
        for (const one of await settled) {
          assert.equal(one.status === "rejected" && one.reason, reason);
        }
        assert.equal(await other, false);
      });
      const signal = AbortSignal.abort(reason);
      await assert.rejects(lock.acquire({ signal }), is);
      await assert.rejects(lock.hold({ signal }), is);
      assert.throws(() => lock.acquireSync({ signal }), is);
      assert.throws(() => lock.holdSync({ signal }), is);
      assert.equal(lock.locked(), false);
      assert.equal(lock.tryAcquire(), true);
    });

    it(`${kind}: a signal that aborts later changes nothing`, async () => {
      const lock = make();
      const controller = new AbortController();
      assert.equal(await lock.acquire({ signal: controller.signal, timeout: 1000 }), true);
      controller.abort();
      assert.equal(lock.locked(), true);
    });

    it(`${kind}.hold() releases at the end of its block, once`, async () => {
      const lock = make();
      {
        using _held = await lock.hold();
        assert.equal(lock.locked(), true);
      }
      assert.equal(lock.locked(), false);
      {
        using _held = lock.holdSync();
        assert.equal(lock.locked(), true);
      }
      const guard = await lock.hold();
      guard[Symbol.dispose]();
      lock.acquireSync();
      guard[Symbol.dispose]();
      assert.equal(lock.locked(), true, "a second disposal releases nothing");
    });

    it(`${kind}.hold(): a guard leaves alone what another has acquired since`, async () => {
      const lock = make();
      const guard = await lock.hold();
      lock.release();
      await whileHeld(setting, lock, () => {
        guard[Symbol.dispose]();
        assert.equal(lock.locked(), true);
      });
      assert.equal(lock.locked(), false);
    });

    it(`${kind}.run() gives the result and releases, whatever happens`, async () => {
      const lock = make();
      assert.equal(await lock.run(() => lock.locked()), true);
      assert.equal(await lock.run(() => Promise.resolve(5)), 5);
      assert.equal(lock.locked(), false);
      const failure = new Error("inside");
      const is = (error: unknown) => error === failure;
      await assert.rejects(lock.run(() => Promise.reject(failure)), is);
      await assert.rejects(
        lock.run(() => {
          throw failure;
        }),
        is,
      );
      assert.equal(lock.locked(), false);
    });

    it(`${kind}: waiting leaves the event loop free`, async () => {
      const lock = make();
      const [held, go] = [new setting.objects.Event(), new setting.objects.Event()];
      const holder = setting.others.apply(work.holdUntil, [lock, held, go]);
      await held.wait();
      const waits = lock.acquire();
      setTimeout(() => go.set(), 1); // would never run if the wait blocked
      assert.equal(await waits, true);
      await holder;
    });
  });
}

describeSettings("Lock", (setting) => {
  it("Lock.release() may be called by another process", async () => {
    const lock = new setting.objects.Lock();
    await lock.acquire();
    await setting.others.apply(work.call, [lock, "release"]);
    assert.equal(lock.locked(), false);
    assert.equal(await setting.others.apply(work.call, [lock, "acquire"]), true);
    assert.equal(lock.tryAcquire(), false);
    lock.release();
    assert.equal(lock.tryAcquire(), true);
  });

  it("Lock.release() here wakes who waits here", async () => {
    const lock = new setting.objects.Lock();
    await lock.acquire();
    const waits = [lock.acquire(), lock.acquire()];
    await setting.others.apply(work.call, [lock, "release"]);
    assert.equal(await waits[0], true);
    lock.release();
    assert.equal(await waits[1], true);
  });

  it("Lock excludes two asynchronous tasks of one isolate", async () => {
    const lock = new setting.objects.Lock();
    let inside = 0;
    const task = async () => {
      for (let i = 0; i < 20; i++) {
        using _held = await lock.hold();
        assert.equal(++inside, 1);
        await new Promise((resolve) => setTimeout(resolve, 0));
        inside--;
      }
    };
    await Promise.all([task(), task(), task()]);
    assert.equal(lock.locked(), false);
  });

  it("Lock goes to the tasks of one isolate in the order in which they came", async () => {
    const lock = new setting.objects.Lock();
    const order: number[] = [];
    await lock.acquire();
    const tasks = [1, 2, 3, 4].map((id) => lock.run(() => order.push(id)));
    lock.release();
    await Promise.all(tasks);
    assert.deepEqual(order, [1, 2, 3, 4]);
  });

  it("Lock is not recursive", async () => {
    const lock = new setting.objects.Lock();
    await lock.acquire();
    assert.equal(lock.tryAcquire(), false);
    assert.equal(lock.acquireSync({ timeout: 5 }), false);
    assert.equal(await lock.acquire({ timeout: 5 }), false);
  });

  it("Lock.hold(): a guard leaves alone what the same isolate has acquired since", async () => {
    const lock = new setting.objects.Lock();
    const guard = await lock.hold();
    lock.release();
    await lock.acquire();
    guard[Symbol.dispose]();
    assert.equal(lock.locked(), true);
  });
});

describeSettings("RLock", (setting) => {
  for (const form of FORMS) {
    it(`RLock is free after as many releases as acquisitions [${form}]`, async () => {
      const lock = new setting.objects.RLock();
      const states = [true, true, true, false];
      assert.deepEqual(await work.recurse(lock, form), states);
      assert.deepEqual(await setting.others.apply(work.recurse, [lock, form]), states);
    });
  }

  it("RLock is held for others until the last release", async () => {
    const lock = new setting.objects.RLock();
    await lock.acquire();
    lock.acquireSync();
    assert.equal(lock.tryAcquire(), true);
    using guard = await lock.hold();
    const others = () => setting.others.apply(work.call, [lock, "tryAcquire"]);
    for (let i = 0; i < 3; i++) {
      assert.equal(await others(), false);
      lock.release();
    }
    assert.equal(await others(), false);
    guard[Symbol.dispose]();
    assert.equal(lock.locked(), false);
    assert.equal(await others(), true);
  });

  it("RLock.release() is refused when another isolate holds it", async () => {
    const lock = new setting.objects.RLock();
    const refusal = { name: "ProcessError", message: /another process or thread/ };
    lock.acquireSync();
    await assert.rejects(setting.others.apply(work.call, [lock, "release"]), refusal);
    assert.equal(lock.locked(), true);
    lock.release();
    await whileHeld(setting, lock, () => assert.throws(() => lock.release(), refusal));
  });

  it("RLock does not exclude the asynchronous tasks of one isolate", async () => {
    const lock = new setting.objects.RLock();
    await lock.run(() => lock.run(() => lock.run(() => assert.equal(lock.locked(), true))));
    assert.equal(lock.locked(), false);
  });
});
