/** Who awaits is woken by a ring, not by the look that comes later anyway. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { AbandonedLockError, getContext } from "../../mod.ts";
import type { Lock, Process, Semaphore } from "../../mod.ts";
import * as wakeups from "../fixtures/sync/wakeups.ts";
import { describeMethods } from "../support/methods.ts";

const ROUNDS = 20;

// Without pools: a worker's answers would wait for the timers that never fire.
describeMethods("A ring", (method) => {
  const context = getContext(method);

  function start(target: (...args: never[]) => unknown, ...args: unknown[]): Process {
    const child = new context.Process({ target, args } as { target: () => void });
    child.start();
    return child;
  }

  it("of notify() ends a wait of the same isolate", async () => {
    const condition = new context.Condition(new context.Lock());
    const begun = new context.Semaphore(0);
    await wakeups.withoutTimers(async () => {
      const waits = wakeups.awaitNotices(condition, begun, 2);
      for (let round = 0; round < 2; round++) {
        await begun.acquire();
        using _held = await condition.hold();
        condition.notify();
      }
      await wakeups.soonOrNever(waits, "wait()");
    });
  });

  it("of notify() ends each wait of another isolate", async () => {
    const condition = new context.Condition();
    const begun = new context.Semaphore(0);
    const child = start(wakeups.awaitNotices, condition, begun, ROUNDS);
    for (let round = 0; round < ROUNDS; round++) {
      await wakeups.soonOrNever(begun.acquire(), "acquire()");
      using _held = await condition.hold();
      condition.notify();
    }
    assert.equal(await child.join(), 0);
  });

  it("of notifyAll() ends all waits of several isolates", async () => {
    const condition = new context.Condition(new context.Lock());
    const begun = new context.Semaphore(0);
    const children = [0, 1].map(() => start(wakeups.awaitNotices, condition, begun, 1));
    const waits = [0, 1].map(() => wakeups.awaitNotices(condition, begun, 1));
    for (let n = 0; n < 4; n++) await begun.acquire();
    {
      using _held = await condition.hold();
      condition.notifyAll();
    }
    await Promise.all(waits);
    for (const child of children) assert.equal(await child.join(), 0);
  });

  for (const kind of ["Lock", "Semaphore"] as const) {
    it(`reaches one who was overtaken, when it is its turn: ${kind}`, async () => {
      const thing: Lock | Semaphore = new context[kind]();
      const begun = new context.Event();
      assert.equal(thing.tryAcquire(), true);
      const child = start(wakeups.acquireOnce, thing, begun);
      await begun.wait();
      // Overtakes it until it asks for its turn; from then on we would have to step back.
      while (child.isAlive()) { // it may have been quicker
        thing.release();
        if (!thing.tryAcquire()) break;
        await wakeups.pause();
      }
      assert.equal(await child.join(), 0);
    });
  }

  it("of a death tells one who waits for the lock", async () => {
    const lock = new context.Lock();
    const held = new context.Event();
    const child = start(wakeups.holdForEver, lock, held);
    await held.wait();
    await wakeups.withoutTimers(async () => {
      const wait = lock.acquire();
      child.kill();
      await assert.rejects(wakeups.soonOrNever(wait, "acquire()"), AbandonedLockError);
    });
    await child.join();
  });
});
