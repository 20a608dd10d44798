/** Those who put and get end, or are killed: what had been put is there, and the others go on. */

import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { QueueEmpty } from "../../mod.ts";
import type { Process, Queue } from "../../mod.ts";
import { whyNoPages } from "../../src/runtime/pages.ts";
import { checkAll, checkOrder } from "../fixtures/queue/check.ts";
import type { Numbered } from "../fixtures/queue/check.ts";
import * as work from "../fixtures/queue/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import * as sync from "../fixtures/sync/work.ts";
import { waitFor } from "../support/alive.ts";
import { RUNTIME } from "../support/runtime.ts";

const MAPS_PAGES = whyNoPages() === null;

/** Kills a process with SIGKILL, a thread as threads are killed. */
async function kill(child: Process, method: string): Promise<void> {
  if (method === "spawn") process.kill(child.pid!, "SIGKILL");
  else child.kill();
  await child.join();
}

/** Why a child of this kind can only be killed while it rests; `false` where it need not. */
function cannotStop(method: string): string | false {
  return method === "thread" && RUNTIME === "deno" && "Deno cannot stop a busy thread";
}

/** Everything that is in a queue. */
function drain<T>(queue: Queue<T>): T[] {
  const items: T[] = [];
  for (;;) {
    try {
      items.push(queue.getNowait());
    } catch (error) {
      assert.ok(error instanceof QueueEmpty, String(error));
      return items;
    }
  }
}

describeSettings("Queue: its producer ends", (setting) => {
  const { objects, children } = setting;

  for (const how of ["return", "exit", "throw", "kill"]) {
    for (const form of sync.FORMS) {
      it(`what it had put is there after ${how} [${form}]`, async () => {
        const queue = new objects.Queue<Numbered>();
        const done = new objects.Event();
        const child = new children.Process({
          target: work.putAndEnd,
          args: [queue, 1500, done, how, form], // more than fits before the queue grows
          stderr: "null",
        });
        child.start();
        if (how === "kill") {
          await done.wait();
          await kill(child, children.method);
        } else {
          const code = await child.join();
          assert.equal(code === 0, how !== "throw", `code ${code}`);
        }
        assert.equal(queue.qsize(), 1500);
        const there = setting.others.apply(work.take<Numbered>, [queue, 700, form]);
        checkAll([await there, await work.take(queue, 800, form)], [0], 1500);
        assert.equal(queue.empty(), true);
      });
    }
  }

  it("a large item that nobody gets does not keep its producer", async () => {
    const queue = new objects.Queue<Uint8Array>();
    const child = new children.Process({ target: work.putBytes, args: [queue, 3_000_000] });
    child.start();
    assert.equal(await child.join(), 0);
    assert.deepEqual(work.sizes(queue.getNowait()), work.sizes(work.patternOf(3_000_000)));
  });

  for (const form of sync.FORMS) {
    for (const maxSize of [0, 4]) {
      it(`killed while it puts: no item is lost [${form}, maxSize ${maxSize}]`, {
        skip: (form === "sync" || maxSize === 0) && cannotStop(children.method),
      }, async () => {
        const queue = new objects.Queue<Numbered>(maxSize);
        const confirmed = new objects.RawValue("int32");
        const child = new children.Process({
          target: work.produceForEver,
          args: [queue, 0, confirmed, form],
        });
        child.start();
        let items: Numbered[] = [];
        if (maxSize > 0) items = await work.take(queue, 200, "async");
        else await waitFor(() => confirmed.value > 200);
        if (cannotStop(children.method)) await waitFor(() => queue.full()); // it rests
        await kill(child, children.method);
        const count = confirmed.value;
        items = items.concat(drain(queue));
        const all = items.length;
        assert.ok(all === count || all === count + 1, `${count} confirmed, ${all} came`);
        checkAll([items], [0], all);
        assert.equal(queue.qsize(), 0);
        await Promise.all([
          setting.others.apply(work.produce, [queue, 1, 50, form]),
          setting.others.apply(work.take<Numbered>, [queue, 50, "async"]).then((items) =>
            checkAll([items], [1], 50)
          ),
        ]);
        assert.equal(queue.empty(), true);
      });
    }
  }

  const isMapped = children.method === "thread" || MAPS_PAGES;
  const fate = isMapped ? "its item is not delivered" : "its broker may have its item already";
  it(`killed while it waits for room: ${fate}`, async () => {
    const queue = new objects.Queue<string>(1);
    queue.putNowait("first");
    const begun = new objects.Event();
    const child = new children.Process({
      target: work.beginOutcome,
      args: [begun, queue, "put", "never"],
    });
    child.start();
    await begun.wait();
    await kill(child, children.method);
    const put = queue.put("second");
    assert.equal(queue.getNowait(), "first");
    const items = [];
    while (items.at(-1) !== "second") items.push(await queue.get());
    await put;
    if (isMapped) await assert.rejects(queue.get({ timeout: 20 }), QueueEmpty);
    else await queue.get({ timeout: 20 }).then((item) => items.push(item), () => {});
    assert.deepEqual(items.filter((item) => isMapped || item !== "never"), ["second"]);
    assert.ok(items.length <= 2, `came: ${items}`);
  });
});

describeSettings("Queue: its consumer ends", (setting) => {
  const { objects, children } = setting;

  for (const form of sync.FORMS) {
    it(`killed while it gets: it loses one item at most [${form}]`, {
      skip: form === "sync" && cannotStop(children.method),
    }, async () => {
      const count = 3000;
      const queue = new objects.Queue<Numbered>();
      const seen = new objects.RawArray("int32", count);
      const taken = new objects.RawValue("int32");
      const child = new children.Process({
        target: work.noteEach,
        args: [queue, [seen], taken, form],
      });
      child.start();
      let n = 0;
      const putSome = async () => {
        for (let i = 0; i < 100 && n < count; i++) await queue.put([0, n++]);
      };
      await waitFor(async () => {
        await putSome();
        return taken.value > 100;
      });
      if (cannotStop(children.method)) await waitFor(() => taken.value === n); // it rests
      await kill(child, children.method);
      while (n < count) await putSome();
      const rest = drain(queue);
      checkOrder(rest);
      for (const [, n] of rest) seen.add(n, 1);
      const times = seen.toArray();
      assert.ok(times.every((time) => time <= 1), "an item came twice");
      const lost = times.filter((time) => time === 0).length;
      assert.ok(lost <= 1, `${lost} items were lost`);
      assert.equal(queue.qsize(), 0);
      await setting.others.apply(work.outcome, [queue, "put", [0, 0]]);
      assert.deepEqual(await queue.get(), [0, 0]);
    });
  }

  for (const method of ["get", "getSync"] as const) {
    it(`killed while it waits in ${method}(): it swallows nothing`, async () => {
      const queue = new objects.Queue<string>();
      const begun = new objects.Event();
      const child = new children.Process({
        target: method === "get" ? sync.waitAndIdle : sync.waitBlocked,
        args: [begun, queue, method],
      });
      child.start();
      await begun.wait();
      if (cannotStop(children.method) && method === "getSync") { // then it is given up
        queue.putNowait("its own");
        await waitFor(() => queue.empty());
      }
      await kill(child, children.method);
      const get = queue.get();
      await setting.others.apply(work.outcome, [queue, "put", "mine"]);
      assert.equal(await get, "mine");
      assert.equal(queue.empty(), true);
    });
  }
});
