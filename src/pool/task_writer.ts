/**
 * Layer 10, pool. Writes tasks for one worker. Owns which functions the worker knows, and the
 * encoder; the format is in `messages.ts`.
 *
 * An item that cannot be sent fails alone: its place is marked, the others go.
 *
 * @module
 */

import { SerializationError } from "../errors.ts";
import type { Message } from "../wire/encode.ts";
import { Encoder } from "../wire/encode.ts";
import type { Route } from "../wire/encode.ts";
import { seal } from "../wire/envelope.ts";
import type { Encoded } from "./encoded.ts";
import { writeEncodedItem, writeItem, writeSized } from "./items.ts";
import * as wire from "./messages.ts";
import { type Run, SKIPPED } from "./run.ts";

/** The slot of each function in this program's workers; slots are reused in turn. */
// deno-lint-ignore ban-types
const slots = new WeakMap<Function, number>();
let nextSlot = 0;

/** The writing side of a worker's channel. */
export class TaskWriter {
  #encoder: Encoder;
  // deno-lint-ignore ban-types
  #known: (WeakRef<Function> | undefined)[] = [];
  #onUnsendable: (run: Run, offset: number, error: unknown) => void;
  /** Flags that every run has. */
  #flags: number;

  /**
   * @param onUnsendable Called, in a later turn, for each item that cannot be sent.
   * @param traced Whether the worker is to say when each item began.
   */
  constructor(
    route: Route,
    onUnsendable: (run: Run, offset: number, error: unknown) => void,
    traced: boolean,
  ) {
    this.#encoder = new Encoder(route);
    this.#onUnsendable = onUnsendable;
    this.#flags = traced ? wire.TRACED : 0;
  }

  /** Writes runs into one message. `frame` is its number, and whether its items are claimed. */
  write(frame: number, runs: readonly Run[]): Message {
    const encoder = this.#encoder;
    encoder.u8(wire.TASKS);
    encoder.u8(frame);
    for (const run of runs) this.#write(encoder, run);
    encoder.varint(0);
    return seal(encoder);
  }

  /**
   * Writes a run whose arguments were encoded with attachments. They are counted from 0, so the
   * function, which may have attachments too, goes ahead in a message of its own.
   */
  writeAlone(frame: number, run: Run): Message[] {
    const encoder = this.#encoder;
    const messages: Message[] = [];
    encoder.u8(wire.TASKS);
    encoder.u8(wire.NO_FRAME);
    this.#tryDefine(encoder, run);
    if (encoder.length > 2) {
      encoder.varint(0);
      messages.push(seal(encoder));
    } else encoder.reset();
    const { bytes, holds } = this.write(frame, [run]);
    const { encoded } = run; // gone, if it cannot be sent
    if (encoded === null) messages.push({ bytes, attachments: [], transferList: [], holds });
    else {
      const { attachments, transferList } = encoded;
      const all = [...holds, ...encoded.takeHolds()];
      messages.push({ bytes, attachments, transferList, holds: all });
      run.encoded = null; // what was transferred is gone: a second try encodes the arguments anew
    }
    return messages;
  }

  /** Makes sure that the worker has the function; returns its slot. */
  #define(encoder: Encoder, run: Run): number {
    const { fn } = run.job.call;
    let slot = slots.get(fn);
    if (slot === undefined) slots.set(fn, slot = nextSlot++ % wire.SLOTS);
    if (this.#known[slot]?.deref() === fn) return slot;
    encoder.varint(wire.DEFINE);
    encoder.varint(slot);
    writeSized(encoder, fn, "fn");
    this.#known[slot] = new WeakRef(fn);
    return slot;
  }

  /** The slot of a run's function, or `null` if the function cannot be sent any more. */
  #tryDefine(encoder: Encoder, run: Run): number | null {
    const start = encoder.length;
    try {
      return this.#define(encoder, run);
    } catch (error) {
      // It could travel when it was submitted: what is bound to it has changed since.
      encoder.truncate(start);
      for (let i = 0; i < run.items.length; i++) this.#skip(run, i, error);
      return null;
    }
  }

  #write(encoder: Encoder, run: Run): void {
    const { call, failFast } = run.job;
    const slot = this.#tryDefine(encoder, run);
    encoder.varint(run.id + 1);
    encoder.varint(slot ?? 0);
    encoder.u8(
      (call.star ? wire.STAR : 0) | (call.guarded ? wire.GUARDED : 0) |
        (run.exact ? wire.EXACT : 0) |
        (failFast ? wire.FAIL_FAST : 0) | this.#flags,
    );
    encoder.varint(run.attempt);
    encoder.varint(run.first);
    if (run.encoded !== null && slot !== null) this.#writeEncoded(encoder, run, run.encoded);
    else for (let i = 0; i < run.items.length; i++) this.#writeItem(encoder, run, i);
    encoder.u8(wire.END);
  }

  /** There may be no room for it: then it fails by itself. */
  #writeEncoded(encoder: Encoder, run: Run, encoded: Encoded): void {
    const start = encoder.length;
    try {
      writeEncodedItem(encoder, encoded);
      for (const url of encoded.modules) encoder.modules.add(url);
    } catch (error) {
      encoder.truncate(start);
      encoder.u8(wire.SKIP);
      this.#skip(run, 0, error);
    }
  }

  #writeItem(encoder: Encoder, run: Run, offset: number): void {
    const item = run.items[offset];
    if (item === SKIPPED) return encoder.u8(wire.SKIP);
    try {
      writeItem(encoder, item, "item");
    } catch (error) {
      encoder.u8(wire.SKIP);
      this.#skip(run, offset, atItem(error, run.first + offset));
    }
  }

  /** An item that cannot be sent fails now, and only now: not again when the run is repeated. */
  #skip(run: Run, offset: number, error: unknown): void {
    if (run.hasFailed(offset)) return;
    run.setFailed(offset);
    queueMicrotask(() => this.#onUnsendable(run, offset, error));
  }
}

/** Gives a failure to encode an item the item's place in the input. */
function atItem(error: unknown, index: number): unknown {
  if (!(error instanceof SerializationError) || !error.path?.startsWith("item")) return error;
  const place = `items[${index}]`;
  const moved = new SerializationError(error.message.replace("item", place), {
    cause: error.cause,
  });
  moved.path = place + error.path.slice("item".length);
  return moved;
}
