/** How queues cross: in arguments, results, items of other queues; and what comes in items. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext, JoinableQueue, partial, Queue, SimpleQueue } from "../../mod.ts";
import * as work from "../fixtures/queue/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import * as sync from "../fixtures/sync/work.ts";

// What comes in items is made in the spawn context, whichever one the queue is of.
const spawn = getContext("spawn");

describeSettings("Queues travel", (setting) => {
  const { objects, children } = setting;

  it("in the arguments of a process, and in partial()", async () => {
    const queue = new objects.Queue<string>();
    for (const target of [work.outcome, partial(work.outcome, queue, "put", "bound")]) {
      const args = target === work.outcome ? [queue, "putSync", "argument"] : [];
      const child = new children.Process({
        target: target as typeof work.outcome,
        args: args as never,
      });
      child.start();
      assert.equal(await queue.get(), target === work.outcome ? "argument" : "bound");
      assert.equal(await child.join(), 0);
    }
  });

  it("in tasks of a pool, and back again in results", async () => {
    const all = [new objects.Queue(), new objects.JoinableQueue(), new objects.SimpleQueue()];
    const back = await setting.others.apply(sync.echo, [all]) as typeof all;
    for (const [i, Class] of [Queue, JoinableQueue, SimpleQueue].entries()) {
      assert.ok(back[i] instanceof Class);
      assert.equal(back[i].constructor.name, Class.name);
      back[i].putNowait(i);
      assert.equal(await all[i].get(), i);
    }
  });

  it("in the items of a map", async () => {
    const queues = [1, 2, 3, 4].map(() => new objects.Queue());
    await setting.others.starmap(work.outcome, queues.map((queue) => [queue, "put", "mapped"]));
    assert.deepEqual(queues.map((queue) => queue.getNowait()), Array(4).fill("mapped"));
  });

  it("in the arguments of a pool's initializer", async () => {
    const queue = new objects.Queue<string>();
    await using pool = new children.Pool({
      processes: 1,
      initializer: work.keep,
      initArgs: [queue],
    });
    await pool.apply(work.putKept, ["kept"]);
    assert.equal(queue.getNowait(), "kept");
  });

  it("from child to grandchild, and to a thread in the child", async () => {
    const queue = new objects.Queue<string>();
    const methods = objects.method === "thread" ? ["thread"] : [children.method, "thread"];
    for (const method of methods as ("spawn" | "thread")[]) {
      const child = new children.Process({ target: work.handOn, args: [method, queue] });
      child.start();
      assert.equal(await queue.get(), "grandchild");
      assert.equal(await child.join(), 0);
    }
    assert.equal(queue.empty(), true);
  });

  it("with their limit, from the child that made them", async () => {
    // Whoever made it lives on while it is used.
    const queue = await setting.others.apply(work.makeQueue, [objects.method, 2]);
    await queue.put("second");
    assert.equal(queue.full(), true);
    await assert.rejects(queue.put("third", { timeout: 0 }), { name: "QueueFull" });
    assert.equal(await queue.get(), "made elsewhere");
    assert.equal(await setting.others.apply(work.outcome, [queue, "get"]), "second");
    assert.equal(queue.empty(), true);
  });

  it("in each other: an answer comes into the queue that came with the request", async () => {
    const requests = new objects.Queue<{ x: number; answer: Queue<number> }>();
    const serving = setting.others.apply(work.serve, [requests]);
    for (let x = 1; x <= 5; x++) {
      const answer = new spawn.Queue<number>();
      await requests.put({ x, answer });
      assert.equal(await answer.get(), x * x);
    }
    requests.shutdown();
    await serving;
  });

  it("in themselves", async () => {
    const queue = new spawn.Queue<unknown>();
    await queue.put(queue);
    const same = await queue.get() as Queue;
    await same.put("through itself");
    assert.equal(await queue.get(), "through itself");
  });

  it("and bring locks, events and queues, which are used afterwards", async () => {
    const queue = new objects.Queue();
    const lock = new spawn.Lock();
    const [event, inner] = [new spawn.Event(), new spawn.Queue()];
    lock.acquireSync();
    const used = setting.others.apply(work.useParts, [queue as never]);
    await queue.put({ lock, event, inner });
    assert.equal(await event.wait(), true);
    assert.equal(lock.locked(), false);
    assert.equal(await inner.get(), "from inside");
    await used;
  });

  it("keep what is in an item alive until it is got", async () => {
    const queue = new objects.Queue<Queue<number>>();
    for (let n = 0; n < 50; n++) {
      const inner = new spawn.Queue<number>();
      inner.putNowait(n); // nobody here refers to it afterwards
      await queue.put(inner);
    }
    for (let n = 0; n < 50; n++) {
      const inner = await queue.get();
      assert.equal(inner.getNowait(), n);
      assert.equal(await setting.others.apply(work.outcome, [inner, "put", -n]), undefined);
      assert.equal(inner.getNowait(), -n);
    }
  });
});

describeSettings("A queue of the spawn context", (setting) => {
  it("refuses items that live in this process only", async () => {
    const queue = new spawn.Queue<unknown>();
    const item = { lock: new (getContext("thread").Lock)() };
    await assert.rejects(queue.put(item), { name: "SerializationError", message: /item\.lock/ });
    assert.equal(queue.empty(), true);
    await setting.others.apply(work.outcome, [queue, "put", "fine"]);
    assert.equal(await queue.get(), "fine");
  });
});
