/** wait(): connections, queues and sentinels, several at once. */

import assert from "node:assert/strict";
import { it } from "node:test";
import type { Readable } from "../../mod.ts";
import * as work from "../fixtures/pipe/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import { nothing } from "../fixtures/sync/work.ts";

describeSettings("wait()", (setting) => {
  const { objects, children } = setting;

  it("gives those that are ready, in the order given, and takes nothing", async () => {
    const pipes = [0, 1, 2, 3].map(() => objects.Pipe());
    const ends = pipes.map(([here]) => here);
    const queue = new objects.Queue();
    const simple = new objects.SimpleQueue();
    const all: Readable[] = [queue, ...ends, simple];
    for (const timeout of [0, -1, -Infinity, 5]) {
      assert.deepEqual(await objects.wait(all, { timeout }), []);
    }
    await pipes[3][1].send("three");
    await pipes[1][1].send("one");
    await queue.put("queued");
    await simple.put("simple");
    pipes[2][1].close();
    const expected = [queue, ends[1], ends[2], ends[3], simple];
    for (const options of [undefined, {}, { timeout: 0 }, { timeout: -1 }, { timeout: 5 }]) {
      const ready = await objects.wait(all, options);
      assert.equal(ready.length, expected.length);
      for (const [n, one] of ready.entries()) assert.ok(one === expected[n], `place ${n}`);
    }
    assert.ok((await objects.wait(all.toReversed()))[0] === simple);
    assert.equal(await ends[1].recv(), "one");
    assert.equal(await ends[3].recv(), "three");
    assert.equal(await queue.get(), "queued");
    assert.equal(await simple.get(), "simple");
    await assert.rejects(ends[2].recv(), { name: "EOFError" });
    const left = await objects.wait(new Set(all), { timeout: 0 }); // any iterable
    assert.equal(left.length, 1);
    assert.ok(left[0] === ends[2]);
  });

  it("waits for a message of a child", async () => {
    const [first, other] = objects.Pipe();
    const [here, there] = objects.Pipe();
    const queue = new objects.Queue();
    const waits = objects.wait([first, here, queue]);
    const sent = setting.others.apply(work.once, [there, "send", "hello"]);
    const ready = await waits;
    assert.equal(ready.length, 1);
    assert.ok(ready[0] === here);
    assert.equal(await here.recv(), "hello");
    await sent;
    other.close(); // until now it was in use
  });

  it("waits for the item of a queue, and for its end", async () => {
    const [here, there] = objects.Pipe();
    const queue = new objects.Queue();
    let waits = objects.wait<object>([here, queue]);
    await setting.others.apply(work.outcome, [queue, "put", "item"]);
    assert.ok((await waits)[0] === queue);
    assert.equal(await queue.get(), "item");
    waits = objects.wait<object>([here, queue]);
    queue.shutdown();
    assert.ok((await waits)[0] === queue);
    there.close(); // until now it was in use
  });

  it("waits for the end of a process, and for that of its pipe", async () => {
    const [here, there] = objects.Pipe();
    const [never, other] = objects.Pipe();
    const held = new objects.Event();
    const child = new children.Process({ target: work.holdOn, args: [there, held] });
    child.start();
    await held.wait();
    there.close();
    const { sentinel } = child;
    assert.deepEqual(await objects.wait([here, sentinel], { timeout: 0 }), []);
    const waits = [objects.wait([never, sentinel]), objects.wait([never, here])];
    child.kill();
    const [ended, closed] = await Promise.all(waits);
    assert.equal(ended.length + closed.length, 2);
    assert.ok(ended[0] === sentinel);
    assert.ok(closed[0] === here);
    await child.join();
    assert.ok((await objects.wait([sentinel], { timeout: 0 }))[0] === sentinel);
    assert.ok((await objects.wait([child.sentinel]))[0] !== undefined);
    other.close();
  });

  it("cannot wait for a process that was not started", () => {
    const child = new children.Process({ target: nothing });
    assert.throws(() => objects.wait([child.sentinel]), {
      name: "ProcessError",
      message: /not started/,
    });
  });

  it("waits for nothing as long as it is told to", async () => {
    for (const timeout of [0, -1, 5]) assert.deepEqual(await objects.wait([], { timeout }), []);
    const controller = new AbortController();
    const waits = objects.wait([], { signal: controller.signal });
    controller.abort(new Error("enough"));
    await assert.rejects(waits, { message: "enough" });
  });

  it("ends with the reason of its signal, and swallows nothing", async () => {
    const [here, there] = objects.Pipe();
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    const waits = objects.wait([here], { signal: controller.signal });
    const other = objects.wait([here]);
    await objects.wait([here], { timeout: 1 }); // they wait by now
    controller.abort(reason);
    await assert.rejects(waits, (error) => error === reason);
    await there.send("one");
    assert.ok((await other)[0] === here);
    assert.equal(await here.recv(), "one");
  });

  it("refuses what cannot be waited for", async () => {
    const [reader, writer] = objects.Pipe({ duplex: false });
    const [closed, other] = objects.Pipe();
    closed.close();
    other.close();
    await writer.send("ready");
    for (const wrong of [writer, closed, {}, null, 5, "text", undefined, new objects.Event()]) {
      await assert.rejects(objects.wait([reader, wrong as object]), {
        name: "TypeError",
        message: /Cannot wait for/,
      });
    }
    await assert.rejects(objects.wait(5 as never), { name: "TypeError" });
    assert.ok((await objects.wait([reader]))[0] === reader);
  });

  it("ends with an error when one of them is closed here", async () => {
    const [here, there] = objects.Pipe();
    const [other, last] = objects.Pipe();
    const early = objects.wait([other, here]);
    here.close();
    await assert.rejects(early, { name: "ProcessError" });
    const late = objects.wait([other, there]);
    const end = assert.rejects(objects.wait([other]), { name: "ProcessError" });
    await objects.wait([other], { timeout: 1 }); // they wait by now
    other.close();
    await end;
    assert.ok((await late)[0] === there, "the other end of `here` is closed");
    last.close();
  });

  for (const where of ["here", "elsewhere"]) {
    it(`lets somebody ${where} be quicker, and waits for the next one then`, async () => {
      const [here, there] = objects.Pipe<number>();
      const begun = new objects.Event();
      const quicker = where === "here"
        ? there.recv()
        : setting.others.apply(work.begin, [begun, there, "recv"]);
      if (where === "elsewhere") await begun.wait();
      const waits = [objects.wait([there]), objects.wait([there])];
      await here.send(1);
      assert.equal(await quicker, 1);
      await here.send(2); // for who has not seen the first one
      for (const ready of await Promise.all(waits)) {
        assert.equal(ready.length, 1);
        assert.ok(ready[0] === there);
      }
      assert.equal(await there.recv(), 2);
      assert.deepEqual(await objects.wait([there], { timeout: 0 }), []);
    });
  }

  it("serves many pipes until each of them ends", async () => {
    const count = 20;
    const ends = [];
    const tasks = [];
    for (let n = 0; n < count; n++) {
      const [here, there] = objects.Pipe<number>();
      ends.push(here);
      tasks.push(setting.others.apply(work.produce, [there, n, "async"]));
      there.close();
    }
    const came = new Map(ends.map((end) => [end, 0]));
    while (came.size > 0) {
      for (const end of await objects.wait(came.keys())) {
        try {
          assert.equal(await end.recv(), came.get(end));
          came.set(end, came.get(end)! + 1);
        } catch (error) {
          assert.equal((error as Error).name, "EOFError");
          assert.equal(came.get(end), ends.indexOf(end));
          came.delete(end);
        }
      }
    }
    await Promise.all(tasks);
  });
});
