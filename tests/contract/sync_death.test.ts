/** Holders of locks that end: one acquirer is told, once, and nobody waits for ever. */

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { AbandonedLockError, getContext } from "../../mod.ts";
import type { Process } from "../../mod.ts";
import { whyNoPages } from "../../src/runtime/pages.ts";
import { stop, waitFor, waitUntilDead } from "../support/alive.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import type { Setting } from "../fixtures/sync/settings.ts";
import * as work from "../fixtures/sync/work.ts";

const MAPS_PAGES = whyNoPages() === null;

/** Whether a call throws that a lock was abandoned. */
function told(call: () => unknown): boolean {
  try {
    call();
    return false;
  } catch (error) {
    assert.ok(error instanceof AbandonedLockError, String(error));
    return true;
  }
}

/** A child that has acquired the lock. */
async function startHolder(
  { objects, children }: Setting,
  lock: work.AnyLock,
  how: string,
  form: work.Form,
): Promise<Process> {
  const held = new objects.Event();
  const child = new children.Process({
    target: work.acquireAndEnd,
    args: [lock, held, how, form],
    stderr: "null",
  });
  child.start();
  assert.equal(await held.wait(), true);
  return child;
}

/** Ends it, if it does not end by itself. */
function endHolder(child: Process, how: string): void {
  if (how === "kill" || how === "terminate") child[how]();
  if (how === "SIGKILL" || how === "SIGTERM") process.kill(child.pid!, how);
}

