/** Pipes in whose memory something else stands than was written: both sides are told. */

import assert from "node:assert/strict";
import { it } from "node:test";
import "../../../mod.ts";
import { CHANNEL_EXTRA, initChannel } from "../../../src/channel/make.ts";
import { AT, CHANNEL_WORDS, FIRST_RING_BYTES } from "../../../src/channel/layout.ts";
import { connect } from "../../../src/connection/connection.ts";
import { makeEnd } from "../../../src/park/travel.ts";
import { describeMethods } from "../../support/methods.ts";

describeMethods("Pipe with false words", (method) => {
  function make() {
    const end = makeEnd(method, CHANNEL_WORDS, CHANNEL_EXTRA);
    const { words, at, arena } = end.block;
    initChannel(words, at, { items: 0, grows: 0, sided: true }, arena.place);
    const reader = connect({ reader: end, writer: null, port: null });
    const writer = connect({ reader: null, writer: end, port: null });
    const set = (word: number, value: number) => Atomics.store(words, at + word, value);
    return { reader, writer, set };
  }

  const LENGTHS = [-1, -(2 ** 31), 2 ** 31 - 1, 5000, FIRST_RING_BYTES, FIRST_RING_BYTES - 3, 100];
  for (const length of LENGTHS) {
    it(`a message of length ${length} is a ProtocolError, for good`, async () => {
      const { reader, writer, set } = make();
      await writer.send("hello");
      set(AT.FIRST_RING, length);
      const refusal = { name: "ProtocolError", message: /no item/ };
      await assert.rejects(reader.recv(), refusal);
      assert.throws(() => reader.recvSync(), refusal);
      await assert.rejects(reader.recv({ timeout: 0 }), refusal);
      await assert.rejects(writer.send("more"), { name: "BrokenPipeError" });
      assert.throws(() => writer.sendSync("more"), { name: "BrokenPipeError" });
      assert.equal(await reader.poll(), true);
      reader.close();
      writer.close();
    });
  }

  for (const tail of [FIRST_RING_BYTES + 4, -4, 2 ** 30]) {
    it(`a ring that is full up to ${tail} is a ProtocolError`, async () => {
      const { reader, writer, set } = make();
      await writer.send("hello");
      set(AT.TAILS, tail);
      await assert.rejects(reader.recv(), { name: "ProtocolError" });
      await assert.rejects(writer.send("more"), { name: "BrokenPipeError" });
    });
  }

  it("bytes that are no value are a ProtocolError, and only that message is lost", async () => {
    const { reader, writer, set } = make();
    await writer.send("a message of some length");
    await writer.send("next");
    for (let word = 1; word <= 6; word++) set(AT.FIRST_RING + word, -1);
    await assert.rejects(reader.recv(), { name: "ProtocolError" });
    assert.equal(await reader.recv(), "next");
    assert.equal(await reader.poll(), false);
  });

  it("ends those who wait", async () => {
    const { reader, writer, set } = make();
    const text = "x".repeat(500);
    for (let n = 0; n < 3; n++) await writer.send(text);
    const send = writer.send("x".repeat(1500));
    send.catch(() => {});
    set(AT.FIRST_RING, -1);
    await assert.rejects(reader.recv(), { name: "ProtocolError" });
    await assert.rejects(send, { name: "BrokenPipeError" });
  });
});
