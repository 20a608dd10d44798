/** The way to a thread, where objects ride beside the bytes, and what `transfer` moves. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SerializationError } from "../../../src/errors.ts";
import { Decoder } from "../../../src/wire/decode.ts";
import { Encoder, type Message } from "../../../src/wire/encode.ts";
import { difference } from "./codec.ts";

const LARGE = 64 * 1024;

function message(
  value: unknown,
  transfer?: object[],
  route: "thread" | "process" = "thread",
): Message {
  const encoder = new Encoder(route);
  encoder.value(value, "value", transfer);
  return encoder.take();
}

/** Through a real port, as to a thread. */
async function send<T>(value: T, transfer?: object[]): Promise<T> {
  const { port1, port2 } = new MessageChannel();
  const { bytes, attachments, transferList } = message(value, transfer);
  const arrived = new Promise<MessageEvent>((resolve) => port2.onmessage = resolve);
  port1.postMessage({ bytes, attachments }, transferList as Transferable[]);
  const { data } = await arrived;
  port1.close();
  port2.close();
  return new Decoder(data.bytes, data.attachments).value() as T;
}

describe("to a thread", () => {
  it("large buffers are copied once and ride beside the bytes", async () => {
    const big = Float64Array.from({ length: LARGE / 8 }, (_, i) => i);
    const value = { big, again: big, buffer: big.buffer, small: new Uint8Array(10) };
    const { bytes, attachments, transferList } = message(value);
    assert.ok(bytes.length < 200);
    assert.equal(attachments.length, 1);
    assert.deepEqual(transferList, attachments);
    assert.notEqual(attachments[0], big.buffer);
    assert.equal(difference(value, await send(value)), null);
    assert.equal(big.byteLength, LARGE);
  });

  it("a large part of a larger buffer", async () => {
    const value = [new Uint16Array(new ArrayBuffer(4 * LARGE), LARGE, LARGE).fill(7)];
    const { attachments } = message(value);
    assert.equal((attachments[0] as ArrayBuffer).byteLength, 2 * LARGE);
    const [copy] = await send(value);
    assert.equal(copy.length, LARGE);
    assert.equal(copy[LARGE - 1], 7);
    const both = { part: value[0], whole: value[0].buffer };
    assert.equal(difference(both, await send(both)), null);
  });

  it("shared memory stays shared", async () => {
    const shared = new SharedArrayBuffer(16);
    const value = {
      shared,
      view: new Int32Array(shared, 4, 2),
      again: shared,
      late: new Uint8Array(shared, 15),
    };
    assert.equal(message(value).attachments.length, 1);
    const copy = await send(value);
    assert.equal(copy.view.buffer, copy.shared);
    assert.equal(copy.again, copy.shared);
    assert.deepEqual([copy.view.byteOffset, copy.view.length, copy.late.length], [4, 2, 1]);
    copy.view[0] = 77;
    assert.equal(value.view[0], 77);
  });

  it("shared memory that can grow", async () => {
    const shared = new SharedArrayBuffer(4, { maxByteLength: 16 });
    const copy = await send([new Uint8Array(shared), shared] as const);
    assert.equal(copy[0].buffer, copy[1]);
    shared.grow(8);
    assert.equal(copy[0].length, 8);
  });

  it("the same shared memory in two values of a message", () => {
    const shared = new SharedArrayBuffer(16);
    const encoder = new Encoder("thread");
    encoder.value([shared], "a");
    encoder.value([shared], "b");
    const { bytes, attachments } = encoder.take();
    assert.deepEqual(attachments, [shared]);
    const decoder = new Decoder(bytes, attachments);
    assert.equal((decoder.value() as unknown[])[0], shared);
    assert.equal((decoder.value() as unknown[])[0], shared);
  });

  it("ports are moved", async () => {
    const { port1, port2 } = new MessageChannel();
    const copy = await send({ port: port2, again: port2 });
    assert.equal(copy.port, copy.again);
    const arrived = new Promise<MessageEvent>((resolve) => copy.port.onmessage = resolve);
    port1.postMessage("through");
    assert.equal((await arrived).data, "through");
    port1.close();
    copy.port.close();
  });

  it("everything else travels as to a process", async () => {
    const value = {
      list: [1, , new Map([["a", new Date(3)]])],
      error: new TypeError("x"),
      big: 2n ** 70n,
    };
    assert.equal(difference(value, await send(value)), null);
  });
});

