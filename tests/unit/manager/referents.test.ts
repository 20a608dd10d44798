/** The locks, barriers and conditions of a server: who has them when clients come and go. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AbandonedLockError, BrokenBarrierError } from "../../../src/errors.ts";
import { BarrierReferent } from "../../../src/manager/barrier_referent.ts";
import { Call, GIVEN_UP } from "../../../src/manager/call.ts";
import type { Holder } from "../../../src/manager/call.ts";
import { ConditionReferent } from "../../../src/manager/condition_referent.ts";
import { LockReferent } from "../../../src/manager/lock_referent.ts";
import { QueueReferent } from "../../../src/manager/queue_referent.ts";

const client = (): Holder => ({ held: new Set() });
/** The end of a client, as the server deals with it. */
function end(holder: Holder, ...calls: Call[]): void {
  for (const call of calls) call.cancel(true);
  for (const holding of [...holder.held]) holding.abandoned(holder);
}
const givenUp = (error: unknown) => error === GIVEN_UP;

describe("Locks of a server", () => {
  it("a waiter that is gone gets nothing, the next one does", async () => {
    const [a, b, c] = [client(), client(), client()];
    const lock = new LockReferent(false);
    assert.equal(lock.acquire(new Call(a), Infinity), 1);
    const second = new Call(b);
    const waiting = lock.acquire(second, Infinity) as Promise<number>;
    const third = lock.acquire(new Call(c), Infinity) as Promise<number>;
    end(b, second);
    await assert.rejects(waiting, givenUp);
    lock.release(new Call(a));
    assert.equal(await third, 2);
    assert.deepEqual([a.held.size, b.held.size, c.held.size], [0, 0, 1]);
  });

  it("one acquirer hears of a holder that is gone, and only one", async () => {
    const [a, b] = [client(), client()];
    const lock = new LockReferent(false);
    lock.acquire(new Call(a), Infinity);
    const [first, second] = [1, 2].map(() => lock.acquire(new Call(b), Infinity));
    end(a);
    await assert.rejects(first as Promise<number>, AbandonedLockError);
    assert.equal(await second, 2);
    end(b);
    assert.equal(lock.locked(), false);
    assert.throws(() => lock.acquire(new Call(a), 0), AbandonedLockError);
    assert.equal(lock.acquire(new Call(a), 0), 3);
  });

  it("a lock that another client released is abandoned by nobody", () => {
    const [a, b] = [client(), client()];
    const lock = new LockReferent(false);
    lock.acquire(new Call(a), Infinity);
    lock.release(new Call(b));
    end(a);
    assert.equal(lock.acquire(new Call(b), 0), 2);
  });

  it("a recursive one is let go altogether by a wait, and held as often again", async () => {
    const [a, b] = [client(), client()];
    const condition = new ConditionReferent();
    for (let i = 0; i < 3; i++) await condition.acquire(new Call(a), Infinity, false);
    const waiting = condition.wait(new Call(a), Infinity);
    assert.ok(await condition.acquire(new Call(b), 0, false));
    condition.notify(new Call(b), 1);
    condition.release(new Call(b));
    assert.equal(await waiting, true);
    for (let i = 0; i < 3; i++) condition.release(new Call(a));
    assert.equal(condition.locked(), false);
  });

  it("a notification that a dead client has not noted goes to another one", async () => {
    const [a, b, c] = [client(), client(), client()];
    const condition = new ConditionReferent(new LockReferent(false));
    const first = new Call(a);
    const waits: Promise<boolean>[] = [];
    for (const call of [first, new Call(b)]) {
      await condition.acquire(call, Infinity, false);
      waits.push(condition.wait(call, Infinity));
    }
    await condition.acquire(new Call(c), Infinity, false);
    condition.notify(new Call(c), 1);
    await Promise.resolve(); // the first one wants its lock again, which is held
    end(a, first);
    await assert.rejects(waits[0], givenUp);
    condition.release(new Call(c));
    assert.equal(await waits[1], true);
  });
});

describe("Barriers of a server", () => {
  it("the action runs before anybody goes on; who comes meanwhile is of the next round", async () => {
    const log: string[] = [];
    let go = () => {};
    const gate = new Promise<void>((resolve) => go = resolve);
    const barrier = new BarrierReferent(2, async () => {
      log.push("begins");
      await gate;
      log.push("ends");
    });
    const come = (name: string) =>
      barrier.wait(new Call(client()), null).then((index) => log.push(`${name} ${index}`));
    const both = [come("a"), come("b")];
    const next = [come("c"), come("d")];
    go();
    await Promise.all([...both, ...next]);
    assert.deepEqual(log.slice(0, 2), ["begins", "ends"]);
    assert.deepEqual([...log].sort(), [
      "a 0",
      "b 1",
      "begins",
      "begins",
      "c 0",
      "d 1",
      "ends",
      "ends",
    ]);
    const second = log.lastIndexOf("ends");
    assert.ok(log.indexOf("c 0") > second && log.indexOf("d 1") > second, log.join());
  });

  it("breaks when its action throws, and for who waits when one is gone", async () => {
    const broken = new BarrierReferent(2, () => {
      throw new RangeError("no");
    });
    const other = assert.rejects(broken.wait(new Call(client()), null), BrokenBarrierError);
    await assert.rejects(broken.wait(new Call(client()), null), RangeError);
    await other;
    const barrier = new BarrierReferent(3);
    const call = new Call(client());
    const gone = assert.rejects(barrier.wait(call, null), givenUp);
    const left = assert.rejects(barrier.wait(new Call(client()), null), BrokenBarrierError);
    end(call.holder, call);
    await Promise.all([gone, left]);
    assert.equal(barrier.broken(), true);
    barrier.reset();
    assert.equal(barrier.broken(), false);
  });
});

describe("Queues of a server", () => {
  it("a putter that is gone has put nothing, a getter got nothing", async () => {
    const queue = new QueueReferent(1);
    const call = () => new Call(client());
    queue.put(call(), Infinity, "a");
    const [gone, stays] = [call(), call()];
    const lost = assert.rejects(queue.put(gone, Infinity, "lost") as Promise<void>, givenUp);
    const kept = queue.put(stays, Infinity, "b");
    gone.cancel(true);
    await lost;
    assert.equal(queue.get(call(), 0), "a");
    await kept;
    assert.equal(queue.get(call(), 0), "b");
    const getter = call();
    const nothing = assert.rejects(queue.get(getter, Infinity) as Promise<unknown>, givenUp);
    const next = queue.get(call(), Infinity);
    getter.cancel(true);
    queue.put(call(), Infinity, "c");
    assert.equal(await next, "c");
    await nothing;
  });
});
