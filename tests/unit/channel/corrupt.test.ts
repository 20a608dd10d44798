/** Words of a channel that somebody has spoilt: an error, again and again, and never a hang. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { Channel } from "../../../src/channel/channel.ts";
import { CHANNEL_EXTRA, initChannel } from "../../../src/channel/make.ts";
import { shut } from "../../../src/channel/channel_words.ts";
import { AT, CHANNEL_WORDS, FIRST_RING_BYTES } from "../../../src/channel/layout.ts";
import { makeEnd } from "../../../src/park/travel.ts";
import { QUEUE_WORDING } from "../../../src/queue/wording.ts";
import { describeMethods } from "../../support/methods.ts";
import type { Method } from "../../support/methods.ts";

/** A channel, and its words. */
function make(method: Method) {
  const end = makeEnd(method, CHANNEL_WORDS, CHANNEL_EXTRA);
  const { block } = end;
  initChannel(block.words, block.at, { items: 0 }, block.arena.place);
  const channel = new Channel(end, QUEUE_WORDING);
  const put = (...items: unknown[]) => {
    for (const item of items) assert.equal(channel.putNowait(item, "item"), true);
  };
  const set = (at: number, value: number) => void (block.words[block.at + at] = value);
  const get = (at: number) => block.words[block.at + at];
  return { channel, end, put, set, get };
}

const ENDED = { name: "ProtocolError", message: /no item/ };

/** Every way to take fails, and every way to put. */
async function checkEnded({ channel }: ReturnType<typeof make>): Promise<void> {
  for (let round = 0; round < 2; round++) {
    assert.throws(() => channel.takeNowait(), ENDED);
    assert.throws(() => channel.takeSync({ timeout: 0 }), ENDED);
    assert.throws(() => channel.takeSync(), ENDED);
    await assert.rejects(channel.take({ timeout: 0 }), ENDED);
    await assert.rejects(channel.take(), ENDED);
    assert.throws(() => channel.putNowait(1, "item"), { name: "QueueShutDown" });
    assert.throws(() => channel.putSync(1, "item"), { name: "QueueShutDown" });
    await assert.rejects(channel.put(1, "item"), { name: "QueueShutDown" });
  }
}

describeMethods("A channel with a false length", (method) => {
  const lengths = [
    -1,
    -(2 ** 31),
    2 ** 31 - 1,
    2 ** 31 - 4,
    2 ** 30,
    FIRST_RING_BYTES,
    FIRST_RING_BYTES - 3,
    101, // more than there is
  ];
  for (const length of lengths) {
    it(`is at its end: ${length}`, async () => {
      const made = make(method);
      made.put("x".repeat(20), "y".repeat(20));
      made.set(AT.FIRST_RING, length);
      await checkEnded(made);
    });
  }

  it("gives what came before", async () => {
    const made = make(method);
    made.put("first");
    const second = made.get(AT.TAILS) / 4;
    made.put("second", "third");
    made.set(AT.FIRST_RING + second, 5000);
    assert.equal(made.channel.takeNowait(), "first");
    await checkEnded(made);
  });
});

describeMethods("A channel with a false position", (method) => {
  for (const tail of [FIRST_RING_BYTES + 4, 2 ** 30, -4, -(2 ** 31), 2, 1]) {
    it(`is at its end: it seems to have been written to ${tail}`, async () => {
      const made = make(method);
      made.set(AT.TAILS, tail);
      if (tail === FIRST_RING_BYTES + 4) made.set(AT.FIRST_RING, 8);
      await checkEnded(made);
    });
  }

  it("is at its end: it seems to have been read further than it was written", async () => {
    const made = make(method);
    made.put("one", "two");
    made.set(AT.HEADS, made.get(AT.TAILS) + 4);
    await checkEnded(made);
  });

  for (const ring of [-1, 21, 1000, 2 ** 31 - 1]) {
    it(`ends: there is no ring ${ring} to read on in`, async () => {
      const made = make(method);
      made.set(AT.PUT_RING, ring);
      await checkEnded(made);
    });
  }

  for (const ring of [-1, 5, 21, 2 ** 31 - 1]) {
    it(`ends: there is no ring ${ring} to read`, async () => {
      const made = make(method);
      made.put("one");
      made.set(AT.TAKE_RING, ring);
      if (ring === 5) made.set(AT.TAILS + 5, 8);
      await checkEnded(made);
    });
  }
});

describeMethods("A channel that turns out to be spoilt", (method) => {
  it("ends the waits of those who put, and of all who take", async () => {
    const made = make(method);
    const { channel, set, end } = made;
    const takes = Promise.allSettled([channel.take(), channel.take(), channel.take()]);
    set(AT.FIRST_RING, -1);
    set(AT.TAILS, 8);
    end.waitSync(shut, 0, undefined, "shut"); // wakes them
    for (const take of await takes) {
      assert.equal(take.status === "rejected" && take.reason.name, "ProtocolError");
    }
    await checkEnded(made);
  });

  it("loses an item whose bytes make no sense, and goes on", async () => {
    const { channel, put, set } = make(method);
    put("spoilt", "after");
    set(AT.FIRST_RING + 1, -1);
    assert.throws(() => channel.takeNowait(), { name: "ProtocolError" });
    assert.equal(await channel.take(), "after");
  });

  it("loses an item of nothing, and goes on", () => {
    const { channel, put, set } = make(method);
    put("whole");
    set(AT.FIRST_RING, 0); // an item of nothing
    set(AT.TAILS, 4); // which is only its length
    put("after");
    assert.throws(() => channel.takeNowait(), { name: "ProtocolError", message: /0 bytes/ });
    assert.equal(channel.takeNowait(), "after");
  });
});
