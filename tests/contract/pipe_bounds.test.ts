/** Pipes that are full or empty: time-outs, signals, polling, and who goes on when there is room. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { TimeoutError } from "../../mod.ts";
import type { Connection } from "../../mod.ts";
import * as work from "../fixtures/pipe/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";

const reason = new Error("changed my mind");
const is = (error: unknown) => error === reason;

describeSettings("Pipe: time-outs", (setting) => {
  const { objects } = setting;

  it("end calls on an empty pipe, which take nothing later", async () => {
    const [here, there] = objects.Pipe();
    for (const timeout of [0, -1, -Infinity, 1, 0.5, 30]) {
      const late = { name: "TimeoutError", message: /nothing came/ };
      await assert.rejects(here.recv({ timeout }), late);
      assert.throws(() => here.recvSync({ timeout }), late);
      assert.equal(await here.poll({ timeout }), false);
    }
    assert.equal(
      await setting.others.apply(work.once, [here, "recvSync", { timeout: 5 }]),
      "TimeoutError",
    );
    there.sendSync("later");
    for (const timeout of [0, Infinity, undefined]) {
      assert.equal(await here.recv({ timeout }), "later");
      there.sendSync("later");
      assert.equal(here.recvSync({ timeout }), "later");
      there.sendSync("later");
    }
  });

  it("end calls on a full pipe, which send nothing later", async () => {
    const [here, there] = objects.Pipe<string>();
    const count = await work.fill(here as Connection);
    for (const timeout of [0, -1, 1, 30]) {
      const late = { name: "TimeoutError", message: /it is full/ };
      await assert.rejects(here.send("late", { timeout }), late);
      assert.throws(() => here.sendSync("late", { timeout }), late);
    }
    assert.equal(
      await setting.others.apply(work.once, [here, "send", "late", { timeout: 5 }]),
      "TimeoutError",
    );
    here.close();
    const came = await work.receiveAll(there, "async");
    assert.equal(came.length, count);
    assert.ok(!came.includes("late"));
  });

  it("that are no numbers are refused, and nothing happens", async () => {
    const [here, there] = objects.Pipe();
    await there.send("kept");
    const calls: ((timeout: never) => unknown)[] = [
      (timeout) => here.recv({ timeout }),
      (timeout) => here.recvSync({ timeout }),
      (timeout) => here.poll({ timeout }),
      (timeout) => here.recvBytes({ timeout }),
      (timeout) => here.recvBytesInto(new Uint8Array(1), { timeout }),
      (timeout) => here.send("never", { timeout }),
      (timeout) => here.sendSync("never", { timeout }),
      (timeout) => here.sendBytes(new Uint8Array(1), { timeout }),
      (timeout) => objects.wait([here], { timeout }),
    ];
    for (const [n, call] of calls.entries()) {
      const ask = async (timeout: unknown) => await call(timeout as never);
      await assert.rejects(ask(NaN), { name: "RangeError", message: /NaN/ }, `call ${n}`);
      for (const wrong of ["5", null, 5n, {}]) {
        await assert.rejects(ask(wrong), { name: "TypeError" }, `call ${n}`);
      }
    }
    assert.equal(await here.recv(), "kept");
    assert.equal(await there.poll(), false);
  });
});

describeSettings("Connection.poll()", (setting) => {
  const { objects } = setting;

  it("looks, and takes nothing", async () => {
    const [here, there] = objects.Pipe();
    for (const options of [undefined, {}, { timeout: 0 }, { timeout: undefined }]) {
      assert.equal(await here.poll(options), false);
    }
    await there.send("one");
    for (const timeout of [undefined, 0, 5, Infinity]) {
      assert.equal(await here.poll({ timeout }), true);
    }
    assert.equal(await here.recv(), "one");
    assert.equal(await here.poll(), false);
  });

  it("waits for a message, or for the end", async () => {
    const [here, there] = objects.Pipe();
    const polls = [here.poll({ timeout: Infinity }), here.poll({ timeout: 60_000 })];
    await setting.others.apply(work.once, [there, "send", "one"]);
    assert.deepEqual(await Promise.all(polls), [true, true]);
    assert.equal(await here.recv(), "one");
    const last = here.poll({ timeout: Infinity });
    there.close();
    assert.equal(await last, true);
    assert.equal(await here.poll(), true);
  });
});

describeSettings("Pipe: signals", (setting) => {
  const { objects } = setting;

  it("that have aborted before end a call at once, and nothing happens", async () => {
    const [here, there] = objects.Pipe();
    await there.send("kept");
    const options = { signal: AbortSignal.abort(reason) };
    await assert.rejects(here.recv(options), is);
    await assert.rejects(here.recvBytes(options), is);
    await assert.rejects(here.poll(options), is);
    await assert.rejects(here.send("never", options), is);
    await assert.rejects(here.sendBytes(new Uint8Array(1), options), is);
    await assert.rejects(objects.wait([here], options), is);
    assert.throws(() => here.recvSync(options), is);
    assert.throws(() => here.sendSync("never", options), is);
    assert.equal(await here.recv(), "kept");
    assert.equal(await there.poll(), false);
  });

  it("end calls that wait, which swallow nothing", async () => {
    const [here, there] = objects.Pipe();
    const controller = new AbortController();
    const { signal } = controller;
    const poll = here.poll({ timeout: Infinity, signal });
    const calls = [here.recv({ signal }), here.recv(), here.recvBytes({ signal }), poll];
    const ends = Promise.allSettled(calls);
    controller.abort(reason);
    await assert.rejects(calls[0], is);
    await setting.others.apply(work.once, [there, "send", "one"]);
    const results = (await ends).map((end) => end.status === "fulfilled" ? end.value : end.reason);
    assert.deepEqual(results, [reason, "one", reason, reason]);
    await there.send("two");
    assert.equal(await here.recv({ timeout: 0 }), "two");
  });

  it("that abort when a message comes: the call has it, or it is still there", async () => {
    const [here, there] = objects.Pipe<number>();
    for (let n = 0; n < 40; n++) {
      const controller = new AbortController();
      const recv = Promise.allSettled([here.recv({ signal: controller.signal })]);
      const send = n % 2 === 0
        ? setting.others.apply(work.once, [there, "send", n])
        : there.send(n);
      if (n % 4 < 2) await send;
      controller.abort(reason);
      await send;
      const [end] = await recv;
      if (end.status === "rejected") assert.equal(end.reason, reason);
      assert.equal(end.status === "fulfilled" ? end.value : await here.recv({ timeout: 0 }), n);
      assert.equal(await here.poll(), false);
    }
  });

  it("end sends that wait, which arrive never", async () => {
    const [here, there] = objects.Pipe();
    await work.fill(here);
    const controller = new AbortController();
    const { signal } = controller;
    const sends = [here.send("never", { signal }), here.send("mine"), here.send("no", { signal })];
    const ends = Promise.allSettled(sends);
    controller.abort(reason);
    await assert.rejects(sends[0], is);
    const came: unknown[] = [];
    while (came.at(-1) !== "mine") came.push(await there.recv());
    assert.deepEqual((await ends).map(({ status }) => status), [
      "rejected",
      "fulfilled",
      "rejected",
    ]);
    here.close();
    await assert.rejects(there.recv(), { name: "EOFError" });
    assert.ok(!came.includes("never") && !came.includes("no"));
  });
});

describeSettings("Pipe: a slow receiver", (setting) => {
  const { objects } = setting;
  const MOST = 2 ** 21;

  for (
    const [kind, message] of [
      ["strings", "x".repeat(20_000)],
      ["bytes", new Uint8Array(20_000)],
      ["short bytes", new Uint8Array(1000)],
    ] as const
  ) {
    it(`lets the sender wait when about 1 MiB is there, of ${kind}`, async () => {
      const [here, there] = objects.Pipe<unknown>();
      let bytes = 0;
      for (; bytes < 2 * MOST; bytes += message.length) {
        try {
          await here.send(message, { timeout: 0 });
        } catch (error) {
          assert.ok(error instanceof TimeoutError);
          break;
        }
      }
      assert.ok(bytes >= 2 ** 19 && bytes <= MOST, `${bytes} bytes were sent`);
      const order: string[] = [];
      const sends = ["one", "two", "three"].map((text) =>
        here.send({ text, message }).then(() => order.push(text))
      );
      await new Promise((resolve) => setImmediate(resolve)); // one that does not wait is over by then
      assert.deepEqual(order, []);
      const came: unknown[] = [];
      for (let left = bytes / message.length + 3; left > 0; left--) {
        const next = await there.recv() as { text?: string };
        if (next.text !== undefined) came.push(next.text);
      }
      await Promise.all(sends);
      assert.deepEqual(came, ["one", "two", "three"]);
      assert.deepEqual(order, came);
    });
  }

  for (const method of ["send", "sendSync"] as const) {
    it(`lets ${method}() elsewhere go on when something is received`, async () => {
      const [here, there] = objects.Pipe<string>();
      const count = await work.fill(there as Connection);
      const begun = new objects.Event();
      const send = setting.others.apply(work.begin, [begun, there, method, "last"]);
      await begun.wait();
      for (let n = 0; n < count; n++) assert.ok(/^x*$/.test(await here.recv()));
      assert.equal(await here.recv(), "last");
      assert.equal(await send, undefined);
    });
  }
});
