/**
 * Layer 10, pool. What a worker says: reads its messages, takes note of them in what its pool knows of
 * it, and tells the pool. Owns this direction of the channel's format, which `messages.ts` describes.
 *
 * @module
 */

import { Decoder } from "../wire/decode.ts";
import { remoteError as errorFrom } from "../wire/remote_error.ts";
import type { Deque } from "../deque.ts";
import type { Frames } from "./frames.ts";
import { readEntry, readLast, Unreadable } from "./items.ts";
import * as wire from "./messages.ts";
import type { Meter } from "./meter.ts";
import type { Run } from "./run.ts";
import type { TracedWorker, Track } from "./trace.ts";

/** What a worker tells its pool. */
export interface WorkerEvents<W> {
  readonly meter: Meter;
  ready(worker: W): void;
  broken(worker: W, error: unknown): void;
  result(run: Run, offset: number, value: unknown): void;
  failure(run: Run, offset: number, error: unknown): void;
  /** Items of a run are done, in `milliseconds` from `began` of the worker's time on. */
  progress(
    worker: W,
    run: Run,
    items: number,
    milliseconds: number,
    began: number,
  ): void;
  /** Everything of one message was delivered. */
  idle(worker: W): void;
  started(worker: W, run: Run, offset: number): void;
  /** Runs were taken back from it. */
  returned(worker: W, runs: Run[]): void;
  report(run: Run, offset: number, value: unknown): void;
  exited(worker: W, code: number): void;
}

/** What is known of a worker, as far as its messages change it. */
export interface Speaker extends TracedWorker {
  readonly name: string;
  readonly child: { readonly pid: number };
  readonly outstanding: Deque<Run>;
  readonly track: Track | null;
  ready: boolean;
  readyAt: number;
  uncaught: unknown;
  /** Forgets a run: it is over. */
  forget(run: Run): void;
  /** Gives runs back that it will not do. */
  handBack(runs: Run[]): void;
}

/** Reads what one worker says. */
export class Answers<W extends Speaker> {
  readonly #worker: W;
  readonly #frames: Frames;
  readonly #events: WorkerEvents<W>;

  constructor(worker: W, frames: Frames, events: WorkerEvents<W>) {
    this.#worker = worker;
    this.#frames = frames;
    this.#events = events;
  }

  /** Reads a message. */
  read(bytes: Uint8Array, attachments: readonly unknown[]): void {
    const decoder = new Decoder(bytes, attachments);
    const worker = this.#worker;
    const events = this.#events;
    switch (decoder.u8()) {
      case wire.RESULTS:
        return this.#readResults(decoder);
      case wire.READY:
        worker.clock.begin(decoder.f64());
        worker.readyAt = performance.now();
        worker.clock.heard(decoder.f64(), worker.readyAt);
        worker.ready = true;
        if (worker.track !== null) worker.track.readyAt = worker.readyAt;
        return events.ready(worker);
      case wire.BROKEN:
        return events.broken(worker, read(decoder));
      case wire.UNCAUGHT:
        worker.uncaught ??= remoteError(read(decoder), worker);
        return;
      case wire.STARTED: {
        const run = this.#find(decoder.varint());
        this.#frames.first?.progress(0, performance.now());
        if (run === undefined) return;
        run.begun = decoder.varint();
        return events.started(worker, run, run.begun);
      }
      case wire.LISTENS: {
        const run = this.#find(decoder.varint());
        if (run !== undefined) run.listening = true;
        return;
      }
      case wire.REPORT: {
        const run = this.#find(decoder.varint());
        const offset = decoder.varint();
        if (run !== undefined && offset >= run.done) events.report(run, offset, read(decoder));
        return;
      }
      case wire.RECALLED: {
        const number = decoder.u8();
        return worker.handBack(this.#frames.recalled(number, decoder.varint()));
      }
    }
  }

  /** Answers come in the order of the runs. */
  #find(id: number): Run | undefined {
    const { outstanding } = this.#worker;
    const first = outstanding.peek();
    if (first?.id === id) return first;
    for (const run of outstanding) if (run.id === id) return run;
    return undefined;
  }

  #readResults(decoder: Decoder): void {
    const worker = this.#worker;
    const events = this.#events;
    const { trace } = events.meter;
    const now = performance.now();
    let at = decoder.f64();
    let began = 0;
    let ran = 0;
    for (let id = decoder.varint(); id > 0; id = decoder.varint()) {
      if (id === wire.OVER) {
        this.#frames.over(decoder.u8(), now);
        continue;
      }
      const run = this.#find(id - 1);
      const first = decoder.varint();
      let offset = first;
      let entry = decoder.u8();
      for (; entry !== wire.END && entry !== wire.END_RUN; entry = decoder.u8()) {
        if (entry === wire.TIMED) {
          began = decoder.f64();
          ran = decoder.f64();
          continue;
        }
        const value = readEntry(decoder, entry);
        if (run === undefined) continue;
        if (trace !== null) trace.task(worker, run, offset, began, ran, entry, value);
        if (run.stopped) continue;
        run.done = offset + 1;
        run.listening = false;
        if (run.hasFailed(offset)) {
          offset++;
          continue;
        }
        if (value instanceof Unreadable) events.failure(run, offset, value.error);
        else if (entry === wire.FAILURE) events.failure(run, offset, remoteError(value, worker));
        else events.result(run, offset, value);
        offset++;
      }
      const milliseconds = Math.max(0, decoder.f64()) || 0;
      this.#frames.first?.progress(offset - first, now);
      at += milliseconds;
      if (run === undefined) continue;
      if (entry === wire.END_RUN) worker.forget(run);
      events.progress(worker, run, offset - first, milliseconds, at - milliseconds);
    }
    worker.clock.heard(at, now);
    events.idle(worker);
  }
}

/** What a message is about, or the reason why it cannot be read. */
function read(decoder: Decoder): unknown {
  const value = readLast(decoder);
  return value instanceof Unreadable ? value.error : value;
}

/** Keeps the worker's stack as the cause of an error, and the error's own cause behind it. */
function remoteError(error: unknown, { name, child }: Speaker): unknown {
  return errorFrom(error, `${name} (pid ${child.pid})`);
}
