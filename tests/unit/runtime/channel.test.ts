import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { frame, FrameReader, joined, MAX_FRAME_BYTES } from "../../../src/runtime/frames.ts";
import {
  newSecret,
  sameSecret,
  secretFromText,
  secretToText,
} from "../../../src/runtime/secret.ts";
import { SocketChannel } from "../../../src/runtime/socket_channel.ts";
import type { ByteStream } from "../../../src/runtime/socket_channel.ts";
import type { Message } from "../../../src/runtime/types.ts";

function bytesOf(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, i) => (i * 7 + seed) & 0xff);
}

function message(bytes: Uint8Array<ArrayBuffer>): Message {
  return { bytes, attachments: [], transferList: [] };
}

describe("FrameReader", () => {
  const sent = [0, 1, 3, 4, 5, 1000, 65536, 65537, 200_000].map((length) =>
    bytesOf(length, length)
  );
  const stream = joined(sent.flatMap((bytes) => frame(bytes)));

  for (const step of [1, 3, 7, 4096, 65536, stream.length]) {
    it(`finds every message in pieces of ${step} bytes`, () => {
      const received: Uint8Array[] = [];
      const reader = new FrameReader((bytes) => received.push(bytes));
      for (let at = 0; at < stream.length; at += step) reader.push(stream.subarray(at, at + step));
      assert.deepEqual(received, sent);
      assert.equal(reader.target(), null);
    });
  }

  it("takes the rest of a long message directly", () => {
    const received: Uint8Array[] = [];
    const reader = new FrameReader((bytes) => received.push(bytes));
    const [whole] = [joined(frame(bytesOf(100_000)))];
    reader.push(whole.subarray(0, 10));
    for (let at = 10; at < whole.length;) {
      const target = reader.target()!;
      const count = Math.min(target.length, 30_000);
      target.set(whole.subarray(at, at + count));
      reader.filled(count);
      at += count;
    }
    assert.deepEqual(received, [bytesOf(100_000)]);
  });

  it("gives messages that do not change when the buffer is used again", () => {
    const received: Uint8Array[] = [];
    const reader = new FrameReader((bytes) => received.push(bytes));
    const buffer = joined(frame(bytesOf(10)));
    reader.push(buffer);
    buffer.fill(0);
    assert.deepEqual(received, [bytesOf(10)]);
  });

  it("refuses a length that no message has", () => {
    const reader = new FrameReader(() => {});
    assert.throws(() => reader.push(new Uint8Array([0xff, 0xff, 0xff, 0xff])), {
      name: "ProtocolError",
      message: new RegExp(String(MAX_FRAME_BYTES)),
    });
  });
});

/** A stream that writes when it is told to, and remembers what was written. */
class SlowStream implements ByteStream {
  written: Uint8Array[] = [];
  closed = false;
  reader: FrameReader | null = null;
  end: () => void = () => {};
  #finish: (() => void)[] = [];

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.written.push(bytes);
    return new Promise((resolve) => this.#finish.push(resolve));
  }
  read(reader: FrameReader, onEnd: () => void): void {
    this.reader = reader;
    this.end = onEnd;
  }
  close(): void {
    this.closed = true;
  }
  async finishWrite(): Promise<void> {
    this.#finish.shift()!();
    for (let i = 0; i < 5; i++) await Promise.resolve();
  }
}

describe("SocketChannel", () => {
  it("keeps what is sent before it is connected, in order", async () => {
    const channel = new SocketChannel();
    channel.send(message(bytesOf(3, 1)));
    channel.send(message(bytesOf(3, 2)));
    const stream = new SlowStream();
    channel.connect(stream);
    assert.deepEqual(
      joined(stream.written),
      joined([frame(bytesOf(3, 1)), frame(bytesOf(3, 2))].flat()),
    );
    await stream.finishWrite();
  });

  it("joins what is sent during a write into the next one", async () => {
    const channel = new SocketChannel();
    const stream = new SlowStream();
    channel.connect(stream);
    for (let i = 0; i < 10; i++) channel.send(message(bytesOf(5, i)));
    assert.equal(stream.written.length, 1);
    await stream.finishWrite();
    assert.equal(stream.written.length, 2);
    let flushed = false;
    const flush = channel.flush().then(() => flushed = true);
    await Promise.resolve();
    assert.equal(flushed, false);
    await stream.finishWrite();
    await flush;
    await channel.flush(); // nothing to wait for
  });

  it("delivers messages, then the end, once", () => {
    const channel = new SocketChannel();
    const stream = new SlowStream();
    const heard: (Uint8Array | string)[] = [];
    channel.open((bytes) => heard.push(bytes), () => heard.push("end"));
    channel.connect(stream);
    stream.reader!.push(joined(frame(bytesOf(4))));
    stream.end();
    channel.close();
    channel.send(message(bytesOf(1)));
    assert.deepEqual(heard, [bytesOf(4), "end"]);
    assert.equal(stream.closed, true);
    assert.equal(stream.written.length, 0);
  });

  it("tells the end to those who open it too late, and refuses a late stream", async () => {
    const channel = new SocketChannel();
    channel.close();
    let ended = 0;
    channel.open(() => {}, () => ended++);
    assert.equal(ended, 1);
    const stream = new SlowStream();
    channel.connect(stream);
    assert.equal(stream.closed, true);
    await channel.drained(0);
    await channel.flush();
  });

  it("ends the wait for last messages when its time is up", async () => {
    const channel = new SocketChannel();
    channel.connect(new SlowStream());
    let ended = false;
    channel.open(() => {}, () => ended = true);
    await channel.drained(1);
    assert.equal(ended, true);
  });
});

describe("Secrets", () => {
  it("differ, travel as text, and are compared as a whole", () => {
    const secret = newSecret();
    assert.notDeepEqual(secret, newSecret());
    assert.deepEqual(secretFromText(secretToText(secret)), secret);
    assert.equal(sameSecret(secret.slice(), secret), true);
    for (let i = 0; i < secret.length; i++) {
      const other = secret.slice();
      other[i] ^= 1;
      assert.equal(sameSecret(other, secret), false);
    }
    assert.equal(sameSecret(secret.subarray(1), secret), false);
    assert.equal(sameSecret(new Uint8Array(), secret), false);
  });
});
