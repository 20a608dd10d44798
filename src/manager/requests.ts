/**
 * Layer 12, manager. The requests of a link on their way out: those of one turn of the event loop make
 * one message. Owns that message, what waits for the connection, and what messages refer to until the
 * server has read them.
 *
 * @module
 */

import type { Lane } from "../lane/lane.ts";
import { Encoder } from "../wire/encode.ts";
import type { Message } from "../wire/encode.ts";
import { seal } from "../wire/envelope.ts";
import { ASK, END } from "./messages.ts";

/** Requests that leave. */
export class Requests {
  readonly #encoder = new Encoder("process");
  readonly #drops: number[] = [];
  #lane: Lane | null = null;
  #early: Message[] = [];
  #writing = false;
  #scheduled = false;
  #open = true;
  #lastId = 0;
  /** Calls without an answer. */
  #expected: () => number;
  /** What to release when a call of this number, or a later one, is answered. */
  #holds: { id: number; holds: (() => void)[] }[] = [];

  /** @param expected How many answers are expected. */
  constructor(expected: () => number) {
    this.#expected = expected;
  }

  /** A number for the next call. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** There is a connection: what was written before goes out now. */
  attach(lane: Lane): void {
    this.#lane = lane;
    for (const message of this.#early.splice(0)) lane.send(message);
  }

  /** Writes a request into the message of this turn; as it was before if that fails. */
  write(fill: (encoder: Encoder) => void): void {
    // What is being written may itself make calls: these have a message of their own.
    if (this.#writing) return this.writeNow(fill);
    const encoder = this.#encoder;
    const start = encoder.length;
    this.#writing = true;
    try {
      fill(encoder);
    } catch (error) {
      encoder.truncate(start);
      throw error;
    } finally {
      this.#writing = false;
    }
    this.#schedule();
  }

  /** Sends a request now, before what waits for the end of the turn. */
  writeNow(fill: (encoder: Encoder) => void): void {
    if (!this.#open) return;
    const encoder = new Encoder("process");
    fill(encoder);
    encoder.u8(END);
    this.#send(seal(encoder));
  }

  /** Gives a reference back, behind the calls of this turn. */
  drop(object: number): void {
    if (!this.#open) return;
    this.#drops.push(object);
    this.#schedule();
  }

  /** A call was answered: the server has read its message, and those before it. */
  answered(id: number): void {
    while (this.#holds.length > 0 && this.#holds[0].id <= id) {
      for (const release of this.#holds.shift()!.holds) release();
    }
  }

  /** Nothing leaves any more. */
  close(): void {
    this.#open = false;
    this.#early = [];
    this.#drops.length = 0;
    this.answered(Infinity);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (!this.#open) return this.#encoder.reset();
    const encoder = this.#encoder;
    if (this.#drops.length > 0) {
      for (const object of this.#drops.splice(0)) {
        encoder.u8(ASK.DROP);
        encoder.varint(object);
      }
    }
    encoder.u8(END);
    this.#send(seal(encoder));
  }

  #send(message: Message): void {
    if (message.holds.length > 0) this.#holds.push({ id: this.#lastId, holds: message.holds });
    if (this.#lane === null) return void this.#early.push(message);
    this.#lane.send(message);
    if (this.#expected() > 0) this.#lane.expect();
  }
}
