/** Locks, semaphores, events, conditions, barriers and queues of a manager. */

import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import {
  AbandonedLockError,
  BrokenBarrierError,
  getContext,
  ProcessError,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  TimeoutError,
} from "../../mod.ts";
import type { Manager } from "../../mod.ts";
import {
  keepLock,
  keepPermit,
  notifyOnce,
  releaseOther,
  waitForAll,
} from "../fixtures/manager/work.ts";
import { describeMethods } from "../support/methods.ts";

/** Nothing that is asked afterwards can be answered before what was asked so far. */
const settled = async (manager: Manager) => void (await manager.Event());

describeMethods("Waiting through a manager", (method) => {
  const { Manager, Process, Pool } = getContext(method);
  let manager: Manager;
  before(() => void (manager = new Manager()));
  after(() => manager.shutdown());

  it("Lock: one holder at a time, in the order of coming", async () => {
    const lock = await manager.Lock();
    assert.equal(await lock.acquire(), true);
    assert.equal(await lock.tryAcquire(), false);
    assert.equal(await lock.acquire({ timeout: 5 }), false);
    assert.equal(await lock.locked(), true);
    const order: number[] = [];
    const both = [1, 2].map((n) => lock.run(() => void order.push(n)));
    await lock.release();
    await Promise.all(both);
    assert.deepEqual(order, [1, 2]);
    assert.equal(await lock.locked(), false);
    await assert.rejects(lock.release(), ProcessError);
  });

  it("Lock: a guard releases its own acquisition only, once", async () => {
    const lock = await manager.Lock();
    const held = await lock.hold();
    assert.equal(held.abandoned, false);
    await assert.rejects(lock.hold({ timeout: 0 }), TimeoutError);
    await lock.release();
    await lock.acquire();
    await held[Symbol.asyncDispose]();
    await held[Symbol.asyncDispose]();
    assert.equal(await lock.locked(), true);
    await lock.release();
    await assert.rejects(
      lock.run(() => {
        throw new RangeError("inside");
      }),
      RangeError,
    );
    assert.equal(await lock.locked(), false);
  });

  it("a wait ends with its signal, and takes nothing", async () => {
    const lock = await manager.Lock();
    await lock.acquire();
    const stop = new AbortController();
    const waits = [
      lock.acquire({ signal: stop.signal }),
      (await manager.Queue()).get({ signal: stop.signal }),
      (await manager.Event()).wait({ signal: stop.signal }),
    ];
    const rejected = Promise.all(
      waits.map((wait) => assert.rejects(wait as Promise<unknown>, { message: "enough" })),
    );
    await settled(manager);
    stop.abort(new Error("enough"));
    await rejected;
    await lock.release();
    assert.equal(await lock.locked(), false);
    await assert.rejects(lock.acquire({ signal: AbortSignal.abort(new Error("early")) }), {
      message: "early",
    });
    assert.equal(await lock.locked(), false);
  });

  it("refuses times and options that are none", async () => {
    const lock = await manager.Lock();
    await assert.rejects(lock.acquire({ timeout: NaN }), RangeError);
    await assert.rejects(lock.acquire({ timeout: "1" as never }), TypeError);
    await assert.rejects(lock.acquire({ onAbandoned: "x" as never }), TypeError);
    await assert.rejects(manager.Semaphore(-1), RangeError);
    await assert.rejects(manager.Queue(1.5), RangeError);
    await assert.rejects(manager.Barrier(0), RangeError);
    await assert.rejects(manager.Condition({} as never), TypeError);
  });

  it("RLock: belongs to its process, which may acquire it again", async () => {
    const lock = await manager.RLock();
    await lock.acquire();
    await lock.acquire();
    await using pool = new Pool(1);
    assert.equal(await pool.apply(releaseOther, [lock]), "ProcessError");
    await lock.release();
    assert.equal(await lock.locked(), true);
    await lock.release();
    assert.equal(await lock.locked(), false);
  });

  it("a lock whose holder has ended is told to one, and free", async () => {
    for (const lock of [await manager.Lock(), await manager.RLock()]) {
      const held = await manager.Event();
      const child = new Process({ target: keepLock, args: [lock, held] });
      child.start();
      await held.wait();
      const first = lock.acquire();
      const second = lock.acquire({ onAbandoned: "take" });
      await settled(manager);
      child.kill();
      await assert.rejects(first, AbandonedLockError);
      assert.equal(await second, true);
      await lock.release();
      await child.join();
    }
  });

  it("a lock that was abandoned while nobody waited tells the next one", async () => {
    const lock = await manager.Lock();
    const held = await manager.Event();
    const child = new Process({ target: keepLock, args: [lock, held] });
    child.start();
    await held.wait();
    child.kill();
    await child.join();
    while (await lock.locked());
    const taken = await lock.hold({ onAbandoned: "take" });
    assert.equal(taken.abandoned, true);
    await taken[Symbol.asyncDispose]();
  });

  it("Semaphore: permits, and held ones come back when their holder has ended", async () => {
    const places = await manager.BoundedSemaphore(2);
    await places.acquire();
    assert.equal(await places.value, 1);
    await places.release();
    await assert.rejects(places.release(), ProcessError);
    const held = await manager.Event();
    const child = new Process({ target: keepPermit, args: [places, held] });
    child.start();
    await held.wait();
    await places.acquire();
    assert.equal(await places.tryAcquire(), false);
    assert.equal(await places.acquire({ timeout: 1 }), false);
    const waiting = places.hold();
    await settled(manager);
    child.kill();
    {
      await using _held = await waiting;
      assert.equal(await places.value, 0);
    }
    assert.equal(await places.value, 1);
    await child.join();
    const free = await manager.Semaphore();
    await free.release();
    assert.equal(await free.value, 2);
  });

  it("what a process waits for goes on without it", async () => {
    const [queue, lock, barrier, ready] = await Promise.all([
      manager.Queue<number>(),
      manager.Lock(),
      manager.Barrier(2),
      manager.Event(),
    ]);
    await lock.acquire();
    const child = new Process({ target: waitForAll, args: [queue, lock, barrier, ready] });
    child.start();
    await ready.wait();
    const broken = assert.rejects(async () => {
      while (!await barrier.broken);
      await barrier.wait();
    }, BrokenBarrierError);
    child.kill();
    await child.join();
    await broken;
    await queue.put(1);
    assert.equal(await queue.get({ timeout: 0 }), 1);
    await lock.release();
    assert.equal(await lock.acquire({ timeout: 0 }), true);
  });

  it("Event: wakes all that wait", async () => {
    const event = await manager.Event();
    assert.equal(await event.wait({ timeout: 0 }), false);
    assert.equal(await event.wait({ timeout: 2 }), false);
    const waits = [event.wait(), event.wait()];
    await event.set();
    assert.deepEqual(await Promise.all(waits), [true, true]);
    assert.equal(await event.isSet(), true);
    await event.clear();
    assert.equal(await event.isSet(), false);
  });

  it("Condition: lets its lock go, and has it again", async () => {
    const changed = await manager.Condition();
    const list = await manager.list<number>([]);
    await assert.rejects(changed.wait(), ProcessError);
    await assert.rejects(changed.notify(), ProcessError);
    await assert.rejects(changed.notify(-1), RangeError);
    await using _held = await changed.hold();
    await changed.acquire(); // twice: it is an RLock
    const child = new Process({ target: notifyOnce, args: [changed, list] });
    child.start();
    assert.equal(await changed.waitFor(() => list.length), 1);
    assert.equal(await changed.wait({ timeout: 1 }), false);
    await changed.release();
    assert.equal(await changed.locked(), true);
    assert.equal(await child.join(), 0);
  });

  it("Condition: with a lock of the manager's, and a signal", async () => {
    const lock = await manager.Lock();
    const changed = await manager.Condition(lock);
    await lock.acquire();
    const stop = new AbortController();
    const waiting = changed.wait({ signal: stop.signal });
    await lock.acquire(); // the wait has let it go
    stop.abort(new Error("enough"));
    await settled(manager);
    await lock.release();
    await assert.rejects(waiting, { message: "enough" });
    assert.equal(await lock.locked(), true); // the wait has it again
    await lock.release();
    const all = Promise.all([1, 2].map(async () => {
      await using _held = await changed.hold();
      return await changed.wait();
    }));
    await settled(manager);
    await changed.acquire();
    await changed.notifyAll();
    await changed.release();
    assert.deepEqual(await all, [true, true]);
  });

  it("Barrier: all come before anybody goes on; its action runs once", async () => {
    const barrier = await manager.Barrier(3);
    for (let round = 0; round < 2; round++) {
      const indexes = await Promise.all([barrier.wait(), barrier.wait(), barrier.wait()]);
      assert.deepEqual(indexes.sort(), [0, 1, 2]);
    }
    assert.equal(await barrier.parties, 3);
    const waiting = assert.rejects(barrier.wait(), BrokenBarrierError);
    await settled(manager);
    assert.equal(await barrier.nWaiting, 1);
    await assert.rejects(barrier.wait({ timeout: 1 }), TimeoutError);
    await waiting;
    assert.equal(await barrier.broken, true);
    await barrier.reset();
    const again = assert.rejects(barrier.wait(), BrokenBarrierError);
    await settled(manager);
    await barrier.abort();
    await again;
  });

  it("Queue: in order, bounded, with an end", async () => {
    const queue = await manager.Queue<number>(2);
    await queue.put(1);
    await queue.putNowait(2);
    assert.equal(await queue.full(), true);
    await assert.rejects(queue.put(3, { timeout: 1 }), QueueFull);
    await assert.rejects(queue.putNowait(3), QueueFull);
    const put = queue.put(3);
    assert.equal(await queue.get(), 1);
    await put;
    assert.equal(await queue.qsize(), 2);
    await queue.shutdown();
    await assert.rejects(queue.put(4), QueueShutDown);
    assert.deepEqual(await Array.fromAsync(queue), [2, 3]);
    await assert.rejects(queue.get(), QueueShutDown);
    const empty = await manager.Queue();
    await assert.rejects(empty.getNowait(), QueueEmpty);
    await assert.rejects(empty.get({ timeout: 1 }), QueueEmpty);
    assert.equal(await empty.empty(), true);
    const waiting = assert.rejects(empty.get(), QueueShutDown);
    await empty.shutdown();
    await waiting;
  });

  it("JoinableQueue: knows when the work is done", async () => {
    const queue = await manager.JoinableQueue<number>();
    assert.equal(await queue.join(), true);
    await queue.put(1);
    assert.equal(await queue.join({ timeout: 0 }), false);
    const done = queue.join();
    await queue.get();
    await queue.taskDone();
    assert.equal(await done, true);
    await assert.rejects(queue.taskDone(), ProcessError);
  });

  it("a wait of one call holds up no other one of the process", async () => {
    const queue = await manager.Queue<string>();
    const got = queue.get();
    const dict = await manager.dict({ a: 1 });
    assert.equal(await dict.get("a"), 1);
    await queue.put("late");
    assert.equal(await got, "late");
  });
});
