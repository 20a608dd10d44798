import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProtocolError } from "../../../src/errors.ts";
import { RING } from "../../../src/lane/layout.ts";
import { NOTHING, RingReader, RingWriter } from "../../../src/lane/ring.ts";
import type { RingMemory } from "../../../src/lane/ring.ts";

const FIRST = 4096;

/** Rings in one buffer each; notes what was given back. */
class Memory implements RingMemory {
  rings: ArrayBuffer[] = [new ArrayBuffer(FIRST)];
  released: number[] = [];
  limit = Infinity;

  grow(bytes: number): { page: number; buffer: ArrayBuffer } | null {
    if (bytes > this.limit) return null;
    const buffer = new ArrayBuffer(bytes);
    return { page: this.rings.push(buffer) - 1, buffer };
  }

  reach(page: number, bytes: number): ArrayBuffer {
    assert.equal(this.rings[page].byteLength, bytes);
    return this.rings[page];
  }

  release(page: number): void {
    this.released.push(page);
  }
}

function ends(memory: Memory) {
  const words = new Int32Array(new SharedArrayBuffer(4 * RING.LENGTH));
  const place = { buffer: memory.rings[0], offset: 0, bytes: FIRST, page: 0 };
  return {
    words,
    writer: new RingWriter(words, 0, place, memory),
    reader: new RingReader(words, 0, place, memory),
  };
}

/** Pseudo-random numbers from 0 to 1, the same ones every time. */
function randomFrom(seed: number): () => number {
  return () => (seed = Math.imul(seed, 1664525) + 1013904223 >>> 0) / 2 ** 32;
}

describe("lane: ring", () => {
  it("gives messages in their order, over every end of the ring and into larger ones", () => {
    const memory = new Memory();
    const { writer, reader } = ends(memory);
    const random = randomFrom(7);
    const sent: (Uint8Array | null)[] = [];
    let read = 0;
    for (let i = 0; i < 30_000; i++) {
      if (random() < 0.55) {
        const long = random() < 0.01;
        const message = random() < 0.1
          ? null
          : new Uint8Array(Math.floor(random() * (long ? 20_000 : 300))).fill(i);
        const written = message === null
          ? writer.writeBeside()
          : writer.fits(message.length) && writer.write(message);
        if (written) sent.push(message);
      } else {
        const message = reader.read();
        if (message === NOTHING) assert.equal(read, sent.length);
        else assert.deepEqual(message, sent[read++]);
      }
    }
    for (let message = reader.read(); message !== NOTHING; message = reader.read()) {
      assert.deepEqual(message, sent[read++]);
    }
    assert.equal(read, sent.length);
    assert.ok(read > 5000, `${read} messages`);
    assert.ok(memory.rings.length > 2, "it grew");
    assert.deepEqual(memory.released, memory.rings.map((_, i) => i).slice(1, -1));
  });

  it("is not confused when positions pass the largest number", () => {
    const { writer, reader } = ends(new Memory());
    const message = new Uint8Array(2000).fill(1);
    for (let sum = 0; sum < 2 ** 32 + 2 ** 20; sum += 2004 * 1000) {
      // A thousand steps at once: only the positions matter here.
      for (let i = 0; i < 1000; i++) {
        if (!writer.write(message)) assert.fail("no room");
        const read = reader.read();
        if (read === NOTHING || read?.length !== 2000) assert.fail("no message");
      }
    }
  });

  it("says when there is no room, and rings when there is again", () => {
    const memory = new Memory();
    memory.limit = FIRST;
    const { writer, reader } = ends(memory);
    const message = new Uint8Array(1000);
    assert.equal(writer.fits(FIRST), false);
    let written = 0;
    while (writer.write(message)) written++;
    assert.equal(written, 4);
    assert.equal(reader.takeFull(), false);
    assert.equal(writer.askForRoom(), true);
    reader.read();
    assert.equal(reader.takeFull(), true);
    assert.equal(reader.takeFull(), false, "one ring for one question");
    assert.equal(writer.askForRoom(), false, "there is room by now");
    assert.equal(writer.write(message), true);
  });

  it("rings a reader that sleeps, once", () => {
    const { writer, reader } = ends(new Memory());
    assert.equal(writer.takeAsleep(), false);
    assert.equal(reader.sleep(), true);
    writer.write(new Uint8Array(1));
    assert.equal(writer.takeAsleep(), true);
    assert.equal(writer.takeAsleep(), false);
    assert.equal(reader.sleep(), false, "there is a message");
    assert.equal(writer.takeAsleep(), false, "it does not sleep");
  });

  for (const length of [-7, 100, 1 << 20]) {
    it(`refuses a message of ${length} bytes where 8 are there`, () => {
      const memory = new Memory();
      const { writer, reader } = ends(memory);
      writer.write(new Uint8Array(4));
      new Int32Array(memory.rings[0])[0] = length;
      assert.throws(() => reader.read(), ProtocolError);
    });
  }
});
