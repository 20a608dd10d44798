/**
 * Layer 12, manager. The answers to one client on their way out: those of one message of its make one
 * message, and so do those of one turn. Owns that message.
 *
 * @module
 */

import type { Lane } from "../lane/lane.ts";
import { writeItem, writeSized } from "../pool/items.ts";
import { Encoder } from "../wire/encode.ts";
import { seal } from "../wire/envelope.ts";
import type { Hello } from "./link.ts";
import { END, MANAGER_VERSION, SAY, unsendableError } from "./messages.ts";
import type { Entry } from "./objects.ts";

/** Answers that leave. */
export class Answers {
  readonly #lane: Lane;
  /** An answer is read once: what it refers to is handed over with it. */
  readonly #encoder = new Encoder("process", { once: true });
  /** Kinds of registered classes that the client has been told of. */
  readonly #told = new Set<number>();
  #reading = false;
  #scheduled = false;
  #open = true;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** Runs something that answers: what it says leaves at its end. */
  together(read: () => void): void {
    this.#reading = true;
    try {
      read();
    } finally {
      this.#reading = false;
      this.flush();
    }
  }

  /** Says who the server is. */
  greet({ uid, name, pid, address }: Hello): void {
    const encoder = this.#encoder;
    encoder.u8(SAY.HELLO);
    encoder.varint(MANAGER_VERSION);
    encoder.string(uid);
    encoder.string(name);
    encoder.varint(pid);
    encoder.value(address, "address");
    this.flush();
  }

  /** A call came to a value. */
  result(id: number, value: unknown): void {
    if (!this.#open) return;
    const encoder = this.#encoder;
    const start = encoder.length;
    try {
      encoder.u8(SAY.RESULT);
      encoder.varint(id);
      writeItem(encoder, value, "result");
    } catch (error) {
      encoder.truncate(start);
      return this.failure(id, error);
    }
    this.#schedule();
  }

  /** A call came to an error. */
  failure(id: number, error: unknown): void {
    if (!this.#open) return;
    const encoder = this.#encoder;
    encoder.u8(SAY.FAILURE);
    encoder.varint(id);
    const start = encoder.length;
    try {
      writeSized(encoder, error, "error");
    } catch (refused) {
      encoder.truncate(start);
      writeSized(encoder, unsendableError(refused), "error");
    }
    this.#schedule();
  }

  /** A call has made an object. */
  object(id: number, { id: object, kind }: Entry): void {
    if (!this.#open) return;
    const encoder = this.#encoder;
    encoder.u8(SAY.OBJECT);
    encoder.varint(id);
    encoder.varint(object);
    encoder.varint(kind.number);
    if (!kind.builtIn) {
      const known = this.#told.has(kind.number);
      encoder.u8(known ? 0 : 1);
      if (!known) {
        this.#told.add(kind.number);
        encoder.string(kind.name);
        encoder.varint(kind.methods.length);
        for (const method of kind.methods) encoder.string(method);
      }
    }
    this.#schedule();
  }

  /** A call was given up by its client. */
  cancelled(id: number): void {
    if (!this.#open) return;
    this.#encoder.u8(SAY.CANCELLED);
    this.#encoder.varint(id);
    this.#schedule();
  }

  /** Sends what there is. */
  flush(): void {
    if (!this.#open || this.#encoder.length === 0) return;
    this.#encoder.u8(END);
    this.#lane.send(seal(this.#encoder));
  }

  /** Nothing leaves any more. */
  close(): void {
    this.#open = false;
    this.#encoder.reset();
  }

  #schedule(): void {
    if (this.#reading || this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
