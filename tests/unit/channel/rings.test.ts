/** The rings of a channel: where they begin again, where they grow, and what does not fit. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CHANNEL_EXTRA, initChannel } from "../../../src/channel/make.ts";
import { CHANNEL, itemCount, tryPut, tryTake } from "../../../src/channel/channel_words.ts";
import { AT, CHANNEL_WORDS, FIRST_RING_BYTES, ringBytes } from "../../../src/channel/layout.ts";
import { frameBytes } from "../../../src/channel/rings.ts";
import { AGAIN } from "../../../src/park/operation.ts";
import { makeEnd } from "../../../src/park/travel.ts";
import { describeMethods } from "../../support/methods.ts";
import type { Method } from "../../support/methods.ts";

/** A channel, and what it takes and gives. In mapped pages where there are any, or in an array. */
function make(method: Method, { items = 0, lastRing = LAST }) {
  const end = makeEnd(method, CHANNEL_WORDS, CHANNEL_EXTRA);
  const { block } = end;
  initChannel(block.words, block.at, { items, grows: lastRing }, block.arena.place);
  block.words[block.at + AT.LAST_RING] = lastRing;
  return {
    put: (bytes: Uint8Array) => end.now(tryPut, { buffer: bytes, length: bytes.length }),
    take(): Uint8Array | number {
      let came: Uint8Array | null = null;
      const result = end.now(tryTake, { take: (bytes) => void (came = bytes.slice()) });
      return came ?? result;
    },
    count: () => end.now(itemCount, 0),
    word: (at: number) => block.words[block.at + at],
    set: (at: number, value: number) => void (block.words[block.at + at] = value),
  };
}

/** 16 MiB: enough here. */
const LAST = 13;

let stamp = 0;

/** Bytes that differ from one item to the next. */
function bytesOf(length: number): Uint8Array {
  stamp = stamp % 250 + 1;
  return Uint8Array.from({ length }, (_, i) => (stamp * 31 + i * 7) & 255);
}

/** Numbers that look random, the same each time. */
function numbers(seed: number): (below: number) => number {
  return (below) => {
    seed = Math.imul(seed, 1664525) + 1013904223 | 0;
    return (seed >>> 8) % below;
  };
}

/** Puts and takes by chance, beside an array that does the same. */
function mix(channel: ReturnType<typeof make>, steps: number, longest: number, size: number): void {
  const next = numbers(steps + longest);
  const expected: Uint8Array[] = [];
  let used = 0;
  for (let step = 0; step < steps; step++) {
    if (next(2) === 0) {
      const bytes = bytesOf(next(longest + 1));
      const fits = used + frameBytes(bytes.length) <= size;
      assert.equal(channel.put(bytes), fits ? CHANNEL.DONE : AGAIN);
      if (fits) used += frameBytes(expected[expected.push(bytes) - 1].length);
    } else {
      const bytes = expected.shift();
      if (bytes !== undefined) used -= frameBytes(bytes.length);
      assert.deepEqual(channel.take(), bytes ?? AGAIN);
    }
    assert.equal(channel.count(), expected.length);
  }
  for (const bytes of expected) assert.deepEqual(channel.take(), bytes);
  assert.equal(channel.take(), AGAIN);
}

describeMethods("The first ring, which may not grow", (method) => {
  const first = { lastRing: 0 };

  it("takes items that end exactly at its end, again and again", () => {
    const channel = make(method, first);
    for (let round = 0; round < 5; round++) {
      const all = [508, 1020, 508].map(bytesOf);
      for (const bytes of all) assert.equal(channel.put(bytes), CHANNEL.DONE);
      assert.equal(channel.put(new Uint8Array(0)), AGAIN, "it is full to the last byte");
      for (const bytes of all) assert.deepEqual(channel.take(), bytes);
      assert.equal(channel.word(AT.TAILS) % FIRST_RING_BYTES, 0);
    }
  });

  it("splits items at every place", () => {
    const channel = make(method, first);
    for (let position = 0; position < FIRST_RING_BYTES; position += 4) {
      assert.equal(channel.word(AT.TAILS) % FIRST_RING_BYTES, position);
      const all = [FIRST_RING_BYTES - 4, FIRST_RING_BYTES - 60, 3, 21].map(bytesOf);
      for (const bytes of all) {
        assert.equal(channel.put(bytes), CHANNEL.DONE);
        assert.deepEqual(channel.take(), bytes);
      }
      // A round of the ring and a word more.
      const frames = all.reduce((sum, { length }) => sum + frameBytes(length), 0);
      for (let left = 3 * FIRST_RING_BYTES + 4 - frames; left > 0;) {
        const length = Math.min(left, 1024) - 4;
        assert.equal(channel.put(bytesOf(length)), CHANNEL.DONE);
        channel.take();
        left -= frameBytes(length);
      }
    }
  });

  it("takes what there is room for, in items of all lengths", () => {
    for (const longest of [0, 5, 30, 300, 2044]) {
      mix(make(method, first), 2000, longest, FIRST_RING_BYTES);
    }
  });

  it("goes on where its positions and counts wrap around", () => {
    for (const position of [2 ** 31, 2 ** 32]) {
      const channel = make(method, first);
      for (const at of [AT.TAILS, AT.HEADS]) channel.set(at, position - 1000);
      for (const at of [AT.PUTS, AT.TAKES]) channel.set(at, position - 10);
      mix(channel, 1000, 100, FIRST_RING_BYTES);
      assert.ok(channel.word(AT.TAILS) >>> 0 < position - 1000 || position === 2 ** 31);
    }
  });
});