for (const kind of ["Lock", "RLock"] as const) {
  describeSettings(`${kind} whose holder ends`, (setting) => {
    const { objects, children } = setting;
    const make = () => new objects[kind]();
    // An RLock is told of a death as a Lock is; what differs is what it has forgotten then.
    const ends = kind === "RLock" ? ["kill", "return"] : ["kill", "terminate", "exit", "return"];
    if (children.method === "spawn") ends.push("SIGKILL");
    if (children.method === "spawn" && kind === "Lock") ends.push("SIGTERM", "throw");

    for (const how of ends) {
      for (const form of work.FORMS) {
        it(`${kind}: exactly one of those who wait is told after ${how} [${form}]`, async () => {
          const lock = make();
          const child = await startHolder(setting, lock, how, form);
          const acquirers = [
            setting.others.apply(work.acquireTold, [lock, "async"]),
            setting.others.apply(work.acquireTold, [lock, "sync"]),
            work.acquireTold(lock),
            work.acquireTold(lock),
          ];
          endHolder(child, how);
          const told = await Promise.all(acquirers);
          assert.equal(told.reduce((sum, one) => sum + one), 1, `told: ${told}`);
          await child.join();
          assert.equal(await lock.acquire(), true);
          lock.release();
          assert.equal(await setting.others.apply(work.acquireTold, [lock, "sync"]), 0);
        });
      }

      // Every way to come, after one end; every end, in one way.
      const ways = ["acquire", "acquireSync", "hold", "holdSync", "tryAcquire"] as const;
      it(`${kind}: one who comes later is told after ${how}`, async () => {
        for (const acquire of how === ends[0] ? ways : ways.slice(0, 1)) {
          const lock = make();
          const child = await startHolder(setting, lock, how, "async");
          endHolder(child, how);
          await child.join();
          if (children.method === "spawn") await waitUntilDead(child.pid!);
          // A broker learns of a death from the end of its client's connection.
          if (acquire === "tryAcquire" && !MAPS_PAGES) {
            await waitFor(() => told(() => lock.tryAcquire()));
            continue;
          }
          await assert.rejects(async () => void await lock[acquire](), AbandonedLockError);
          assert.equal(lock.locked(), false, "an error leaves the lock free");
          assert.equal(await setting.others.apply(work.call, [lock, "tryAcquire"]), true);
        }
      });
    }

    it(`${kind}: the error says what to do`, async () => {
      const lock = make();
      const child = await startHolder(setting, lock, "kill", "async");
      child.kill();
      await assert.rejects(lock.acquire(), {
        name: "AbandonedLockError",
        message: /ended without releasing.*onAbandoned: "take"/,
      });
      await child.join();
    });

    it(`${kind}: the error of a task elsewhere arrives as such`, async () => {
      const lock = make();
      const child = await startHolder(setting, lock, "kill", "async");
      child.kill();
      await child.join();
      await assert.rejects(
        setting.others.apply(work.call, [lock, "acquireSync"]),
        AbandonedLockError,
      );
      assert.equal(lock.tryAcquire(), true);
    });

    it(`${kind}.run() throws and does not run`, async () => {
      const lock = make();
      const child = await startHolder(setting, lock, "kill", "async");
      child.kill();
      await assert.rejects(lock.run(() => assert.fail("ran")), AbandonedLockError);
      await child.join();
      assert.equal(await lock.run(() => 5), 5);
    });

    for (const method of ["hold", "holdSync"] as const) {
      it(`${kind}.${method}({ onAbandoned: "take" }) has the lock and says so`, async () => {
        const lock = make();
        const child = await startHolder(setting, lock, "kill", "async");
        child.kill();
        {
          using guard = await lock[method]({ onAbandoned: "take", timeout: 10_000 });
          assert.equal(guard.abandoned, true);
          assert.equal(await setting.others.apply(work.call, [lock, "tryAcquire"]), false);
        }
        assert.equal(lock.locked(), false);
        using guard = await lock[method]({ onAbandoned: "take" });
        assert.equal(guard.abandoned, false);
        await child.join();
      });
    }

    it(`${kind}.acquire({ onAbandoned: "take" }) has the lock`, async () => {
      for (const method of ["acquire", "acquireSync"] as const) {
        const lock = make();
        const child = await startHolder(setting, lock, "kill", "async");
        child.kill();
        assert.equal(await lock[method]({ onAbandoned: "take", timeout: 10_000 }), true);
        await child.join();
        assert.equal(lock.locked(), true);
        lock.release();
        assert.equal(lock.locked(), false);
      }
    });

    it(`${kind}: a time-out does not end before the death of the holder shows`, async () => {
      const lock = make();
      const child = await startHolder(setting, lock, "kill", "async");
      assert.equal(await lock.acquire({ timeout: 20 }), false);
      assert.equal(lock.acquireSync({ timeout: 20 }), false);
      child.kill();
      await child.join();
      // A broker learns of a death from the end of its client's connection.
      const timeout = MAPS_PAGES ? 0 : 10_000;
      await assert.rejects(lock.acquire({ timeout }), AbandonedLockError);
    });

    it(`${kind}: nobody is told of one who has released before it ended`, async () => {
      for (const verb of ["kill", "terminate"] as const) {
        const lock = make();
        const done = new objects.Event();
        const child = new children.Process({ target: work.releaseAndIdle, args: [lock, done] });
        child.start();
        await done.wait();
        child[verb]();
        await child.join();
        assert.equal(await work.acquireTold(lock), 0);
      }
    });

    for (const form of work.FORMS) {
      it(`${kind}: a waiter that is killed swallows no release [${form}]`, async () => {
        const lock = make();
        const [begun, otherBegun] = [new objects.Event(), new objects.Event()];
        await lock.acquire();
        const child = new children.Process(
          form === "async"
            ? { target: work.waitAndIdle, args: [begun, lock, "acquire"] }
            : { target: work.waitBlocked, args: [begun, lock, "acquireSync"] },
        );
        child.start();
        await begun.wait();
        const waits = form === "async"
          ? setting.others.apply(work.begin, [otherBegun, lock, "acquire"])
          : setting.others.apply(work.beginSync, [otherBegun, lock, "acquireSync"]);
        await otherBegun.wait();
        child.kill();
        await child.join();
        lock.release();
        assert.equal(await waits, true);
      });

      it(
        `${kind}: a wake-up that reaches a waiter which does nothing any more is made good [${form}]`,
        {
          skip: children.method === "thread" ? "no signal for a thread alone" : false,
        },
        async () => {
          const lock = make();
          await lock.acquire();
          const stopped = await Promise.all([1, 2, 3].map(async () => {
            const begun = new objects.Event();
            const child = new children.Process(
              form === "async"
                ? { target: work.waitAndIdle, args: [begun, lock, "acquire"] }
                : { target: work.waitBlocked, args: [begun, lock, "acquireSync"] },
            );
            child.start();
            await begun.wait();
            return child;
          }));
          const begun = new objects.Event();
          const waits = setting.others.apply(work.beginSync, [begun, lock, "acquireSync"]);
          await begun.wait();
          for (const child of stopped) await stop(child.pid!);
          lock.release();
          for (const child of stopped) child.kill();
          for (const child of stopped) await child.join();
          assert.equal(await waits, true);
        },
      );
    }

    it(`${kind} works after many deaths`, async () => {
      const lock = make();
      for (let round = 0; round < 5; round++) {
        const child = await startHolder(setting, lock, "kill", round % 2 === 0 ? "async" : "sync");
        const told = work.acquireTold(lock);
        child.kill();
        assert.equal(await told, 1);
        await child.join();
      }
      assert.equal(await work.acquireTold(lock), 0);
    });
  }, { processesOnly: kind === "RLock" });
}

