/** Event: set, clear, and who goes on. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { stop } from "../support/alive.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import * as work from "../fixtures/sync/work.ts";

describeSettings("Event", (setting) => {
  const { objects, children } = setting;

  it("Event.set(), clear() and isSet() are seen everywhere", async () => {
    const event = new objects.Event();
    const elsewhere = () => setting.others.apply(work.call, [event, "isSet"]);
    assert.equal(event.isSet(), false);
    assert.equal(await elsewhere(), false);
    event.set();
    event.set();
    assert.equal(event.isSet(), true);
    assert.equal(await elsewhere(), true);
    await setting.others.apply(work.call, [event, "clear"]);
    assert.equal(event.isSet(), false);
    event.clear();
    await setting.others.apply(work.call, [event, "set"]);
    assert.equal(event.isSet(), true);
  });

  it("Event.wait() gives true at once when it is set", async () => {
    const event = new objects.Event();
    event.set();
    for (const timeout of [undefined, 0, -1, Infinity, 5]) {
      assert.equal(await event.wait({ timeout }), true);
      assert.equal(event.waitSync({ timeout }), true);
    }
    assert.equal(await setting.others.apply(work.call, [event, "waitSync"]), true);
    assert.equal(event.isSet(), true);
  });

  it("Event.wait() gives false when the time is up", async () => {
    const event = new objects.Event();
    for (const timeout of [0, -1, -Infinity, 1, 0.5, 120]) {
      assert.equal(await event.wait({ timeout }), false);
      assert.equal(event.waitSync({ timeout }), false);
    }
    assert.equal(await setting.others.apply(work.call, [event, "wait", { timeout: 3 }]), false);
  });

  it("Event.wait() refuses NaN and what is no number", async () => {
    const event = new objects.Event();
    await assert.rejects(event.wait({ timeout: NaN }), { name: "RangeError", message: /NaN/ });
    assert.throws(() => event.waitSync({ timeout: NaN }), { name: "RangeError", message: /NaN/ });
    await assert.rejects(event.wait({ timeout: "5" as never }), { name: "TypeError" });
  });

  it("Event.wait() rejects with the reason of an aborted signal, others wait on", async () => {
    const event = new objects.Event();
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error("changed my mind");
    const is = (error: unknown) => error === reason;
    const other = event.wait();
    const aborted = assert.rejects(event.wait({ signal }), is);
    controller.abort(reason);
    await aborted;
    await assert.rejects(event.wait({ signal }), is);
    assert.throws(() => event.waitSync({ signal }), is);
    event.set();
    assert.equal(await other, true);
  });

  it("Event.set() wakes everybody, here and elsewhere", async () => {
    const event = new objects.Event();
    const begun = [new objects.Event(), new objects.Event()];
    const waits = [
      setting.others.apply(work.begin, [begun[0], event, "wait"]),
      setting.others.apply(work.beginSync, [begun[1], event, "waitSync"]),
      event.wait(),
      event.wait({ timeout: 600_000 }),
    ];
    for (const one of begun) await one.wait();
    event.set();
    assert.deepEqual(await Promise.all(waits), [true, true, true, true]);
  });

  it("Event.set() and clear() at once wake those who waited", async () => {
    const event = new objects.Event();
    for (let round = 0; round < 20; round++) {
      const begun = new objects.Event();
      const waits = [setting.others.apply(work.begin, [begun, event, "wait"]), event.wait()];
      await begun.wait();
      event.set();
      event.clear();
      assert.deepEqual(await Promise.all(waits), [true, true]);
      assert.equal(event.isSet(), false);
    }
  });

  it("Event.set() and clear() at once wake a blocked thread", async () => {
    const event = new objects.Event();
    const begun = new objects.Event();
    let over = false;
    const waits = setting.others.apply(work.beginSync, [begun, event, "waitSync"]).then(
      (result) => {
        over = true;
        return result;
      },
    );
    await begun.wait();
    while (!over) { // it may not be blocked yet
      event.set();
      event.clear();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.equal(await waits, true);
  });

  it("Event.set() is in time for a wait that begins in the same turn", async () => {
    const event = new objects.Event();
    const waits = event.wait();
    event.set();
    assert.equal(await waits, true);
  });

  it("Event.set() does not wait for those who wait and have been killed or stopped", async () => {
    const event = new objects.Event();
    const begun = [new objects.Event(), new objects.Event()];
    const all = begun.map((one) =>
      new children.Process({ target: work.waitAndIdle, args: [one, event, "wait"] })
    );
    for (const child of all) child.start();
    for (const one of begun) await one.wait();
    if (children.method === "spawn") await stop(all[0].pid!);
    all[1].kill();
    await all[1].join();
    const waits = event.wait();
    event.set();
    assert.equal(await waits, true);
    all[0].kill();
    await all[0].join();
    event.clear();
    assert.equal(await event.wait({ timeout: 0 }), false);
  });

  it("Event: a hundred turns of two, each waiting for the other", async () => {
    const [ping, pong] = [new objects.Event(), new objects.Event()];
    const other = setting.others.apply(work.playPong, [ping, pong, 100]);
    for (let i = 0; i < 100; i++) {
      ping.set();
      assert.equal(await pong.wait(), true);
      pong.clear();
    }
    assert.equal(await other, 100);
  });
});