describeMethods("Rings that grow", (method) => {
  it("keep the order of what lies in the old one and in the new ones", () => {
    const channel = make(method, {});
    const next = numbers(5);
    const expected: Uint8Array[] = [];
    while (channel.word(AT.PUT_RING) < 9) {
      for (let i = 0; i < 3; i++) {
        const bytes = bytesOf(next(3000));
        assert.equal(channel.put(bytes), CHANNEL.DONE);
        expected.push(bytes);
      }
      assert.deepEqual(channel.take(), expected.shift());
      assert.equal(channel.count(), expected.length);
    }
    for (const bytes of expected) assert.deepEqual(channel.take(), bytes);
    assert.equal(channel.take(), AGAIN);
    assert.equal(channel.word(AT.TAKE_RING), channel.word(AT.PUT_RING));
    mix(channel, 500, 2000, ringBytes(9));
  });

  it("are skipped by items that are larger than they are", () => {
    const channel = make(method, {});
    const all = [3, 100_000, 5, 5_000_000, 0].map(bytesOf);
    for (const bytes of all) assert.equal(channel.put(bytes), CHANNEL.DONE);
    for (const bytes of all) {
      const came = channel.take() as Uint8Array;
      assert.equal(came.length, bytes.length);
      assert.ok(came.every((byte, i) => byte === bytes[i]));
    }
    assert.equal(channel.count(), 0);
  });

  it("stop at the last one, and begin again there", () => {
    const channel = make(method, { lastRing: 2 });
    const all: Uint8Array[] = [];
    for (;;) {
      const bytes = bytesOf(200);
      if (channel.put(bytes) === AGAIN) break;
      all.push(bytes);
    }
    assert.equal(channel.word(AT.PUT_RING), 2);
    assert.ok(all.length >= Math.floor(ringBytes(2) / 204));
    for (const bytes of all) assert.deepEqual(channel.take(), bytes);
    mix(channel, 1000, 3000, ringBytes(2));
  });

  it("refuse an item that is larger than all of them, whatever is in them", () => {
    for (const lastRing of [0, 3]) {
      const channel = make(method, { lastRing });
      const most = ringBytes(lastRing) - 4;
      for (let round = 0; round < 2; round++) {
        assert.equal(channel.put(new Uint8Array(most + 1)), CHANNEL.TOO_LARGE);
        assert.equal(channel.put(bytesOf(5)), CHANNEL.DONE);
        assert.equal(channel.put(new Uint8Array(most + 1)), CHANNEL.TOO_LARGE);
        assert.equal((channel.take() as Uint8Array).length, 5);
        assert.equal(channel.put(bytesOf(most)), CHANNEL.DONE, "the largest that fits");
        assert.equal((channel.take() as Uint8Array).length, most);
      }
      assert.equal(channel.count(), 0);
    }
  });
});

describe("A channel with a limit of items", () => {
  it("counts them across rings", () => {
    const channel = make("thread", { items: 3 });
    for (const length of [1000, 3000, 9000]) {
      assert.equal(channel.put(bytesOf(length)), CHANNEL.DONE);
    }
    assert.equal(channel.put(bytesOf(1)), AGAIN);
    assert.equal((channel.take() as Uint8Array).length, 1000);
    assert.equal(channel.put(bytesOf(1)), CHANNEL.DONE);
    assert.equal(channel.put(bytesOf(1)), AGAIN);
    assert.equal(channel.count(), 3);
  });
});
