/** What a lane has said on its channel has left before a task may block the thread. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Lane } from "../../../src/lane/lane.ts";
import type { Channel, Message } from "../../../src/runtime/mod.ts";

/** A channel whose messages leave when the test says so. */
class SlowChannel {
  readonly sent: Message[] = [];
  #flushed: (() => void)[] = [];

  send(message: Message): void {
    this.sent.push(message);
  }

  flush(): Promise<void> {
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  /** Everything so far has left. Resolves when whoever waited for that has gone on. */
  async leave(): Promise<void> {
    for (const resolve of this.#flushed.splice(0)) resolve();
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }
}

function laneOn(channel: SlowChannel): Lane {
  return new Lane(channel as unknown as Channel, () => {}, () => {});
}

/** What a parent offers. */
function offer(): Message {
  const channel = new SlowChannel();
  laneOn(channel).offer(true);
  return channel.sent[0];
}

describe("Lane.flush", () => {
  it("waits until the lane was accepted, also if that was said meanwhile", async () => {
    const { bytes, attachments } = offer();
    for (const meanwhile of [false, true]) {
      const channel = new SlowChannel();
      const lane = laneOn(channel);
      let left = false;
      const flush = () => void lane.flush()!.then(() => left = true);
      if (meanwhile) flush();
      lane.receive(bytes, attachments);
      assert.equal(channel.sent.length, 1);
      if (meanwhile) await channel.leave();
      else flush();
      assert.equal(left, false);
      await channel.leave();
      assert.equal(left, true);
      lane.close();
    }
  });

  it("waits until a ring has left, and for nothing where nothing was said", async () => {
    const { bytes, attachments } = offer();
    const channel = new SlowChannel();
    const lane = laneOn(channel);
    lane.receive(bytes, attachments);
    const first = lane.flush();
    await channel.leave();
    await first;
    assert.equal(lane.flush(), null);
    // Nobody reads the other side: it has to be woken, once.
    const message = { bytes: new Uint8Array([1, 2]), attachments: [], transferList: [], holds: [] };
    lane.send(message);
    assert.equal(channel.sent.length, 2);
    const second = lane.flush();
    assert.notEqual(second, null);
    await channel.leave();
    await second;
    lane.send(message);
    assert.equal(channel.sent.length, 2);
    assert.equal(lane.flush(), null);
    lane.close();
  });
});
