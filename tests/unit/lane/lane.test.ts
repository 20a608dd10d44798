import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { MessageChannel } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { ProtocolError } from "../../../src/errors.ts";
import { FIRST_RING } from "../../../src/lane/layout.ts";
import { Lane } from "../../../src/lane/lane.ts";
import { PortChannel } from "../../../src/runtime/port_channel.ts";
import type { PortLike, Posted } from "../../../src/runtime/port_channel.ts";

/** One side of a lane, with what it has received. */
class Side {
  readonly lane: Lane;
  readonly channel: PortChannel;
  readonly received: number[] = [];
  readonly faults: unknown[] = [];
  readonly attachments: (readonly unknown[])[] = [];
  posted = 0;
  #until: { count: number; resolve: () => void } | null = null;

  constructor(port: MessagePort) {
    const counted: PortLike = {
      postMessage: (value, transfer) => {
        this.posted++;
        port.postMessage(value, transfer as ArrayBuffer[]);
      },
      on: (event, listener) => port.on(event, listener as (value: Posted) => void),
    };
    this.channel = new PortChannel(counted, () => port.close());
    this.lane = new Lane(this.channel, (bytes, attachments) => {
      this.received.push(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
      if (attachments.length > 0) this.attachments.push(attachments);
      if (this.#until !== null && this.received.length >= this.#until.count) this.#until.resolve();
    }, (error) => this.faults.push(error));
    this.channel.open((bytes, attachments) => this.lane.receive(bytes, attachments), () => {});
  }

  /** Sends a message that begins with a number; `beside` over the channel. */
  send(number: number, length = 4, beside?: object): void {
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint32(0, number);
    this.lane.send({ bytes, attachments: beside ? [beside] : [], transferList: [] });
  }

  has(count: number): Promise<void> {
    if (this.received.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#until = { count, resolve });
  }
}

const open: Side[] = [];
afterEach(() => {
  for (const side of open.splice(0)) side.lane.close(), side.channel.close();
});

function pair(): [Side, Side] {
  const { port1, port2 } = new MessageChannel();
  const sides: [Side, Side] = [new Side(port1), new Side(port2)];
  open.push(...sides);
  return sides;
}

/** A lane that both sides use. */
async function changedOver(): Promise<[Side, Side]> {
  const [parent, child] = pair();
  parent.lane.offer(true);
  parent.send(0);
  await child.has(1);
  child.send(0);
  await parent.has(1);
  while (parent.lane.claims === null || child.lane.claims === null) await turn();
  return [parent, child];
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("lane", () => {
  it("keeps the order while both sides change over", async () => {
    const [parent, child] = pair();
    for (let i = 0; i < 400; i++) {
      if (i === 20) parent.lane.offer(true);
      parent.send(i);
      child.send(i);
      if (i % 7 === 0) await turn();
    }
    await Promise.all([parent.has(400), child.has(400)]);
    assert.deepEqual(parent.received, upTo(400));
    assert.deepEqual(child.received, upTo(400));
    assert.ok(parent.lane.claims !== null && child.lane.claims !== null, "they changed over");
  });

  it("keeps the order of what is in the ring and what is beside it", async () => {
    const [parent, child] = await changedOver();
    for (let i = 1; i < 300; i++) {
      parent.send(
        i,
        i % 10 === 0 ? FIRST_RING : 4,
        i % 3 === 0 ? new SharedArrayBuffer(1) : undefined,
      );
      if (i % 50 === 0) await turn();
    }
    await child.has(300);
    assert.deepEqual(child.received, upTo(300));
    assert.equal(child.attachments.length, 99);
  });

  it("sends short messages without the channel while the other side is awake", async () => {
    const [parent, child] = await changedOver();
    const before = parent.posted;
    for (let i = 1; i <= 1000; i++) parent.send(i);
    assert.ok(parent.posted - before <= 1, `${parent.posted - before} messages`);
    await child.has(1001);
  });

  it("waits for room, and is flushed when all has been read or lies in the ring", async () => {
    const [parent, child] = await changedOver();
    for (let i = 1; i <= 100; i++) parent.send(i, 8000);
    const flushed = parent.lane.flush();
    assert.ok(flushed !== null, "it does not fit");
    await flushed;
    await child.has(101);
    assert.deepEqual(child.received, upTo(101));
    parent.send(101);
    assert.equal(parent.lane.flush(), null);
    await child.has(102);
  });

  it("has a fault where a message comes that was not announced", async () => {
    const [parent, child] = await changedOver();
    parent.channel.send({ bytes: new Uint8Array(8), attachments: [], transferList: [] });
    while (child.faults.length === 0) await turn();
    assert.ok(child.faults[0] instanceof ProtocolError);
    assert.equal(child.received.length, 1);
  });
});
