/**
 * Layer 10, pool. The results of a worker that it has not sent yet. Owns the RESULTS message that is
 * being written and when it leaves.
 *
 * Results wait for each other while tasks are short and leave at once when they are long: at most
 * {@link FLUSH_MS} of finished work is unsent.
 *
 * @module
 */

import type { Lane } from "../lane/lane.ts";
import { Encoder } from "../wire/encode.ts";
import { seal } from "../wire/envelope.ts";
import { writeFailure, writeItem } from "./items.ts";
import * as wire from "./messages.ts";

const FLUSH_MS = 5;
/** Work without a look at what has arrived, at most. */
const TURN_MS = 50;
/** Items between two looks at the clock, at most. */
const MAX_STRIDE = 256;

/** Gathers results. */
export class Outbox {
  #lane: Lane;
  #out: Encoder;
  #runId = 0;
  #entryOpen = false;
  /** When the first task of the entry began. */
  #since = 0;
  #flushedAt = 0;
  #turnedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stride = 1;
  #untilLook = 1;

  constructor(lane: Lane, route: "thread" | "process") {
    this.#lane = lane;
    this.#out = new Encoder(route, { once: true });
    this.#out.u8(wire.RESULTS);
  }

  /** The event loop had its turn just now. */
  turned(): void {
    this.#flushedAt = this.#turnedAt = performance.now();
  }

  /** Results of this run follow; its first task begins now. */
  begin(runId: number): void {
    this.#runId = runId;
    this.#since = performance.now();
  }

  /** Adds a result; returns whether it could be sent. If not, its failure is. */
  result(offset: number, value: unknown): boolean {
    if (!this.#entryOpen) this.#openEntry(offset);
    try {
      writeItem(this.#out, value, "result");
      return true;
    } catch (error) {
      writeFailure(this.#out, error);
      return false;
    }
  }

  /** Says of the next result when its task began, and how long it ran. */
  timed(offset: number, began: number, milliseconds: number): void {
    if (!this.#entryOpen) this.#openEntry(offset);
    this.#out.u8(wire.TIMED);
    this.#out.f64(began);
    this.#out.f64(milliseconds);
  }

  /** Adds a failure. */
  failure(offset: number, error: unknown): void {
    if (!this.#entryOpen) this.#openEntry(offset);
    writeFailure(this.#out, error);
  }

  /** An offset has no result: the next one is named again. */
  skip(): void {
    if (this.#entryOpen) this.#closeEntry(wire.END);
  }

  /** The run has no more results. */
  end(): void {
    if (!this.#entryOpen) this.#openEntry(0);
    this.#closeEntry(wire.END_RUN);
  }

  /** The frame is over. */
  over(frame: number): void {
    if (this.#entryOpen) this.#closeEntry(wire.END);
    this.#head();
    this.#out.varint(wire.OVER);
    this.#out.u8(frame);
  }

  /**
   * Sends what is finished if it has waited long enough; returns whether the event loop is due. What its
   * turn brings may be the end of this process: then everything that is finished has left before.
   */
  settle(): boolean {
    if (--this.#untilLook > 0) return false;
    const now = performance.now();
    const since = now - this.#flushedAt;
    const due = now - this.#turnedAt > TURN_MS;
    if (due || since > FLUSH_MS) this.flush();
    if (since > FLUSH_MS) this.#stride = Math.max(1, this.#stride >> 2);
    else if (since < FLUSH_MS / 8 && this.#stride < MAX_STRIDE) this.#stride *= 2;
    this.#untilLook = this.#stride;
    return due;
  }

  /** An asynchronous task runs: what is finished leaves soon, even if it takes long. */
  flushLater(): void {
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  /** Sends what is finished. */
  flush(): void {
    if (this.#entryOpen) this.#closeEntry(wire.END);
    this.#flushedAt = performance.now();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#out.length <= 1) return;
    this.#out.varint(0);
    this.#lane.send(seal(this.#out));
    this.#out.u8(wire.RESULTS);
  }

  /** A message begins with the time at which its first task began. */
  #head(): void {
    if (this.#out.length === 1) this.#out.f64(this.#since);
  }

  #openEntry(offset: number): void {
    this.#head();
    this.#entryOpen = true;
    this.#out.varint(this.#runId + 1);
    this.#out.varint(offset);
  }

  #closeEntry(mark: number): void {
    const now = performance.now();
    this.#entryOpen = false;
    this.#out.u8(mark);
    this.#out.f64(now - this.#since);
    this.#since = now;
  }
}
