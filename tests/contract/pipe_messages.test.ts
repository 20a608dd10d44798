/** What goes through pipes: of every kind and size, in order, whole; what is refused. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { it } from "node:test";
import { partial } from "../../mod.ts";
import * as work from "../fixtures/pipe/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import { FORMS } from "../fixtures/sync/work.ts";

const circle: { self?: unknown } = {};
circle.self = circle;

const VALUES = [
  undefined,
  null,
  true,
  0,
  -0,
  NaN,
  1.5,
  10n ** 30n,
  "",
  "ünï\ud83d\ude00",
  [],
  {},
  [1, , 3],
  new Uint8Array(0),
  new ArrayBuffer(0),
  new Float64Array([1.5, -0]),
  { deep: [new Map([["a", new Set([1])]])] },
  new Date(5),
  /a+/gi,
  circle,
];

describeSettings("Pipe: messages", (setting) => {
  const { objects } = setting;

  for (const form of FORMS) {
    it(`come as what they were, in both directions [${form}]`, async () => {
      const [here, there] = objects.Pipe();
      const done = setting.others.apply(work.echo, [there, form]);
      there.close();
      await here.send("ready");
      assert.equal(await here.recv(), "ready");
      for (const value of VALUES) {
        if (form === "sync") here.sendSync(value);
        else assert.equal(await here.send(value), undefined);
        assert.deepEqual(form === "sync" ? here.recvSync() : await here.recv(), value);
      }
      here.close();
      await done;
    });

    it(`keep their order and their bounds [${form}]`, async () => {
      const [here, there] = objects.Pipe<string>();
      const came = setting.others.apply(work.receiveAll<string>, [there, form]);
      there.close();
      const text = (n: number) => `${n} `.repeat(n * 7 % 211) + "long".repeat(n % 97 ? 0 : 9000);
      for (let n = 0; n < 500; n++) {
        if (n % 3 === 0) here.sendSync(text(n));
        else await here.send(text(n));
      }
      here.close();
      const messages = await came;
      assert.equal(messages.length, 500);
      for (const [n, message] of messages.entries()) {
        if (message !== text(n)) assert.fail(`message ${n} is ${message.slice(0, 50)}`);
      }
    });
  }

  it("keep their order when sends wait", async () => {
    const [reader, writer] = objects.Pipe<unknown, [number, string]>({ duplex: false });
    const long = "x".repeat(50_000);
    const sends = Array.from({ length: 60 }, (_, n) => writer.send([n, long]));
    const came = setting.others.apply(work.takeNumbers, [reader, 60]);
    await Promise.all(sends);
    assert.deepEqual(await came, Array.from({ length: 60 }, (_, n) => n));
  });

  it("keep their order when one that blocks comes after one that waits", async () => {
    const [reader, writer] = objects.Pipe<string>({ duplex: false });
    await work.fill(writer);
    const send = writer.send("first");
    for (let n = 0; n < 9; n++) reader.recvSync(); // room, which this thread does not know yet
    writer.sendSync("second");
    await send;
    writer.close();
    const came = await work.receiveAll(reader, "async");
    assert.deepEqual(came.filter((message) => !/^x*$/.test(message)), ["first", "second"]);
  });

  it("may be errors", async () => {
    const [here, there] = objects.Pipe<Error>();
    await here.send(new RangeError("wrong", { cause: "why" }));
    const error = await there.recv();
    assert.ok(error instanceof RangeError);
    assert.deepEqual([error.message, error.cause], ["wrong", "why"]);
  });

  it("are written down when send() is called", async () => {
    const [here, there] = objects.Pipe();
    await work.fill(here);
    const message = [1];
    const send = here.send(message); // waits
    message[0] = 2;
    let came: unknown;
    while (!Array.isArray(came)) came = await there.recv();
    assert.deepEqual(came, [1]);
    await send;
    here.close();
    await assert.rejects(there.recv(), { name: "EOFError" });
  });

  for (const length of [0, 1, 3, 1900, 70_000, 3_000_000, 40_000_000]) {
    it(`cross with ${length} bytes, there and back`, async () => {
      const [here, there] = objects.Pipe<Uint8Array>();
      const bytes = work.patternOf(length);
      const measured = setting.others.apply(work.measure, [there]);
      await here.sendBytes(bytes);
      const came = await here.recvBytes();
      assert.deepEqual(await measured, work.sizes(bytes));
      assert.equal(came.constructor, Uint8Array);
      assert.equal(Buffer.compare(came, bytes), 0);
      here.close();
      there.close();
    });
  }

  it("larger than the pipe pass one after the other, in both directions at once", async () => {
    const [here, there] = objects.Pipe<Uint8Array>();
    const back = setting.others.apply(work.echo, [there, "async"]);
    there.close();
    const sends = [0, 1, 2, 3].map((n) => here.send(new Uint8Array(3_000_000).fill(n)));
    for (let n = 0; n < 4; n++) {
      const came = await here.recv();
      assert.equal(came.length, 3_000_000);
      assert.ok(came.every((byte) => byte === n), `message ${n}`);
    }
    await Promise.all(sends);
    here.close();
    await back;
  });

  for (const form of FORMS) {
    it(`that cannot travel are refused, which says where the trouble is [${form}]`, async () => {
      const [here, there] = objects.Pipe();
      const send = async (value: unknown) =>
        form === "sync" ? here.sendSync(value) : await here.send(value);
      await send("before");
      await assert.rejects(send({ list: [1, { inner: new WeakMap() }] }), (error: Error) => {
        assert.equal(error.name, "SerializationError");
        assert.match(error.message, /message\.list\[1\]\.inner/);
        assert.equal((error as { path?: string }).path, "message.list[1].inner");
        return true;
      });
      await assert.rejects(send(() => 1), { message: /message/ });
      const failure = new Error("in the getter");
      const wrong = {
        get a() {
          throw failure;
        },
      };
      await assert.rejects(send(wrong), {
        name: "SerializationError",
        path: "message.a",
        cause: failure,
      });
      await send("after");
      here.close();
      assert.deepEqual(await work.receiveAll(there, form), ["before", "after"]);
    });

    it(`may be functions and partials [${form}]`, async () => {
      const [here, there] = objects.Pipe();
      const done = setting.others.apply(work.callEach, [there]);
      there.close();
      await here.send(work.double);
      const results: unknown[] = [await here.recv()];
      for (const call of [work.double, partial(Math.max, 7, 30)]) {
        if (form === "sync") here.sendSync(call);
        else await here.send(call);
        results.push(form === "sync" ? here.recvSync() : await here.recv());
      }
      here.close();
      await done;
      assert.deepEqual(results, [40, 40, 30]);
    });
  }

  it("may be sent by code that is called while another one is written", async () => {
    const [here, there] = objects.Pipe();
    here.sendSync({
      get a() {
        here.sendSync("inner");
        return "outer";
      },
    });
    assert.equal(await there.recv(), "inner");
    assert.deepEqual(await there.recv(), { a: "outer" });
    assert.equal(await there.poll(), false);
  });
});
