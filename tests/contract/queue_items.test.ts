/** What goes into a queue: of every size and kind; what is refused, and what that leaves behind. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { it } from "node:test";
import { partial } from "../../mod.ts";
import type { Queue } from "../../mod.ts";
import { Nosy, Point } from "../fixtures/queue/work.ts";
import * as work from "../fixtures/queue/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import { FORMS } from "../fixtures/sync/work.ts";

describeSettings("Queue items", (setting) => {
  const { objects } = setting;

  it("come as what they were, undefined and zero bytes among them", async () => {
    const queue = new objects.Queue();
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const items = [
      undefined,
      null,
      0,
      -0,
      NaN,
      10n ** 30n,
      "",
      "ünï\ud83d\ude00",
      new Uint8Array(0),
      new ArrayBuffer(0),
      [1, , 3],
      { deep: [new Map([["a", new Set([1])]])] },
      new Date(5),
      circle,
    ];
    for (const item of items) await queue.put(item);
    for (const item of items) assert.deepEqual(await queue.get(), item);
    await queue.put(new RangeError("wrong"));
    const error = await queue.get();
    assert.ok(error instanceof RangeError);
    assert.equal(error.message, "wrong");
    assert.equal(queue.empty(), true);
  });

  for (const length of [0, 1, 3, 1900, 70_000, 3_000_000, 20_000_000]) {
    it(`cross with ${length} bytes, there and back`, async () => {
      const queue = new objects.Queue<Uint8Array>();
      const bytes = work.patternOf(length);
      const measured = setting.others.apply(work.measure, [queue]);
      await queue.put(bytes);
      assert.deepEqual(await measured, work.sizes(bytes));
      const put = setting.others.apply(work.putBytes, [queue, length]);
      const came = await queue.get();
      await put;
      assert.deepEqual(work.sizes(came), work.sizes(bytes));
      assert.equal(Buffer.compare(came, bytes), 0);
    });
  }

  it("of many sizes wait for those who get them, by the thousand", async () => {
    const queue = new objects.Queue<string>();
    const text = (n: number) => `${n} `.repeat(1 + n * 7 % 211);
    for (let n = 0; n < 5000; n++) {
      if (n % 1000 === 999) queue.putNowait("long".repeat(100_000));
      else queue.putNowait(text(n));
    }
    assert.equal(queue.qsize(), 5000);
    const items = await setting.others.apply(work.take<string>, [queue, 2500, "sync"]);
    items.push(...await work.take(queue, 2500, "async"));
    for (const [n, item] of items.entries()) {
      if (n % 1000 === 999) assert.equal(item.length, 400_000);
      else if (item !== text(n)) assert.fail(`item ${n} is ${item.slice(0, 50)}`);
    }
    assert.equal(queue.empty(), true);
  });

  it("lie in a long queue that is read all the time, and keep their bytes", () => {
    // The queue is nearly as large as its memory, which is used round and round.
    const queue = new objects.Queue<Uint8Array>(66);
    let [first, next] = [0, 0];
    const bytes = new Uint8Array(500_000);
    while (next < 66) queue.putNowait(bytes.fill(++next));
    while (next < 200) {
      const came = queue.getNowait();
      const wrong = came.indexOf(0);
      assert.equal(wrong, -1, `item ${first} is zero from byte ${wrong}`);
      assert.equal(came[0], ++first & 255);
      assert.ok(came.every((byte) => byte === (first & 255)), `item ${first}`);
      queue.putNowait(bytes.fill(++next & 255));
    }
    assert.equal(queue.qsize(), 66);
  });

  it("are written down when put() is called", async () => {
    const queue = new objects.Queue<number[]>(1);
    const item = [1];
    const puts = [queue.put(item)];
    item[0] = 2;
    puts.push(queue.put(item)); // waits
    item[0] = 3;
    assert.deepEqual(await queue.get(), [1]);
    assert.deepEqual(await queue.get(), [2]);
    await Promise.all(puts);
  });

  it("that are long are written down as well, though they wait", async () => {
    const queue = new objects.Queue<Uint8Array>(1);
    const bytes = new Uint8Array(200_000);
    const puts = [1, 2, 3, 4, 5].map((n) => queue.put(bytes.fill(n)));
    bytes.fill(9);
    const items = [];
    for (let n = 1; n <= 5; n++) items.push(await queue.get());
    for (const [i, item] of items.entries()) {
      assert.ok(item.every((byte) => byte === i + 1), `item ${i} begins with ${item[0]}`);
    }
    await Promise.all(puts);
  });

  it("may be a hundred megabytes at once, if there is no limit", () => {
    const queue = new objects.Queue<Uint8Array>();
    const bytes = new Uint8Array(2_000_000);
    for (let n = 1; n <= 50; n++) queue.putNowait(bytes.fill(n));
    assert.equal(queue.qsize(), 50);
    for (let n = 1; n <= 50; n++) {
      const item = queue.getNowait();
      assert.ok(item.length === bytes.length && item[0] === n && item.at(-1) === n);
    }
  });

  it("that cannot travel are refused by put(), which says where the trouble is", async () => {
    const queue = new objects.Queue<unknown>();
    queue.putNowait("before");
    const wrong = { list: [1, { inner: new WeakMap() }] };
    const refusal = { name: "SerializationError", message: /item\.list\[1\]\.inner/ };
    await assert.rejects(queue.put(wrong), refusal);
    assert.throws(() => queue.putSync(wrong), refusal);
    assert.throws(() => queue.putNowait(wrong), refusal);
    await assert.rejects(queue.put(() => 1), { message: /item/ });
    queue.putNowait("after");
    assert.equal(queue.qsize(), 2);
    assert.deepEqual(await work.take(queue, 2, "async"), ["before", "after"]);
  });

  it("whose getter throws are refused with that, and the queue goes on", async () => {
    const queue = new objects.Queue<unknown>();
    const failure = new Error("in the getter");
    const item = {
      get a(): number {
        throw failure;
      },
    };
    const refusal = { name: "SerializationError", cause: failure };
    await assert.rejects(queue.put(item), { ...refusal, path: "item.a" });
    assert.throws(() => queue.putNowait([item]), { ...refusal, path: "item[0].a" });
    assert.equal(queue.empty(), true);
    await queue.put("fine");
    assert.equal(await queue.get(), "fine");
  });

  it("give the buffers of transfer away", async () => {
    const queue = new objects.Queue<Uint8Array>();
    for (const method of ["put", "putSync"] as const) {
      const bytes = work.patternOf(100_000);
      const expected = work.sizes(bytes);
      await queue[method](bytes, { transfer: [bytes.buffer as ArrayBuffer] });
      assert.equal(bytes.length, 0, method);
      assert.deepEqual(work.sizes(await queue.get()), expected);
    }
    const kept = work.patternOf(1000);
    await queue.put(kept);
    assert.equal(kept.length, 1000);
    const refused = { transfer: ["no buffer"] as unknown as ArrayBuffer[] };
    await assert.rejects(queue.put(kept, refused), {
      name: "SerializationError",
      message: /transfer\[0\]/,
    });
    assert.equal(queue.qsize(), 1);
  });

  it("may be instances of registered classes", async () => {
    const queue = new objects.Queue<Point>();
    await setting.others.apply(work.outcome, [queue, "put", new Point(3, 4)]);
    const point = await queue.get();
    assert.ok(point instanceof Point);
    assert.equal(point.length, 5);
  });

  it("may be read by code that gets from another queue", () => {
    const [queue, other] = [new objects.Queue(), new objects.Queue<string>()];
    Nosy.source = other;
    other.putNowait("other ".repeat(100));
    const text = "text ".repeat(100);
    queue.putNowait(["before", new Nosy(""), text]);
    const [before, nosy, after] = queue.getNowait() as [string, Nosy, string];
    assert.equal(before, "before");
    assert.equal(nosy.found, "other ".repeat(100));
    assert.equal(after, text);
  });

  for (const form of FORMS) {
    it(`may be functions and partials [${form}]`, async () => {
      const calls = new objects.Queue<(x: number) => unknown>();
      const results = new objects.Queue<number>();
      const done = setting.others.apply(work.callEach, [calls, results]);
      const items = [work.double, partial(Math.max, 7, 30)];
      for (const item of items) {
        if (form === "sync") calls.putSync(item);
        else await calls.put(item);
      }
      assert.equal(await results.get(), 40);
      assert.equal(await results.get(), 30);
      calls.shutdown();
      await done;
    });
  }
});

interface Late {
  late: (word: string) => string;
  bound: () => string;
}

// This program imports the module with the first of these items: from then on it has it.
let refusals = 0;
describeSettings("Queue items with functions that are not here yet", (setting) => {
  it("import their module when they are got; blocked threads leave them to others", async () => {
    const queue: Queue<Late | string> = new setting.objects.Queue();
    await setting.others.apply(work.putLate, [queue]);
    queue.putNowait("next");
    let item: Late | string;
    try {
      item = queue.getSync();
    } catch (error) {
      refusals++;
      assert.equal((error as Error).name, "ProcessError");
      assert.match((error as Error).message, /late\.ts/);
      for (const get of ["getSync", "getNowait"] as const) {
        assert.throws(() => queue[get](), { name: "ProcessError", message: /late\.ts/ });
      }
      item = await queue.get(); // it was kept
    }
    assert.equal(refusals, 1, "with the first item only");
    assert.equal((item as Late).late("word"), "late word");
    assert.equal((item as Late).bound(), "late partial");
    assert.equal(await queue.get(), "next");
    assert.equal(queue.empty(), true);
  });
});