describe("transfer", () => {
  it("to a thread: moved without a copy", async () => {
    const view = new Uint8Array(10).fill(5);
    const { attachments, transferList } = message({ view, buffer: view.buffer }, [view.buffer]);
    assert.equal(view.byteLength, 0, "it belongs to the message at once");
    assert.deepEqual(attachments, [new Uint8Array(10).fill(5).buffer]);
    assert.deepEqual(transferList, attachments);
    const other = new Uint8Array(10).fill(5);
    const copy = await send({ view: other, buffer: other.buffer }, [other.buffer]);
    assert.equal(copy.view.buffer, copy.buffer);
    assert.deepEqual([...copy.view], [...new Array(10).fill(5)]);
  });

  it("to a process: copied, then emptied", () => {
    const view = new Uint8Array(new ArrayBuffer(32), 4, 8).fill(6);
    const { buffer } = view;
    const { bytes, attachments, transferList } = message([view], [buffer], "process");
    assert.deepEqual([attachments, transferList], [[], []]);
    assert.equal(buffer.detached, true);
    const [copy] = new Decoder(bytes).value() as Uint8Array[];
    assert.deepEqual([copy.byteOffset, copy.length, copy.buffer.byteLength], [4, 8, 32]);
    assert.equal(copy[7], 6);
  });

  it("what the value does not contain is moved, too", () => {
    for (const route of ["thread", "process"] as const) {
      const buffer = new ArrayBuffer(8);
      assert.deepEqual(message(1, [buffer], route).transferList, []);
      assert.equal(buffer.detached, true);
    }
    const { port1, port2 } = new MessageChannel();
    assert.deepEqual(message(1, [port1]).transferList, [port1]);
    port1.close();
    port2.close();
  });

  it("nothing is moved when the value is refused", () => {
    for (const route of ["process", "thread"] as const) {
      const buffer = new ArrayBuffer(8);
      const encoder = new Encoder(route);
      assert.throws(() => encoder.value([buffer, Symbol("s")], "v", [buffer]), SerializationError);
      assert.equal(buffer.byteLength, 8);
      assert.deepEqual({ ...encoder.take(), bytes: 0 }, {
        bytes: 0,
        attachments: [],
        holds: [],
        transferList: [],
      });
    }
  });

  it("bad transfer lists", () => {
    const { port1, port2 } = new MessageChannel();
    const buffer = new ArrayBuffer(8);
    const gone = new ArrayBuffer(8);
    structuredClone(gone, { transfer: [gone] });
    const cases: [unknown[], "process" | "thread", RegExp][] = [
      [[buffer, buffer], "thread", /^Cannot send transfer\[1\]: it is in the list twice/],
      [[new Uint8Array(8)], "process", /transfer\[0\]: it is a Uint8Array; name its buffer/],
      [[new SharedArrayBuffer(8)], "thread", /shared memory; only ArrayBuffers and MessagePorts/],
      [[{}], "thread", /class Object; only ArrayBuffers and MessagePorts/],
      [[5], "thread", /of type number; /],
      [[null], "thread", /it is null; /],
      [[gone], "process", /moved away before; it can be moved only once/],
      [[port1], "process", /transfer\[0\]: it is a MessagePort; it only travels to threads/],
    ];
    for (const [list, route, wanted] of cases) {
      assert.throws(() => message([buffer], list as object[], route), (error: Error) => {
        assert.ok(error instanceof SerializationError);
        assert.match(error.message, wanted);
        assert.match(error.path!, /^transfer\[\d\]$/);
        return true;
      });
    }
    assert.throws(() => message(1, "list" as unknown as object[]), TypeError);
    assert.equal(buffer.byteLength, 8);
    port1.close();
    port2.close();
  });

  it("what is moved is moved once", () => {
    const { port1, port2 } = new MessageChannel();
    const buffer = new ArrayBuffer(8);
    const encoder = new Encoder("thread");
    encoder.value([buffer, port1], "a", [buffer, port1]);
    assert.throws(() => encoder.value(1, "b", [buffer]), /moved away before/);
    assert.throws(() => encoder.value(1, "b", [port1]), /by an earlier value of the same message/);
    assert.throws(() => encoder.value(buffer, "c"), SerializationError);
    assert.equal(encoder.take().transferList.length, 2);
    assert.throws(() => encoder.value(port1, "d"), /a MessagePort that was sent before/);
    port1.close();
    port2.close();
  });
});
