/** Queues that are full or empty: time-outs, signals, and who goes on when there is room. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { QueueEmpty, QueueFull } from "../../mod.ts";
import * as work from "../fixtures/queue/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import * as sync from "../fixtures/sync/work.ts";

const AT_ONCE = [0, -1, -Infinity];
const SOON = [1, 0.5, 30];

describeSettings("Queue: sizes", (setting) => {
  const { objects } = setting;

  it("maxSize is a whole number; 0 or less is no limit", async () => {
    for (const wrong of [NaN, 0.5, Infinity, -Infinity, 2 ** 31, 2 ** 40, "2", null]) {
      assert.throws(() => new objects.Queue(wrong as number), {
        name: "RangeError",
        message: new RegExp(`${wrong}.*whole number`),
      });
      assert.throws(() => new objects.JoinableQueue(wrong as number), { name: "RangeError" });
    }
    for (const none of [undefined, 0, -1, -(2 ** 40)]) {
      const queue = new objects.Queue<number>(none);
      for (let n = 0; n < 100; n++) queue.putNowait(n);
      assert.equal(queue.full(), false);
      assert.equal(queue.qsize(), 100);
      assert.equal((await work.take(queue, 100, "sync")).at(-1), 99);
    }
    const large = new objects.Queue<number>(2 ** 31 - 1);
    large.putNowait(1);
    assert.equal(large.full(), false);
  });

  it("qsize(), empty() and full() say what is in it, here and elsewhere", async () => {
    const queue = new objects.Queue<number>(3);
    const look = () => [queue.qsize(), queue.empty(), queue.full()];
    const lookThere = () =>
      Promise.all(
        ["qsize", "empty", "full"].map((name) => setting.others.apply(sync.call, [queue, name])),
      );
    for (const [size, empty, full] of [[0, true, false], [1, false, false], [2, false, false]]) {
      assert.deepEqual(look(), [size, empty, full]);
      assert.deepEqual(await lookThere(), [size, empty, full]);
      queue.putNowait(1);
    }
    assert.deepEqual(look(), [3, false, true]);
    assert.deepEqual(await lookThere(), [3, false, true]);
    await setting.others.apply(sync.call, [queue, "get"]);
    assert.deepEqual(look(), [2, false, false]);
  });
});

describeSettings("Queue: time-outs", (setting) => {
  const { objects } = setting;
  const fullOne = () => {
    const queue = new objects.Queue<string>(1);
    queue.putNowait("first");
    return queue;
  };

  it("a put into a full queue fails with QueueFull, and puts nothing", async () => {
    const queue = fullOne();
    for (const timeout of [...AT_ONCE, ...SOON]) {
      await assert.rejects(queue.put("late", { timeout }), QueueFull);
      assert.throws(() => queue.putSync("late", { timeout }), QueueFull);
      for (const method of ["put", "putSync"]) {
        const there = setting.others.apply(work.outcome, [queue, method, "late", { timeout }]);
        assert.equal(await there, "QueueFull");
      }
    }
    assert.throws(() => queue.putNowait("late"), { name: "QueueFull", message: /no room/ });
    assert.equal(await setting.others.apply(work.outcome, [queue, "putNowait", "x"]), "QueueFull");
    assert.equal(queue.getNowait(), "first");
    assert.equal(queue.qsize(), 0);
    await assert.rejects(queue.get({ timeout: 0 }), QueueEmpty);
  });

  it("a get from an empty queue fails with QueueEmpty, and gets nothing", async () => {
    const queue = new objects.Queue<string>();
    for (const timeout of [...AT_ONCE, ...SOON]) {
      await assert.rejects(queue.get({ timeout }), QueueEmpty);
      assert.throws(() => queue.getSync({ timeout }), QueueEmpty);
      for (const method of ["get", "getSync"]) {
        const there = setting.others.apply(work.outcome, [queue, method, { timeout }]);
        assert.equal(await there, "QueueEmpty");
      }
    }
    assert.throws(() => queue.getNowait(), { name: "QueueEmpty" });
    assert.equal(await setting.others.apply(work.outcome, [queue, "getNowait"]), "QueueEmpty");
    queue.putNowait("later"); // nobody has stayed in line
    assert.equal(await queue.get({ timeout: 0 }), "later");
  });

  it("an attempt succeeds at once where it can, whatever the timeout", async () => {
    const queue = new objects.Queue<number>(2);
    for (const timeout of [...AT_ONCE, ...SOON, Infinity, undefined]) {
      await queue.put(1, { timeout });
      queue.putSync(2, { timeout });
      assert.equal(await queue.get({ timeout }), 1);
      assert.equal(queue.getSync({ timeout }), 2);
    }
    assert.equal(queue.qsize(), 0);
  });

  it("a queue without maxSize has room, however full it is and whatever the timeout", async () => {
    const queue = new objects.Queue<Uint8Array>();
    const [item, count] = [new Uint8Array(60_000), 300]; // more than rings that grow at once
    for (let n = 0; n < count; n++) await queue.put(item);
    for (const timeout of [...AT_ONCE, ...SOON]) {
      for (const _ of Array(count)) await queue.put(item, { timeout });
      for (const _ of Array(count)) queue.putSync(item, { timeout });
      const waits = queue.put(item);
      queue.putSync(item, { timeout });
      await waits;
      for (let n = 0; n < 2 * count + 2; n++) queue.getNowait();
    }
    assert.equal(queue.qsize(), count);
  });

  it("a timeout that is no number is refused, and nothing happens", async () => {
    const queue = new objects.Queue<string>();
    queue.putNowait("kept");
    for (const method of ["get", "getSync", "put", "putSync"] as const) {
      const ask = async (timeout: unknown) => {
        const options = { timeout: timeout as number };
        if (method === "get" || method === "getSync") await queue[method](options);
        else await queue[method]("never", options);
      };
      await assert.rejects(ask(NaN), { name: "RangeError", message: /NaN/ });
      for (const wrong of ["5", null, {}, 5n]) {
        await assert.rejects(ask(wrong), { name: "TypeError" });
      }
    }
    assert.equal(queue.qsize(), 1);
    assert.equal(queue.getNowait(), "kept");
  });
});

describeSettings("Queue: signals", (setting) => {
  const { objects } = setting;
  const reason = new Error("changed my mind");
  const is = (error: unknown) => error === reason;

  it("that have aborted before end a call at once, and nothing happens", async () => {
    const queue = new objects.Queue<string>();
    queue.putNowait("kept");
    const signal = AbortSignal.abort(reason);
    await assert.rejects(queue.get({ signal }), is);
    assert.throws(() => queue.getSync({ signal }), is);
    await assert.rejects(queue.put("never", { signal }), is);
    assert.throws(() => queue.putSync("never", { signal }), is);
    assert.equal(queue.qsize(), 1);
    assert.equal(queue.getNowait(), "kept");
  });

  it("end a get that waits, which swallows nothing", async () => {
    const queue = new objects.Queue<string>();
    const controller = new AbortController();
    const { signal } = controller;
    const gets = [queue.get({ signal }), queue.get(), queue.get({ signal })];
    const ends = Promise.allSettled(gets);
    controller.abort(reason);
    await assert.rejects(gets[0], is);
    await setting.others.apply(work.outcome, [queue, "put", "one"]);
    assert.deepEqual(
      (await ends).map((end) => end.status === "fulfilled" ? end.value : end.reason),
      [
        reason,
        "one",
        reason,
      ],
    );
    queue.putNowait("two");
    assert.equal(await queue.get({ timeout: 0 }), "two");
  });

  it("that abort when an item comes: the get has it, or it is still there", async () => {
    const queue = new objects.Queue<number>();
    for (let n = 0; n < 40; n++) {
      const controller = new AbortController();
      const get = Promise.allSettled([queue.get({ signal: controller.signal })]);
      const put = n % 2 === 0
        ? setting.others.apply(work.outcome, [queue, "put", n])
        : queue.put(n);
      if (n % 4 < 2) await put;
      controller.abort(reason);
      await put;
      const [end] = await get;
      if (end.status === "rejected") assert.equal(end.reason, reason);
      const item = end.status === "fulfilled" ? end.value : queue.getNowait();
      assert.equal(item, n);
      assert.equal(queue.qsize(), 0);
    }
  });

  it("end a put that waits, which is not delivered later", async () => {
    const queue = new objects.Queue<string>(1);
    queue.putNowait("first");
    const controller = new AbortController();
    const { signal } = controller;
    const puts = [queue.put("never", { signal }), queue.put("second"), queue.put("no", { signal })];
    const ends = Promise.allSettled(puts);
    controller.abort(reason);
    await assert.rejects(puts[0], is);
    assert.equal(queue.getNowait(), "first");
    assert.deepEqual((await ends).map(({ status }) => status), [
      "rejected",
      "fulfilled",
      "rejected",
    ]);
    assert.equal(await queue.get(), "second");
    assert.equal(queue.qsize(), 0);
    await assert.rejects(queue.get({ timeout: 20 }), QueueEmpty);
  });
});

describeSettings("Queue: back-pressure", (setting) => {
  const { objects } = setting;

  for (const method of ["put", "putSync"] as const) {
    it(`${method}() elsewhere waits for room, and goes on when an item is got`, async () => {
      for (const get of ["get", "getSync", "getNowait"] as const) {
        const queue = new objects.Queue<string>(1);
        queue.putNowait("first");
        const begun = new objects.Event();
        const put = setting.others.apply(work.beginOutcome, [begun, queue, method, "second"]);
        await begun.wait();
        assert.equal(queue.qsize(), 1);
        assert.equal(await queue[get](), "first");
        assert.equal(await put, undefined);
        assert.equal(await queue.get(), "second");
      }
    });
  }

  it("puts of one process that wait are served in their order", async () => {
    const queue = new objects.Queue<number>(2);
    const settled: number[] = [];
    const puts = [0, 1, 2, 3, 4, 5, 6].map((n) => queue.put(n).then(() => settled.push(n)));
    assert.equal(queue.qsize(), 2);
    for (let n = 0; n < 7; n++) {
      assert.equal(await setting.others.apply(work.outcome, [queue, "get"]), n);
    }
    await Promise.all(puts);
    assert.deepEqual(settled, [0, 1, 2, 3, 4, 5, 6]);
  });

  it("one get lets exactly one go on", async () => {
    const queue = new objects.Queue<string>(1);
    queue.putNowait("first");
    const begun = new objects.Event();
    let done = 0;
    const puts = [
      setting.others.apply(work.beginOutcome, [begun, queue, "put", "there"]),
      queue.put("here"),
      queue.put("here too"),
    ].map((put) => put.then(() => done++));
    await begun.wait();
    const items: unknown[] = [];
    for (let gets = 1; gets <= 3; gets++) {
      items.push(await queue.get());
      assert.ok(done <= gets, `${done} went on after ${gets} gets`);
      assert.ok(queue.qsize() <= 1);
    }
    items.push(await queue.get());
    await Promise.all(puts);
    assert.deepEqual(items.toSorted(), ["first", "here", "here too", "there"]);
    assert.equal(queue.empty(), true);
  });

  it("a queue never holds more than maxSize items", async () => {
    const queue = new objects.Queue<[number, number]>(2);
    const producers = [
      setting.others.apply(work.produce, [queue, 0, 100, "sync"]),
      setting.others.apply(work.produce, [queue, 1, 100, "async"]),
    ];
    let most = 0;
    for (let taken = 0; taken < 200; taken++) {
      most = Math.max(most, queue.qsize());
      await queue.get();
    }
    await Promise.all(producers);
    assert.ok(most <= 2, `${most} items`);
    assert.equal(queue.qsize(), 0);
  });
});
