/** Agents that die past a gate, or between two words: what the next one makes of it. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { CHANNEL_EXTRA, initChannel } from "../../../src/channel/make.ts";
import {
  awaitDone,
  CHANNEL,
  itemCount,
  itemDone,
  putItem,
  takeItem,
} from "../../../src/channel/channel_words.ts";
import { AT, CHANNEL_WORDS } from "../../../src/channel/layout.ts";
import { LIFE } from "../../../src/memory/layout.ts";
import { EXPIRED } from "../../../src/park/operation.ts";
import { makeEnd } from "../../../src/park/travel.ts";
import { describeMethods } from "../../support/methods.ts";
import type { Method } from "../../support/methods.ts";

/** A channel, and the number of an agent that is dead. */
function make(method: Method, items = 0) {
  const end = makeEnd(method, CHANNEL_WORDS, CHANNEL_EXTRA);
  const { words, at, arena } = end.block;
  initChannel(words, at, { items }, arena.place);
  const agent = end.member.self.standIn();
  const dead = agent.id;
  agent.end(LIFE.DEAD);
  const put = (byte: number, timeout = Infinity) => {
    const item = { buffer: new Uint8Array(10).fill(byte), length: 10 };
    return end.waitSync(putItem, item, { timeout }, "put");
  };
  const take = (timeout = Infinity) => {
    let came = -1;
    const taker = { take: (bytes: Uint8Array) => void (came = bytes[0]) };
    const result = end.waitSync(takeItem, taker, { timeout }, "take");
    return result === CHANNEL.DONE ? came : result;
  };
  const set = (word: number, value: number) => void (words[at + word] = value);
  const add = (word: number, value: number) => void (words[at + word] += value);
  return { end, dead, put, take, set, add, count: () => end.now(itemCount, 0) };
}

describeMethods("A channel whose putter died past the gate", (method) => {
  it("before its item was there: the next one takes its place", () => {
    const { dead, put, take, set, count } = make(method);
    put(1);
    set(AT.PUT_GATE, dead);
    assert.equal(take(), 1, "takers have a gate of their own");
    put(2);
    assert.equal(count(), 1);
    assert.equal(take(), 2);
    assert.equal(take(0), EXPIRED);
  });

  it("with its item there, but not counted: it is there, and counted again", () => {
    for (const takenFirst of [false, true]) {
      const { dead, put, take, set, add, count } = make(method, 3);
      put(1);
      put(2);
      add(AT.PUTS, -1);
      set(AT.PUT_GATE, dead);
      assert.equal(count(), 1);
      if (takenFirst) assert.deepEqual([take(), take()], [1, 2]);
      put(3);
      assert.equal(count(), takenFirst ? 1 : 3);
      if (!takenFirst) assert.equal(put(4, 0), EXPIRED, "three is the limit");
      if (!takenFirst) assert.deepEqual([take(), take()], [1, 2]);
      assert.equal(take(), 3);
      assert.equal(count(), 0);
    }
  });

  it("with its item there, but not counted: its work can be done", () => {
    const { end, dead, put, take, set, add } = make(method);
    put(1);
    add(AT.PUTS, -1);
    set(AT.PUT_GATE, dead);
    assert.equal(take(), 1);
    assert.equal(end.now(itemDone, 0), CHANNEL.DONE);
    assert.equal(end.now(itemDone, 0), 0, "but once only");
    assert.equal(end.waitSync(awaitDone, 0, { timeout: 0 }, "join"), CHANNEL.DONE);
    put(2);
    assert.equal(end.waitSync(awaitDone, 0, { timeout: 0 }, "join"), EXPIRED);
    assert.equal(take(), 2);
    assert.equal(end.now(itemDone, 0), CHANNEL.DONE);
    assert.equal(end.waitSync(awaitDone, 0, { timeout: 0 }, "join"), CHANNEL.DONE);
  });
});

describeMethods("A channel whose taker died past the gate", (method) => {
  it("before it had its item: the next one gets it", () => {
    const { dead, put, take, set, count } = make(method);
    put(1);
    set(AT.TAKE_GATE, dead);
    put(2);
    assert.deepEqual([take(), take()], [1, 2]);
    assert.equal(count(), 0);
  });

  it("with its item gone, but not counted: the count comes right, and so does the limit", () => {
    const { dead, put, take, set, add, count } = make(method, 2);
    put(1);
    put(2);
    assert.equal(take(), 1);
    add(AT.TAKES, -1);
    set(AT.TAKE_GATE, dead);
    assert.equal(take(), 2);
    assert.equal(count(), 0);
    put(3, 0);
    put(4, 0);
    assert.equal(put(5, 0), EXPIRED);
    assert.deepEqual([take(), take(), take(0)], [3, 4, EXPIRED]);
  });

  it("with its item gone, but not counted: putters that wait for room get it", () => {
    const { dead, put, take, set, add } = make(method, 1);
    put(1);
    assert.equal(take(), 1);
    add(AT.TAKES, -1);
    set(AT.TAKE_GATE, dead);
    assert.equal(put(2, 2000), CHANNEL.DONE, "the queue is empty");
    assert.equal(take(), 2);
  });
});
