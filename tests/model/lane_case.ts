/**
 * The rings of a lane: one writer, one reader, who sleep when there is nothing to do and are rung. The
 * bytes of the messages are no words of the model: all messages are the same ones, so that it does
 * not matter when they are written. Claims: items are begun or taken back, never both.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Claims } from "../../src/lane/claims.ts";
import { CLAIMS_AT, RING } from "../../src/lane/layout.ts";
import { NOTHING, RingReader, RingWriter } from "../../src/lane/ring.ts";
import { ModelAgent, NOWHERE, OBJECT, wordsOf } from "./agents.ts";
import { finds, holds } from "./cases.ts";
import { call, OP, step } from "./replay.ts";

const [a, b] = [0, 1].map((slot) => new ModelAgent(slot));
const MESSAGE = new Uint8Array([1, 2, 3, 4]);
/** Two messages fit: eight bytes each, and room to say that a larger ring follows. */
const BYTES = 32;
const buffer = new ArrayBuffer(BYTES);
const place = { buffer, offset: 0, bytes: BYTES, page: 0 };
const noMemory = {
  grow: () => null,
  reach: () => assert.fail("no other ring"),
  release: () => assert.fail("no other ring"),
};

const NAMES: Record<number, string> = {
  [RING.TAIL]: "TAIL",
  [RING.HEAD]: "HEAD",
  [RING.ASLEEP]: "ASLEEP",
  [RING.FULL]: "FULL",
};
const base = {
  words: wordsOf(RING.LENGTH),
  names: (at: number) => NAMES[at - OBJECT] ?? `word ${at}`,
};

/** Writes messages; waits for a ring where there is no room. */
function writing(count: number, waits: (writer: RingWriter) => boolean): () => void {
  return () => {
    const writer = new RingWriter(NOWHERE, OBJECT, place, noMemory);
    for (let i = 0; i < count; i++) {
      call(() => {
        for (;;) {
          const seen = a.bell();
          const written = writer.write(MESSAGE);
          if (writer.takeAsleep()) step(OP.RING, b.slot);
          if (written) return 0;
          if (waits(writer)) a.sleep(seen, Infinity);
        }
      });
    }
  };
}

/** Reads messages; waits for a ring where there is none. */
function reading(count: number, waits: (reader: RingReader) => boolean): () => number {
  return () => {
    const reader = new RingReader(NOWHERE, OBJECT, place, noMemory);
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      bytes += call(() => {
        for (;;) {
          const seen = b.bell();
          const message = reader.read();
          if (message !== NOTHING) {
            if (reader.takeFull()) step(OP.RING, a.slot);
            return message!.length;
          }
          if (waits(reader)) b.sleep(seen, Infinity);
        }
      });
    }
    return bytes;
  };
}

for (const count of [2, 4]) {
  holds({
    ...base,
    name: `lane: ${count} messages arrive, whoever sleeps`,
    agents: [
      writing(count, (writer) => writer.askForRoom()),
      reading(count, (reader) => reader.sleep()),
    ],
    check: ({ results }) => assert.equal(results[1], count * MESSAGE.length),
  });
}

finds({
  ...base,
  name: "lane: a reader that does not look again loses a ring",
  agents: [
    writing(2, (writer) => writer.askForRoom()),
    reading(2, (reader) => {
      const empty = reader.isEmpty;
      reader.sleep();
      return empty;
    }),
  ],
}, /deadlock/);

/** Claims of one message with three items. */
const ITEMS = 3;
const words = wordsOf(CLAIMS_AT + 16);
words[CLAIMS_AT] = ITEMS << 16;

for (const part of [0.5, 1]) {
  holds({
    words,
    names: (at) => at === CLAIMS_AT ? "the claim" : `word ${at}`,
    name: `lane: each item is begun or taken back, ${part} of the rest at a time`,
    agents: [
      () => {
        const claims = new Claims(NOWHERE);
        let begun = 0;
        while (call(() => claims.begin(0) ? 1 : 0)) begun++;
        return begun;
      },
      () => {
        const claims = new Claims(NOWHERE);
        return call(() => claims.takeBack(0, part)) + call(() => claims.takeBack(0, part));
      },
    ],
    check: ({ results }) => assert.equal(results[0]! + results[1]!, ITEMS),
  });
}