describeSettings("RLock whose holder ends", (setting) => {
  it("RLock forgets how often a dead holder had acquired it", async () => {
    const lock = new setting.objects.RLock();
    const held = new setting.objects.Event();
    const child = new setting.children.Process({ target: work.acquireThrice, args: [lock, held] });
    child.start();
    await held.wait();
    child.kill();
    assert.equal(await lock.acquire({ onAbandoned: "take" }), true);
    await child.join();
    lock.release();
    assert.equal(lock.locked(), false);
    assert.equal(await setting.others.apply(work.call, [lock, "tryAcquire"]), true);
  });
});

const noStops = process.platform === "linux" ? false : "needs /proc";

describe("Processes that are stopped", () => {
  it("do not keep those who wait at their broker longer than they want, and nothing is lost", {
    skip: MAPS_PAGES ? "nobody asks a broker" : noStops,
  }, async () => {
    for (const connected of [true, false]) {
      await using owner = new (getContext("spawn").Pool)(1);
      const { rlock, semaphore, event } = await owner.apply(work.makeAll, ["spawn"]);
      const pid = await owner.apply(work.ownPid);
      if (connected) assert.equal(rlock.locked(), false);
      await stop(pid);
      try {
        const abort = new AbortController();
        const aborted = rlock.acquire({ signal: abort.signal });
        abort.abort("enough");
        const waits = [
          rlock.acquire({ timeout: 10 }),
          semaphore.acquire({ timeout: 10 }),
          event.wait({ timeout: 0 }),
        ];
        const held = semaphore.hold({ timeout: 10 });
        await Promise.all([
          assert.rejects(aborted, (reason) => reason === "enough"),
          assert.rejects(held, { name: "TimeoutError" }),
        ]);
        assert.deepEqual(await Promise.all(waits), [false, false, false]);
        assert.equal(rlock.acquireSync({ timeout: 10 }), false);
      } finally {
        process.kill(pid, "SIGCONT");
      }
      // What was asked before comes before it.
      await waitFor(() => !rlock.locked() && semaphore.value === 3);
      assert.equal(await owner.apply(work.call, [rlock, "tryAcquire"]), true);
      assert.equal(await rlock.acquire({ timeout: 1 }), false);
    }
  });

  it("do not keep the death of their children from one who starts many other waits", {
    skip: MAPS_PAGES ? noStops : "a broker hears of it from a connection",
  }, async () => {
    const { Event, Process, RawValue, RLock } = getContext("spawn");
    const [lock, other, pid, started] = [
      new RLock(),
      new Event(),
      new RawValue("int32"),
      new Event(),
    ];
    const parent = new Process({ target: work.startHolder, args: [lock, pid, started] });
    parent.start();
    await started.wait();
    const told = lock.acquire({ timeout: 20_000 });
    const busy = setInterval(() => void other.wait({ timeout: 1 }), 5);
    try {
      await stop(parent.pid!);
      process.kill(pid.value, "SIGKILL");
      await assert.rejects(told, AbandonedLockError);
    } finally {
      clearInterval(busy);
      process.kill(parent.pid!, "SIGCONT");
      parent.kill();
      await parent.join();
    }
  });
});
