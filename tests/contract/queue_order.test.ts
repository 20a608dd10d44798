/** Queues: first in, first out; every item once, whoever puts and gets, and in whichever form. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { getContext } from "../../mod.ts";
import { checkAll } from "../fixtures/queue/check.ts";
import type { Numbered } from "../fixtures/queue/check.ts";
import * as work from "../fixtures/queue/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import { FORMS } from "../fixtures/sync/work.ts";

const PUTS = ["put", "putSync", "putNowait"] as const;
const GETS = ["get", "getSync", "getNowait"] as const;

for (const kind of ["Queue", "JoinableQueue", "SimpleQueue"] as const) {
  describeSettings(`${kind}: the order of items`, (setting) => {
    const { objects } = setting;
    const make = () => new objects[kind]<Numbered>();

    it("is the order in which they were put, in every form", async () => {
      const queue = make();
      for (const get of GETS) {
        for (let n = 0; n < 30; n++) await queue[PUTS[n % 3]]([0, n]);
        for (let n = 0; n < 30; n++) assert.deepEqual(await queue[get](), [0, n], get);
        assert.equal(queue.empty(), true);
      }
    });

    for (const form of FORMS) {
      it(`is kept from there to here, and from here to there [${form}]`, async () => {
        const queue = make();
        const done = setting.others.apply(work.produce, [queue, 3, 300, form]);
        checkAll([await work.take(queue, 300, "async")], [3], 300);
        await done;
        const taken = setting.others.apply(work.take<Numbered>, [queue, 300, form]);
        await work.produce(queue, 4, 300, form);
        checkAll([await taken], [4], 300);
        assert.equal(queue.qsize(), 0);
      });
    }
  });
}

describeSettings("Queue: those who wait", (setting) => {
  const { objects } = setting;

  for (const method of ["get", "getSync"] as const) {
    it(`${method}() elsewhere is woken by an item`, async () => {
      for (const put of PUTS) {
        const queue = new objects.Queue<string>();
        const begun = new objects.Event();
        const item = setting.others.apply(work.beginOutcome, [begun, queue, method]);
        await begun.wait();
        await queue[put](put);
        assert.equal(await item, put);
        assert.equal(queue.empty(), true);
      }
    });

    it(`${method}() here is woken by an item from elsewhere`, async () => {
      const queue = new objects.Queue<string>();
      const begun = new objects.Event();
      const put = setting.others.apply(work.beginOutcome, [begun, queue, "putSync", "there"]);
      await begun.wait(); // it has the task: this thread may block
      assert.equal(await queue[method]({ timeout: Infinity }), "there");
      assert.equal(await put, undefined);
    });
  }

  it("get in the order in which they began, in one process", async () => {
    const queue = new objects.Queue<number>();
    const gets = Array.from({ length: 6 }, () => queue.get());
    await setting.others.apply(work.outcome, [queue, "put", 0]);
    for (let n = 1; n < 4; n++) queue.putNowait(n);
    for (let n = 4; n < 6; n++) await queue.put(n);
    assert.deepEqual(await Promise.all(gets), [0, 1, 2, 3, 4, 5]);
  });

  it("get in the order in which they began, some with a timeout or a signal", async () => {
    const queue = new objects.Queue<number>();
    const { signal } = new AbortController();
    const gets = [queue.get(), queue.get({ timeout: 60_000 }), queue.get({ signal }), queue.get()];
    for (let n = 0; n < 4; n++) await setting.others.apply(work.outcome, [queue, "put", n]);
    assert.deepEqual(await Promise.all(gets), [0, 1, 2, 3]);
  });

  it("here and elsewhere get one item each", async () => {
    const queue = new objects.Queue<number>();
    const begun = [new objects.Event(), new objects.Event()];
    const gets = [
      setting.others.apply(work.beginOutcome, [begun[0], queue, "get"]),
      setting.others.apply(work.beginOutcome, [begun[1], queue, "getSync"]),
      queue.get(),
      queue.get(),
    ];
    for (const one of begun) await one.wait();
    for (let n = 0; n < 4; n++) queue.putNowait(n);
    assert.deepEqual((await Promise.all(gets)).toSorted(), [0, 1, 2, 3]);
    assert.equal(queue.empty(), true);
  });

  it("pass items along a chain, from process to process and back", async () => {
    const [first, second, third] = [1, 2, 3].map(() => new objects.Queue<Numbered>());
    const relays = [
      setting.others.apply(work.relay, [first, second, "sync"]),
      setting.others.apply(work.relay, [second, third, "async"]),
    ];
    const taken = work.take(third, 300, "async");
    await work.produce(first, 0, 300, "async");
    checkAll([await taken], [0], 300);
    first.shutdown();
    second.shutdown();
    await Promise.all(relays);
    assert.equal(third.empty(), true);
  });
});

describe("Queue: processes and threads, blocked and not, at once", () => {
  for (const maxSize of [0, 3]) {
    it(`every item comes once, in its producer's order [maxSize ${maxSize}]`, async () => {
      const queue = new (getContext("spawn").Queue)<Numbered>(maxSize);
      const count = 400;
      await using processes = new (getContext("spawn").Pool)(2);
      await using threads = new (getContext("thread").Pool)(2);
      const consumers = [
        processes.apply(work.consume<Numbered>, [queue, "sync"]),
        threads.apply(work.consume<Numbered>, [queue, "async"]),
        work.consume(queue, "async"),
      ];
      const producers = [
        processes.apply(work.produce, [queue, 0, count, "async"]),
        threads.apply(work.produce, [queue, 1, count, "sync"]),
        work.produce(queue, 2, count, "async"),
      ];
      await Promise.all(producers);
      queue.shutdown();
      checkAll(await Promise.all(consumers), [0, 1, 2], count);
    });
  }
});
