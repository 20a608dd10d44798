/** How queues end: shutdown for everybody, close for one object; and when all the work is done. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { QueueEmpty, QueueShutDown } from "../../mod.ts";
import * as work from "../fixtures/queue/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import * as sync from "../fixtures/sync/work.ts";

describeSettings("Queue.shutdown()", (setting) => {
  const { objects } = setting;

  it("ends the waits of getters, here and elsewhere", async () => {
    const queue = new objects.Queue<string>();
    const begun = [new objects.Event(), new objects.Event()];
    const gets = [
      setting.others.apply(work.beginOutcome, [begun[0], queue, "get"]),
      setting.others.apply(work.beginOutcome, [begun[1], queue, "getSync"]),
      work.outcome(queue, "get"),
      work.outcome(queue, "get", { timeout: 60_000 }),
    ];
    for (const one of begun) await one.wait();
    queue.shutdown();
    assert.deepEqual(await Promise.all(gets), Array(4).fill("QueueShutDown"));
  });

  it("ends the waits of putters, here and elsewhere, and keeps what is in", async () => {
    const queue = new objects.Queue<string>(1);
    queue.putNowait("in");
    const begun = [new objects.Event(), new objects.Event()];
    const puts = [
      setting.others.apply(work.beginOutcome, [begun[0], queue, "put", "out"]),
      setting.others.apply(work.beginOutcome, [begun[1], queue, "putSync", "out"]),
      work.outcome(queue, "put", "out"),
      work.outcome(queue, "put", "out", { timeout: 60_000 }),
    ];
    for (const one of begun) await one.wait();
    queue.shutdown();
    assert.deepEqual(await Promise.all(puts), Array(4).fill("QueueShutDown"));
    assert.equal(queue.qsize(), 1);
    assert.equal(await queue.get(), "in");
    await assert.rejects(queue.get(), QueueShutDown);
  });

  it("called elsewhere ends waits here", async () => {
    const [empty, full] = [new objects.Queue<number>(), new objects.Queue<number>(1)];
    full.putNowait(1);
    const ends = [work.outcome(empty, "get"), work.outcome(full, "put", 2)];
    await setting.others.apply(sync.call, [empty, "shutdown"]);
    await setting.others.apply(sync.call, [full, "shutdown"]);
    assert.deepEqual(await Promise.all(ends), ["QueueShutDown", "QueueShutDown"]);
  });

  it("lets nothing in, and what is in out, in every form; twice is as once", async () => {
    const queue = new objects.Queue<number>();
    for (let n = 0; n < 6; n++) queue.putNowait(n);
    queue.shutdown();
    queue.shutdown();
    await setting.others.apply(sync.call, [queue, "shutdown"]);
    for (const method of ["put", "putSync", "putNowait"]) {
      assert.equal(await work.outcome(queue, method, 7), "QueueShutDown");
      assert.equal(await setting.others.apply(work.outcome, [queue, method, 7]), "QueueShutDown");
    }
    assert.equal(await work.outcome(queue, "put", 7, { timeout: 0 }), "QueueShutDown");
    assert.equal(queue.qsize(), 6);
    const gets = ["get", "getSync", "getNowait"];
    for (const [n, method] of [...gets, ...gets].entries()) {
      const got = n % 2 === 0
        ? await work.outcome(queue, method)
        : await setting.others.apply(work.outcome, [queue, method]);
      assert.equal(got, n);
    }
    for (const method of gets) {
      assert.equal(await work.outcome(queue, method), "QueueShutDown");
      assert.equal(await setting.others.apply(work.outcome, [queue, method]), "QueueShutDown");
    }
    assert.equal(await work.outcome(queue, "get", { timeout: 0 }), "QueueShutDown");
    assert.equal(queue.empty(), true);
  });

  it("ends loops after the last item", async () => {
    const queue = new objects.Queue<number>();
    const there = setting.others.apply(work.consume<number>, [queue, "async"]);
    const here = work.consume(queue, "async");
    for (let n = 0; n < 100; n++) await queue.put(n);
    queue.shutdown();
    const all = [...await there, ...await here];
    assert.deepEqual(all.toSorted((a, b) => a - b), Array.from({ length: 100 }, (_, n) => n));
    for await (const item of queue) assert.fail(`a loop that begins late got ${item}`);
  });

  it("leaves a loop that ends early nothing to lose", async () => {
    const queue = new objects.Queue<number>();
    for (let n = 0; n < 4; n++) queue.putNowait(n);
    for await (const n of queue) if (n === 1) break;
    assert.equal(queue.getNowait(), 2);
    assert.equal(queue.qsize(), 1);
  });
});

describeSettings("Queue.close()", (setting) => {
  const { objects } = setting;
  const refused = { name: "ProcessError", message: /closed/ };

  it("ends the use of this object only", async () => {
    const queue = new objects.Queue<string>();
    const back = (await setting.others.apply(sync.echo, [queue])) as typeof queue;
    queue.putNowait("one");
    queue.close();
    queue.close();
    await assert.rejects(queue.put("never"), refused);
    assert.throws(() => queue.putSync("never"), refused);
    assert.throws(() => queue.putNowait("never"), refused);
    await assert.rejects(queue.get(), refused);
    assert.throws(() => queue.getSync(), refused);
    assert.throws(() => queue.getNowait(), refused);
    await assert.rejects(work.consume(queue, "async"), refused);
    assert.equal(await setting.others.apply(work.outcome, [back, "get"]), "one");
    await setting.others.apply(work.outcome, [back, "put", "two"]);
    assert.equal(await back.get(), "two");
    await assert.rejects(back.get({ timeout: 0 }), QueueEmpty);
  });

  it("comes by itself at the end of a block", async () => {
    let used;
    {
      using queue = new objects.Queue<number>();
      await queue.put(1);
      assert.equal(await queue.get(), 1);
      used = queue;
    }
    await assert.rejects(used.get(), refused);
  });

  it("leaves a wait that has begun alone", async () => {
    const queue = new objects.Queue<string>();
    const back = (await setting.others.apply(sync.echo, [queue])) as typeof queue;
    const get = queue.get();
    queue.close();
    await back.put("late");
    assert.equal(await get, "late");
  });
});

describeSettings("JoinableQueue", (setting) => {
  const { objects } = setting;
  const tooMany = { name: "ProcessError", message: /taskDone/ };

  it("join() waits until the work of every item is done, here or elsewhere", async () => {
    const queue = new objects.JoinableQueue<number>();
    const sum = new objects.RawValue("int32");
    assert.equal(await queue.join(), true); // nothing was put
    assert.equal(queue.joinSync(), true);
    for (let n = 1; n <= 100; n++) queue.putNowait(n);
    assert.equal(await queue.join({ timeout: 0 }), false);
    const begun = new objects.Event();
    const joined = setting.others.apply(work.beginOutcome, [begun, queue, "join"]);
    await begun.wait();
    const works = setting.others.apply(work.workOff, [queue, sum]);
    assert.equal(await queue.join(), true);
    assert.equal(sum.value, 5050);
    assert.equal(await joined, true);
    await queue.put(5); // and once more
    assert.equal(await queue.join({ timeout: 60_000 }), true);
    assert.equal(sum.value, 5055);
    queue.shutdown();
    await works;
  });

  it("joinSync() blocks until then", async () => {
    const queue = new objects.JoinableQueue<number>();
    queue.putNowait(1);
    const begun = new objects.Event();
    const joined = setting.others.apply(work.beginOutcome, [begun, queue, "joinSync"]);
    await begun.wait();
    assert.equal(await queue.get(), 1);
    queue.taskDone();
    assert.equal(await joined, true);
  });

  it("an item that was got is not done yet", async () => {
    const queue = new objects.JoinableQueue<number>();
    for (let n = 0; n < 2; n++) queue.putNowait(n);
    for (const timeout of [0, -1, 1, 20]) {
      assert.equal(await queue.join({ timeout }), false);
      assert.equal(queue.joinSync({ timeout }), false);
    }
    await work.take(queue, 2, "async");
    assert.equal(queue.empty(), true);
    assert.equal(await queue.join({ timeout: 0 }), false);
    queue.taskDone();
    assert.equal(await queue.join({ timeout: 10 }), false);
    await setting.others.apply(sync.call, [queue, "taskDone"]);
    assert.equal(await queue.join({ timeout: 0 }), true);
  });

  it("taskDone() is refused more often than there were items", async () => {
    const queue = new objects.JoinableQueue<number>();
    assert.throws(() => queue.taskDone(), tooMany);
    queue.putNowait(1);
    queue.taskDone();
    assert.throws(() => queue.taskDone(), tooMany);
    const there = setting.others.apply(work.outcome, [queue, "taskDone"]);
    assert.equal(await there, "ProcessError");
    assert.equal(await queue.join({ timeout: 0 }), true);
  });

  it("join() refuses what is no timeout, and ends with a signal", async () => {
    const queue = new objects.JoinableQueue<number>();
    queue.putNowait(1);
    await assert.rejects(queue.join({ timeout: NaN }), { name: "RangeError" });
    assert.throws(() => queue.joinSync({ timeout: NaN }), { name: "RangeError" });
    await assert.rejects(queue.join({ timeout: "5" as never }), { name: "TypeError" });
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    const join = assert.rejects(
      queue.join({ signal: controller.signal }),
      (error) => error === reason,
    );
    controller.abort(reason);
    await join;
  });

  it("put() that fails adds no work", async () => {
    const queue = new objects.JoinableQueue<unknown>(1);
    queue.putNowait(1);
    await assert.rejects(queue.put(2, { timeout: 0 }), { name: "QueueFull" });
    await assert.rejects(queue.put(new WeakMap()), { name: "SerializationError" });
    queue.taskDone();
    assert.equal(await queue.join({ timeout: 0 }), true);
  });
});
