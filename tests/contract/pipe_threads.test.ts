/** Pipes between threads: buffers that are moved, shared memory, ports. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { getContext } from "../../mod.ts";
import type { Pool } from "../../mod.ts";
import { ready } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pipe/work.ts";

const threads = getContext("thread");

describe("Pipe between threads", () => {
  let others: Pool;
  before(async () => await ready(others = new threads.Pool(2)));
  after(() => others.terminate());

  for (const method of ["send", "sendSync"] as const) {
    it(`${method}() moves the buffers of transfer`, async () => {
      for (const length of [1, 100, 20_000, 3_000_000]) {
        const [here, there] = threads.Pipe();
        const measured = others.apply(work.measure, [there]);
        const bytes = work.patternOf(length);
        const expected = work.sizes(bytes);
        const { buffer } = bytes;
        await here[method](bytes, { transfer: [buffer] });
        assert.equal(buffer.detached, true);
        assert.equal(bytes.length, 0);
        assert.deepEqual(await measured, expected);
        assert.deepEqual(work.sizes(await here.recvBytes()), expected);
      }
    });
  }

  it("what is moved keeps its place in the order", async () => {
    const [here, there] = threads.Pipe();
    const back = others.apply(work.echo, [there, "async"]);
    for (let n = 0; n < 100; n++) {
      const bytes = new Uint8Array(1 + n * 700).fill(n);
      if (n % 3 === 0) here.sendSync(bytes, { transfer: [bytes.buffer] });
      else {await here.send(n % 3 === 1 ? bytes : [n, bytes.buffer], {
          transfer: n % 2 ? [bytes.buffer] : undefined,
        });}
    }
    for (let n = 0; n < 100; n++) {
      const message = await here.recv();
      const bytes = Array.isArray(message) ? new Uint8Array(message[1]) : message;
      assert.equal(bytes.length, 1 + n * 700);
      assert.ok(bytes.every((byte: number) => byte === n), `message ${n}`);
    }
    here.close();
    there.close();
    await back;
  });

  it("a refused message moves nothing", async () => {
    const [here, there] = threads.Pipe();
    const bytes = work.patternOf(100_000);
    const transfer = [bytes.buffer];
    await assert.rejects(here.send([bytes, new WeakMap()], { transfer }), {
      name: "SerializationError",
    });
    assert.equal(bytes.length, 100_000);
    await here.send(bytes, { transfer });
    assert.equal((await there.recv()).length, 100_000);
    await assert.rejects(here.send(1, { transfer: ["no buffer"] as never }), {
      name: "SerializationError",
      message: /transfer\[0\]/,
    });
  });

  it("a SharedArrayBuffer is shared", async () => {
    const [here, there] = threads.Pipe();
    const done = others.apply(work.addToShared, [there]);
    const buffer = new SharedArrayBuffer(40_000);
    const view = new Int32Array(buffer);
    view.fill(6);
    await here.send({ view, buffer });
    assert.equal(await here.recv(), true);
    await done;
    assert.ok(view.every((x) => x === 7));
  });

  it("a port works on the other side", async () => {
    const [here, there] = threads.Pipe();
    const done = others.apply(work.usePort, [there]);
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve) => port1.onmessage = ({ data }) => resolve(data));
    await here.send({ port: port2, text: "hello" }, { transfer: [port2] });
    assert.equal(await answer, "hello, through the port");
    await here.send("it has come");
    await done;
    await assert.rejects(here.send(port2, { transfer: [port2] }), {
      name: "SerializationError",
      message: /a MessagePort that was sent before/,
    });
    port1.close();
  });

  it("a connection that was sent on still moves buffers", async () => {
    const [carrier, carrierThere] = threads.Pipe();
    const [here, there] = threads.Pipe();
    const before = work.patternOf(50_000);
    await here.send(before, { transfer: [before.buffer] }); // on its way while its end moves
    assert.deepEqual(work.sizes(await there.recv()), work.sizes(work.patternOf(50_000)));
    const left = others.apply(work.moveThrough, [carrierThere]);
    await carrier.send(there);
    there.close();
    const came = await here.recv();
    assert.deepEqual(work.sizes(came), work.sizes(work.patternOf(100_000)));
    assert.equal(await left, 0);
    await assert.rejects(here.recv(), { name: "EOFError" });
  });

  it("an end moves buffers that was an argument beside views of one buffer", async () => {
    const [here, there] = threads.Pipe();
    const whole = new ArrayBuffer(16);
    const views = [new Uint8Array(whole, 0, 8), new Uint8Array(whole, 8, 8)];
    const measured = others.apply(work.measure, [there, ...views] as never);
    const bytes = work.patternOf(50_000);
    await here.send(bytes, { transfer: [bytes.buffer] });
    assert.deepEqual(await measured, work.sizes(work.patternOf(50_000)));
    assert.equal((await here.recvBytes()).length, 50_000);
  });

  it("an end in a refused message is as it was", async () => {
    const [carrier, carrierThere] = threads.Pipe();
    const [here, there] = threads.Pipe();
    await assert.rejects(carrier.send([there, new WeakMap()]), { name: "SerializationError" });
    await there.send(new SharedArrayBuffer(8));
    assert.ok(await here.recv() instanceof SharedArrayBuffer);
    const left = others.apply(work.moveThrough, [carrierThere]);
    await carrier.send(there);
    there.close();
    assert.deepEqual(work.sizes(await here.recv()), work.sizes(work.patternOf(100_000)));
    assert.equal(await left, 0);
  });

  it("an end can be in a message twice", async () => {
    const [here, there] = threads.Pipe();
    const sizes = work.sizes(work.patternOf(50_000));
    const moved = () => {
      const bytes = work.patternOf(50_000);
      return here.send(bytes, { transfer: [bytes.buffer] });
    };
    const measured = others.map(work.measure, [there, there], { chunkSize: 2 });
    await moved();
    assert.deepEqual(work.sizes(await here.recvBytes()), sizes);
    await moved(); // for the other one, also after the first has been closed
    assert.deepEqual(work.sizes(await here.recvBytes()), sizes);
    assert.deepEqual(await measured, [sizes, sizes]);
  });

  it("ends in one chunk stay with their worker, also if another one has nothing to do", async () => {
    for (let round = 0; round < 10; round++) {
      const pipes = [threads.Pipe(), threads.Pipe()];
      const sizes = work.sizes(work.patternOf(100));
      const measured = others.map(work.measure, pipes.map(([, there]) => there), { chunkSize: 2 });
      for (const [here] of pipes.toReversed()) {
        const bytes = work.patternOf(100);
        await here.send(bytes, { transfer: [bytes.buffer] });
        assert.equal(await others.apply(work.double, [round]), 2 * round);
      }
      assert.deepEqual(await measured, [sizes, sizes]);
      for (const [here] of pipes) assert.equal((await here.recvBytes()).length, 100);
    }
  });

  it("what was sent before an end moves is received after it", async () => {
    const [carrier, carrierThere] = threads.Pipe();
    const [here, there] = threads.Pipe();
    const bytes = work.patternOf(50_000);
    await here.send(bytes, { transfer: [bytes.buffer] });
    const child = new threads.Process({ target: work.sendOn, args: [carrierThere, there] });
    child.start();
    there.close();
    const { cargo } = await carrier.recv();
    assert.equal(await here.recv(), "before the journey");
    assert.deepEqual(work.sizes(await cargo.recv()), work.sizes(work.patternOf(50_000)));
    assert.equal(await child.join(), 0);
  });
});

describe("Pipe between processes", () => {
  it("refuses what only travels to threads", async () => {
    const [here, there] = getContext("spawn").Pipe();
    const { port1, port2 } = new MessageChannel();
    const wrong = [new SharedArrayBuffer(8), new Int32Array(new SharedArrayBuffer(8)), port1];
    for (const value of wrong) {
      await assert.rejects(here.send({ value }), {
        name: "SerializationError",
        message: /message\.value/,
      });
    }
    assert.equal(await there.poll(), false);
    port1.close();
    port2.close();
  });

  it("empties the buffers of transfer as well", async () => {
    const [here, there] = getContext("spawn").Pipe();
    const bytes = work.patternOf(30_000);
    await here.send(bytes, { transfer: [bytes.buffer] });
    assert.equal(bytes.length, 0);
    assert.deepEqual(work.sizes(await there.recv()), work.sizes(work.patternOf(30_000)));
  });
});
