/**
 * Layer 5, lane. A channel with a lane beside it: what is short goes through shared memory, without
 * the operating system, and what the memory cannot carry over the channel. One order for both.
 *
 * The parent offers a lane at any time; until the child has accepted, and where it cannot, all goes
 * over the channel. Each side says on the channel where it changes over:
 *
 * ```text
 * parent ── OFFER ──▶ child        where the memory is
 * parent ◀─ ACCEPT ── child        the last message of the child that was not announced in its ring
 * parent ── SWITCH ─▶ child        the last one of the parent
 *        ◀─ RING ──▶               look into the ring: there is something, or room
 * ```
 *
 * @module
 */

import { Deque } from "../deque.ts";
import { ProtocolError } from "../errors.ts";
import type { Channel, Message } from "../runtime/mod.ts";
import { PATIENCE_MS } from "../park/self.ts";
import { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import { Claims } from "./claims.ts";
import { DIRECTION, FIRST_RING, FIRST_RING_AT } from "./layout.ts";
import { LaneMemory } from "./memory.ts";
import { expect, forget, watch } from "./poller.ts";
import type { Polled } from "./poller.ts";
import { NOTHING, RingReader, RingWriter } from "./ring.ts";

/** The first byte of what lanes say on the channel; messages of others begin with less. */
const LANE = 0xff;
const OFFER = 1;
const ACCEPT = 2;
const REFUSE = 3;
const SWITCH = 4;
const DOORBELL = 5;
/**
 * How long an answer is looked for where the other side had to be woken: longer than that takes.
 * Otherwise both would go on waking each other for ever, each a moment too late.
 */
const WAKING_MS = 0.1;
/** After looking in vain again and again, so many times are left out. */
const MAX_SKIPPED = 64;
const NOBODY: readonly unknown[] = [];

/** Takes messages. */
export type Deliver = (bytes: Uint8Array, attachments: readonly unknown[]) => void;

/** A channel with a lane. */
export class Lane implements Polled {
  readonly #channel: Channel;
  readonly #deliver: Deliver;
  readonly #onFault: (error: unknown) => void;
  #memory: LaneMemory | null = null;
  #offered = false;
  #out: RingWriter | null = null;
  /** Ready to be read from when the other side has changed over. */
  #next: RingReader | null = null;
  #in: RingReader | null = null;
  /** For which there was no room. */
  #waiting = new Deque<Message>();
  /** What has come over the channel and was announced in the ring, or will be. */
  #beside: { bytes: Uint8Array; attachments: readonly unknown[] }[] = [];
  /** The next message is beside the ring. */
  #announced = false;
  #sentBeside = false;
  /** Looking has been in vain: how often it is left out the next time, and still now. */
  #misses = 1;
  #skip = 0;
  /** The other side had to be woken, and has not answered. */
  #rang = false;
  #drained: (() => void)[] = [];

  /**
   * @param deliver Called with each message, in their order. Must not throw.
   * @param onFault Called once if what is in the ring is no message; nothing is read any more.
   */
  constructor(channel: Channel, deliver: Deliver, onFault: (error: unknown) => void) {
    this.#channel = channel;
    this.#deliver = deliver;
    this.#onFault = onFault;
  }

  /** The claims, as soon as this side writes into the ring. */
  claims: Claims | null = null;

  /** Parent: offers a lane, once. */
  offer(thread: boolean): void {
    if (this.#offered) return;
    this.#offered = true;
    this.#memory = LaneMemory.make(thread);
    if (this.#memory === null) return;
    const { pid, file, key, buffer } = this.#memory.address;
    const encoder = new Encoder(thread ? "thread" : "process");
    encoder.u8(LANE);
    encoder.u8(OFFER);
    encoder.varint(pid);
    encoder.varint(file + 1);
    encoder.u32(key >>> 0);
    if (buffer !== null) encoder.attach(buffer);
    this.#channel.send(encoder.take());
  }

  /** Sends a message. Never blocks; what does not fit waits here. */
  send(message: Message): void {
    if (this.#out === null) return this.#channel.send(message);
    if (this.#waiting.length > 0 || !this.#write(message, this.#out)) {
      this.#waiting.push(message);
      this.#pump();
    }
    this.#ring(this.#out);
  }

  /** Resolves when everything sent so far has left this process; `null` if it has. */
  flush(): Promise<void> | null {
    if (this.#waiting.length > 0) {
      return new Promise<void>((resolve) => this.#drained.push(resolve))
        .then(() => this.#flushChannel());
    }
    return this.#out === null || this.#sentBeside ? this.#flushChannel() : null;
  }

  /** A ring, too, has to leave before a task may block: the next one would wait behind it. */
  async #flushChannel(): Promise<void> {
    do {
      this.#sentBeside = false;
      await this.#channel.flush();
    } while (this.#sentBeside);
  }

  /** Looks for a message for a moment: one is expected soon. */
  expect(): void {
    if (this.#in === null) return;
    if (this.#skip > 0) {
      this.#skip--;
      if (this.#in.sleep()) return;
    }
    this.#in.wake();
    expect(this);
  }

  /** Takes what has come over the channel. */
  receive(bytes: Uint8Array, attachments: readonly unknown[]): void {
    if (bytes[0] === LANE) return this.#hear(bytes, attachments);
    if (this.#in === null) return this.#deliver(bytes, attachments);
    this.#beside.push({ bytes, attachments });
    this.#look();
    // It was announced before it was sent.
    if (this.#beside.length > 0) this.#fail(new ProtocolError("A message was not announced"));
  }

  drain(): boolean {
    const from = this.#in;
    if (from === null) return false;
    let any = false;
    while (this.#announced || !from.isEmpty) {
      if (this.#announced) {
        const message = this.#beside.shift();
        if (message === undefined) break;
        this.#announced = false;
        this.#deliver(message.bytes, message.attachments);
      } else {
        const bytes = this.#read(from);
        this.#rang = false;
        if (from.takeFull()) this.#say(DOORBELL);
        if (bytes === null) this.#announced = true;
        else if (bytes !== NOTHING) this.#deliver(bytes, NOBODY);
        else break;
      }
      any = true;
    }
    return any;
  }

  patience(): number {
    return this.#rang ? WAKING_MS : PATIENCE_MS;
  }

  found(): void {
    this.#misses = 1;
  }

  giveUp(): boolean {
    if (this.#in !== null && !this.#in.sleep()) return false;
    this.#skip = this.#misses;
    this.#misses = Math.min(2 * this.#misses, MAX_SKIPPED);
    return true;
  }

  /** Gives the memory back. What is in the ring can still be drained. */
  close(): void {
    forget(this);
    this.#memory?.close();
    this.#out = null;
    this.#waiting = new Deque();
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  #write(message: Message, out: RingWriter): boolean {
    const { bytes, attachments, transferList } = message;
    if (attachments.length === 0 && transferList.length === 0 && out.fits(bytes.length)) {
      return out.write(bytes);
    }
    if (!out.writeBeside()) return false;
    this.#sentBeside = true;
    this.#rang ||= out.takeAsleep(); // the message itself wakes the other side
    this.#channel.send(message);
    return true;
  }

  #ring(out: RingWriter): void {
    if (!out.takeAsleep()) return;
    this.#rang = true;
    this.#say(DOORBELL);
  }

  /** Writes what waits, as far as there is room. */
  #pump(): void {
    const out = this.#out;
    if (out === null) return;
    const waiting = this.#waiting;
    for (let message = waiting.peek(); message !== undefined; message = waiting.peek()) {
      if (this.#write(message, out)) waiting.shift();
      else if (out.askForRoom()) break;
    }
    this.#ring(out);
    if (this.#waiting.length === 0) { for (const resolve of this.#drained.splice(0)) resolve(); }
  }

  #read(from: RingReader): ReturnType<RingReader["read"]> {
    try {
      return from.read();
    } catch (error) {
      this.#fail(error);
      return NOTHING;
    }
  }

  #fail(error: unknown): void {
    forget(this);
    this.#in = null;
    this.#beside = [];
    this.#onFault(error);
  }

  /** Reads what is there, and goes on looking for a moment. */
  #look(): void {
    this.drain();
    this.expect();
  }

  #hear(bytes: Uint8Array, attachments: readonly unknown[]): void {
    switch (bytes[1]) {
      case OFFER:
        return this.#answer(bytes, attachments);
      case ACCEPT:
        this.#openRings(this.#memory!, "parent");
        this.#say(SWITCH);
        this.#in = this.#next;
        watch(this);
        return this.#look();
      case REFUSE:
        this.#memory?.close();
        return;
      case SWITCH:
        this.#in = this.#next;
        watch(this);
        return this.#look();
      case DOORBELL:
        if (this.#waiting.length > 0) this.#pump();
        if (this.#in !== null) this.#look();
    }
  }

  #answer(bytes: Uint8Array, attachments: readonly unknown[]): void {
    const decoder = new Decoder(bytes, attachments);
    decoder.u8();
    decoder.u8();
    const pid = decoder.varint();
    const file = decoder.varint() - 1;
    const key = decoder.u32() | 0;
    const buffer = file < 0 ? decoder.attachment(0) as SharedArrayBuffer : null;
    const memory = LaneMemory.reach({ pid, file, key, buffer });
    if (memory === null) return this.#say(REFUSE);
    this.#say(ACCEPT);
    this.#openRings(memory, "child");
  }

  #openRings(memory: LaneMemory, side: "parent" | "child"): void {
    const { buffer, words } = memory.root;
    const place = (offset: number) => ({ buffer, offset, bytes: FIRST_RING, page: 0 });
    const down = place(FIRST_RING_AT.TO_CHILD);
    const up = place(FIRST_RING_AT.TO_PARENT);
    const [out, into] = side === "parent" ? [down, up] : [up, down];
    const [outAt, inAt] = side === "parent"
      ? [DIRECTION.TO_CHILD, DIRECTION.TO_PARENT]
      : [DIRECTION.TO_PARENT, DIRECTION.TO_CHILD];
    this.#memory = memory;
    this.#out = new RingWriter(words, outAt, out, memory);
    this.#next = new RingReader(words, inAt, into, memory);
    this.claims = new Claims(words);
  }

  #say(what: number): void {
    this.#sentBeside = true;
    this.#channel.send({ bytes: new Uint8Array([LANE, what]), attachments: [], transferList: [] });
  }
}
