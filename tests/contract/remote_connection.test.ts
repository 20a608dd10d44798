/** Connections over sockets: what they do like the ends of a pipe, and what they do not. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import { inline, Listener, Pipe, Queue, register, wait } from "../../mod.ts";
import type { Connection } from "../../mod.ts";
import { KEY, newPair } from "../fixtures/remote/pairs.ts";
import { framed, Raw } from "../fixtures/remote/raw.ts";
import { Point } from "../fixtures/queue/work.ts";

const authKey = KEY;
const MEBIBYTE = 1 << 20;

function triple(x: number): number {
  return 3 * x;
}
register(import.meta, { triple });

/** A connection whose other end is a bare socket that has proved that it knows the key. */
async function withRaw(
  work: (server: Connection, raw: Raw, listener: Listener) => Promise<void>,
): Promise<void> {
  using listener = new Listener(undefined, { authKey });
  const raw = await Raw.open(await listener.listening);
  try {
    const accepting = listener.accept();
    await raw.prove(KEY);
    using server = await accepting;
    await work(server, raw, listener);
  } finally {
    raw.close();
  }
}

describe("A connection over a socket", () => {
  it("carries functions and instances of registered classes", async () => {
    using pair = await newPair();
    await pair.client.send([triple, inline((x: number) => x + 1), new Point(1, 2)]);
    const [reference, source, point] = await pair.server.recv();
    assert.equal(reference(5), 15);
    assert.equal(source(5), 6);
    assert.ok(point instanceof Point);
    assert.deepEqual(point, new Point(1, 2));
  });

  it("carries queues and ends of pipes", async () => {
    using pair = await newPair();
    const queue = new Queue<number>();
    const [here, there] = Pipe();
    await pair.client.send({ queue, there });
    there.close();
    const got = await pair.server.recv();
    await got.queue.put(1);
    assert.equal(await queue.get(), 1);
    await got.there.send("through the pipe");
    assert.equal(await here.recv(), "through the pipe");
    got.there.close();
    await assert.rejects(here.recv(), { name: "EOFError" });
  });

  it("closes the ends of pipes that came and were never received", async () => {
    using pair = await newPair();
    const [here, there] = Pipe();
    await pair.client.send(there);
    there.close();
    assert.equal(await pair.server.poll({ timeout: 5000 }), true);
    pair.server.close();
    await assert.rejects(here.recv(), { name: "EOFError" });
  });

  it("writes a value down when it is sent", async () => {
    using pair = await newPair();
    const value = { n: 1 };
    const sent = pair.client.send(value);
    value.n = 2;
    await sent;
    assert.deepEqual(await pair.server.recv(), { n: 1 });
  });

  it("refuses what cannot travel, and itself, and goes on", async () => {
    using pair = await newPair();
    await assert.rejects(pair.client.send({ a: [new WeakMap()] }), {
      name: "SerializationError",
      message: /message\.a\[0\]/,
    });
    const [here, there] = Pipe();
    for (const way of [pair.client, here]) {
      await assert.rejects(way.send(pair.server), {
        name: "SerializationError",
        message: /it is a socket of this process; send the listener's address, and connect there/,
      });
    }
    here.close();
    there.close();
    await pair.client.send(1);
    assert.equal(await pair.server.recv(), 1);
  });

  it("sends and receives bytes", async () => {
    using pair = await newPair();
    const { client, server } = pair;
    await client.sendBytes(new Uint8Array([1, 2, 3, 4]), { offset: 1, size: 2 });
    assert.deepEqual(await server.recvBytes(), new Uint8Array([2, 3]));
    await client.sendBytes(new Uint16Array([0x0102]).buffer);
    const into = new Uint8Array(4);
    assert.equal(await server.recvBytesInto(into, { offset: 1 }), 2);
    assert.deepEqual([...into], [0, 2, 1, 0]);
    await client.sendBytes(new Uint8Array(9));
    await assert.rejects(server.recvBytesInto(into), { name: "BufferTooShort" });
    await client.send("text");
    await assert.rejects(server.recvBytes(), { name: "ProtocolError" });
    await client.send("it goes on");
    assert.equal(await server.recv(), "it goes on");
  });

  it("has no methods that block", async () => {
    using pair = await newPair();
    assert.throws(() => pair.client.sendSync(1), {
      name: "ProcessError",
      message: /it is a socket, which needs the event loop; use send, without Sync$/,
    });
    assert.throws(() => pair.client.recvSync(), { name: "ProcessError", message: /use recv/ });
  });

  it("tells by poll whether there is something", async () => {
    using pair = await newPair();
    assert.equal(await pair.server.poll(), false);
    assert.equal(await pair.server.poll({ timeout: 5 }), false);
    for (let n = 0; n < 20; n++) {
      const polling = pair.server.poll({ timeout: Infinity });
      await pair.client.send(n);
      assert.equal(await polling, true);
      assert.equal(await pair.server.poll(), true);
      assert.equal(await pair.server.recv({ timeout: 0 }), n);
    }
    const polling = pair.server.poll({ timeout: Infinity });
    pair.client.close();
    assert.equal(await polling, true);
  });

  it("can be waited for beside pipes and queues", async () => {
    using pair = await newPair();
    const [here, there] = Pipe();
    const queue = new Queue();
    const all = [pair.server, here, queue];
    assert.deepEqual(await wait(all, { timeout: 0 }), []);
    const waiting = wait(all);
    await pair.client.send(1);
    assert.equal((await waiting)[0], pair.server);
    await there.send(2);
    assert.deepEqual((await wait(all)).map((one) => all.indexOf(one)), [0, 1]);
    assert.equal(await pair.server.recv(), 1);
    assert.equal(await here.recv(), 2);
    pair.client.close();
    assert.equal((await wait(all))[0], pair.server);
    pair.server.close();
    await assert.rejects(wait(all), { name: "TypeError" });
    for (const end of [here, there, queue]) end.close();
  });

  it("gives up receiving in time, or when told to, and loses nothing", async () => {
    using pair = await newPair();
    const { client, server } = pair;
    for (const timeout of [0, -1, 5]) {
      await assert.rejects(server.recv({ timeout }), {
        name: "TimeoutError",
        message: new RegExp(`within ${timeout} ms: nothing came`),
      });
    }
    const controller = new AbortController();
    const receiving = server.recv({ signal: controller.signal });
    const second = server.recv();
    const reason = new Error("enough");
    controller.abort(reason);
    await assert.rejects(receiving, reason);
    await client.send(1);
    assert.equal(await second, 1);
    await assert.rejects(server.recv({ timeout: NaN }), { name: "RangeError" });
    await assert.rejects(client.send(1, { signal: AbortSignal.abort(reason) }), reason);
    // Messages that come in the moment of giving up are not lost.
    const got: number[] = [];
    for (let n = 0; n < 50; n++) {
      await client.send(n);
      await server.recv({ timeout: n % 3 }).then((value) => got.push(value), () => {});
    }
    while (got.length < 50) got.push(await server.recv());
    assert.deepEqual(got, Array.from({ length: 50 }, (_, n) => n));
  });

  it("gives up sending in time: what has not left does not arrive", async () => {
    using pair = await newPair();
    const { client, server } = pair;
    await client.send(new Uint8Array(2 * MEBIBYTE)); // nobody receives it
    const stuck = client.send(new Uint8Array(20 * MEBIBYTE));
    await assert.rejects(client.send("never", { timeout: 5 }), {
      name: "TimeoutError",
      message: /it is full; let the other end receive/,
    });
    await assert.rejects(client.send("never", { timeout: 0 }), { name: "TimeoutError" });
    const controller = new AbortController();
    const sending = client.send("never", { signal: controller.signal });
    controller.abort(new Error("enough"));
    await assert.rejects(sending, { message: "enough" });
    const sent = client.send("behind it");
    assert.equal((await server.recv()).length, 2 * MEBIBYTE);
    assert.equal((await server.recv()).length, 20 * MEBIBYTE);
    assert.equal(await server.recv(), "behind it");
    await Promise.all([stuck, sent]);
  });

  it("says of a message that has left in part that it may arrive", async () => {
    using pair = await newPair();
    const { client, server } = pair;
    await client.send(new Uint8Array(2 * MEBIBYTE)); // nobody receives it
    await assert.rejects(client.send(new Uint8Array(20 * MEBIBYTE), { timeout: 20 }), {
      name: "TimeoutError",
      message: /a part of the message is on its way/,
    });
    const sent = client.send("next");
    for (const length of [2, 20]) assert.equal((await server.recv()).length, length * MEBIBYTE);
    assert.equal(await server.recv(), "next");
    await sent;
  });

  it("lets the sender wait while nobody receives, so that memory is bounded", async () => {
    await withRaw(async (server, raw, listener) => {
      await raw.frame(); // its welcome
      const [other, there] = await otherPair(listener);
      const piece = framed(Buffer.alloc(64 * 1024, 5)); // no message, but nobody looks
      const much = 64 * MEBIBYTE; // the system's buffers and a mebibyte are far less
      let taken = 0;
      const write = () =>
        void raw.socket.write(piece, (error) => {
          if (error) return;
          taken += piece.length;
          if (taken < much) setImmediate(write);
        });
      write();
      // This event loop serves both connections: who still reads does so in so many of its rounds.
      for (let quiet = 0; quiet < 100 && taken < much; quiet++) {
        const before = taken;
        await there.send("round");
        assert.equal(await other.recv(), "round");
        await new Promise((resolve) => setTimeout(resolve, 1)); // Deno looks at all sockets only then
        if (taken > before) quiet = 0;
      }
      assert.ok(taken < much, `${taken} bytes were taken`);
      await assert.rejects(server.recv(), { name: "ProtocolError" });
      other.close();
      there.close();
    });
  });

  it("ends calls that wait when it is closed", async () => {
    using pair = await newPair();
    const { client, server } = pair;
    const closed = { name: "ProcessError", message: /was closed here; open another one/ };
    const receiving = client.recv();
    const polling = client.poll({ timeout: Infinity });
    client.close();
    client.close();
    await assert.rejects(receiving, closed);
    await assert.rejects(polling, closed);
    for (const call of [() => client.send(1), () => client.recv(), () => client.poll()]) {
      await assert.rejects(call(), closed);
    }
    assert.equal(client.closed, true);
    await assert.rejects(server.recv(), { name: "EOFError" });
  });

  it("ends a send that waits when it is closed and nobody receives", async () => {
    using pair = await newPair();
    await pair.client.send(new Uint8Array(2 * MEBIBYTE));
    const sending = [1, 2, 3].map(() => pair.client.send(new Uint8Array(10 * MEBIBYTE)));
    const results = Promise.allSettled(sending);
    pair.client.close();
    for (const result of await results) {
      assert.equal(result.status === "rejected" && result.reason.name, "ProcessError");
    }
  });

  it("tells who waits when the other end is closed", async () => {
    using pair = await newPair();
    const receiving = pair.server.recv();
    const sending = pair.server.send(new Uint8Array(20 * MEBIBYTE));
    pair.client.close();
    await assert.rejects(receiving, { name: "EOFError" });
    // A closed end still takes what was on its way, for a while, and throws it away.
    const sent = await sending.then(() => null, (error) => error);
    assert.ok(sent === null || sent.name === "BrokenPipeError", String(sent));
    await assert.rejects(pair.server.send(1), { name: "BrokenPipeError" });
  });

  it("tells who waits when the other end is gone", async () => {
    await withRaw(async (server, raw) => {
      await raw.frame(); // its welcome
      raw.socket.pause();
      const receiving = server.recv();
      const sending = [20, 1].map((size) => server.send(new Uint8Array(size * MEBIBYTE)));
      const results = Promise.allSettled(sending);
      raw.close();
      await assert.rejects(receiving, { name: "EOFError" });
      for (const result of await results) {
        assert.equal(result.status === "rejected" && result.reason.name, "BrokenPipeError");
      }
    });
  });

  const huge = Buffer.alloc(4, 0xff);
  const broken: [string, Buffer][] = [
    ["is longer than any", huge],
    ["is no message", framed(Buffer.from("hello, I am no message"))],
    ["is empty", framed()],
    ["has a broken list of modules", framed(Buffer.from([1, 0xff, 0xff, 0xff, 0x0f]))],
  ];
  for (const [what, bytes] of broken) {
    it(`is closed when a frame ${what}; others are not hurt`, async () => {
      await withRaw(async (server, raw, listener) => {
        const [other, there] = await otherPair(listener);
        raw.write(bytes);
        await assert.rejects(server.recv(), { name: "ProtocolError" });
        await assert.rejects(server.recv(), { name: "ProtocolError" });
        await assert.rejects(server.send(1), { name: "BrokenPipeError" });
        await raw.closed;
        await there.send("unhurt");
        assert.equal(await other.recv(), "unhurt");
        other.close();
        there.close();
      });
    });
  }

  it("receives what came before a broken frame", async () => {
    await withRaw(async (server, raw) => {
      const value = Buffer.from([5, 0, 0, 0, 0]); // a small number, and no modules
      raw.write(Buffer.concat([framed(value), huge]));
      assert.equal(await server.recv(), 5);
      await assert.rejects(server.recv(), { name: "ProtocolError" });
    });
  });

  it("does not take a truncated message for one", async () => {
    await withRaw(async (server, raw) => {
      raw.write(framed(Buffer.alloc(1000)).subarray(0, 500));
      raw.socket.end();
      await assert.rejects(server.recv(), { name: "EOFError" });
    });
  });
});

async function otherPair(listener: Listener): Promise<[Connection, Connection]> {
  const { connect } = await import("../../mod.ts");
  return await Promise.all([listener.accept(), connect(listener.address, { authKey })]);
}
