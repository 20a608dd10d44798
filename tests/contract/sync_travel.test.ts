/** How locks and the like cross: in arguments, results, bindings; to children and theirs. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext, partial, SerializationError } from "../../mod.ts";
import type { Context } from "../../mod.ts";
import { runChild } from "../support/child.ts";
import { describeMethods } from "../support/methods.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import * as work from "../fixtures/sync/work.ts";

const NAMES = [
  "Lock",
  "RLock",
  "Semaphore",
  "BoundedSemaphore",
  "Event",
  "Condition",
  "Barrier",
];

/** One of each; a waiter for the condition. */
async function make(context: Context) {
  const condition = new context.Condition();
  await condition.acquire();
  const notified = condition.wait();
  const lock = new context.Lock();
  await lock.acquire();
  const all = [
    lock,
    new context.RLock(),
    new context.Semaphore(1),
    new context.BoundedSemaphore(2),
    new context.Event(),
    condition,
    new context.Barrier(2),
  ] as const;

  /** Somebody has used each of them, and we see it. */
  const check = async () => {
    const [lock, rlock, semaphore, bounded, event, condition, barrier] = all;
    assert.equal(lock.locked(), false);
    assert.equal(rlock.locked(), false);
    assert.equal(semaphore.value, 3);
    assert.equal(bounded.value, 1);
    assert.equal(event.isSet(), true);
    assert.equal(await notified, true);
    condition.release();
    assert.equal(barrier.broken, true);
  };
  return { all, check };
}

describeSettings("Shared objects travel", (setting) => {
  const { objects, children } = setting;
  const printed = `${JSON.stringify(NAMES)}\n`;

  it("in the arguments of a process", async () => {
    const { all, check } = await make(objects);
    const { code, stdout, stderr } = await runChild(children.method, {
      target: work.useAll,
      args: [...all],
    });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: printed }, stderr);
    await check();
  });

  it("in partial()", async () => {
    const { all, check } = await make(objects);
    const { code, stdout } = await runChild(children.method, {
      target: partial(work.useAll, ...all),
    });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: printed });
    await check();
  });

  it("inside objects, arrays and maps", async () => {
    const { all, check } = await make(objects);
    const [lock, rlock, semaphore, ...rest] = all;
    const nested = [{ lock, deeper: { rlock } }, new Map([["s", semaphore]]), [[rest]]];
    assert.deepEqual(await setting.others.apply(work.useEach, [nested]), NAMES);
    await check();
  });

  it("from child to grandchild", async () => {
    const { all, check } = await make(objects);
    const { code, stderr } = await runChild(children.method, {
      target: work.handOn,
      args: [children.method, ...all],
    });
    assert.equal(code, 0, stderr);
    await check();
  });

  it("from a spawned child to a thread in it", {
    skip: objects.method === "thread" ? "threads have no processes for their objects" : false,
  }, async () => {
    const { all, check } = await make(objects);
    const { code, stderr } = await runChild(children.method, {
      target: work.handOn,
      args: ["thread", ...all],
    });
    assert.equal(code, 0, stderr);
    await check();
  });

  it("to several at once, and the same object twice is one", async () => {
    const lock = new objects.Lock();
    const [first, second] = await setting.others.apply(work.same, [[lock, lock]]);
    assert.equal(first, true, "one object");
    assert.equal(second, false, "acquired already");
    lock.release();
  });

  it("back again in results, as the same objects", async () => {
    const { all, check } = await make(objects);
    const back = await setting.others.apply(work.echo, [[...all]]) as unknown[];
    assert.deepEqual(await work.useEach(back), NAMES);
    await check();
  });

  it("from the child that made them, through the result of a task", async () => {
    // Whoever made them lives on while they are used.
    const made = await setting.others.apply(work.makeAll, [objects.method]);
    assert.equal(made.lock.locked(), true);
    made.lock.release();
    assert.equal(await made.lock.acquire(), true);
    assert.equal(await setting.others.apply(work.call, [made.lock, "tryAcquire"]), false);
    using _held = await made.rlock.hold();
    assert.equal(made.semaphore.value, 3);
    assert.throws(() => made.bounded.release(), { name: "RangeError", message: /began with/ });
    const begun = new objects.Event();
    const waits = setting.others.apply(work.begin, [begun, made.event, "wait"]);
    await begun.wait();
    made.event.set();
    assert.equal(await waits, true);
    const other = setting.others.apply(work.call, [made.barrier, "wait"]);
    assert.equal((await made.barrier.wait()) + (await other as number), 1);
    await made.condition.acquire();
    assert.equal(await made.condition.wait({ timeout: 1 }), false);
    made.condition.release();
  });

  it("in the arguments of a pool's initializer", async () => {
    const [lock, done] = [new objects.Lock(), new objects.Event()];
    await using pool = new children.Pool({
      processes: 1,
      initializer: work.keep,
      initArgs: [lock, done],
    });
    await lock.acquire();
    const used = pool.apply(work.useKept);
    assert.equal(await done.wait({ timeout: 50 }), false);
    lock.release();
    assert.equal(await used, "used");
    assert.equal(done.isSet(), true);
  });

  it("in the items of a map", async () => {
    const semaphores = [1, 2, 3, 4].map((value) => new objects.Semaphore(value));
    await setting.others.map(work.use, semaphores);
    assert.deepEqual(semaphores.map(({ value }) => value), [3, 4, 5, 6]);
  });

  it("although nobody here refers to them any more", async () => {
    const results: Promise<unknown>[] = [];
    for (let i = 0; i < 50; i++) {
      const event = new objects.Event();
      if (i % 2 === 0) event.set();
      results.push(setting.others.apply(work.call, [event, "isSet"]));
    }
    const seen = await Promise.all(results);
    assert.deepEqual(seen, seen.map((_, i) => i % 2 === 0));
  });
});

describeMethods("Shared objects of the thread context", (method) => {
  it("are refused by a spawned process, at start(), and taken by a thread", async () => {
    const thread = getContext("thread");
    const lock = new thread.Lock();
    for (const name of NAMES) {
      const thing = makeOne(thread, name);
      const child = new (getContext(method).Process)({
        target: work.nothing,
        args: [{ inner: [thing] }],
      });
      if (method === "thread") {
        child.start();
        assert.equal(await child.join(), 0);
        continue;
      }
      assert.throws(() => child.start(), (error) => {
        assert.ok(error instanceof SerializationError, String(error));
        assert.match(error.message, /args\[0\]\.inner\[0\]/);
        assert.match(error.message, /made in the thread context/);
        assert.match(error.message, /spawn/);
        return true;
      });
    }
    await using pool = new (getContext(method).Pool)(1);
    const asked = pool.apply(work.call, [lock, "tryAcquire"]);
    if (method === "thread") assert.equal(await asked, true);
    else await assert.rejects(Promise.resolve(asked), SerializationError);
  });
});

function makeOne(context: Context, name: string): unknown {
  if (name === "Condition") return new context.Condition();
  return new (context[name as "Barrier"])(2);
}
