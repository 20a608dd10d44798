/**
 * Layer 10, pool. One worker as its pool sees it. Owns the child, the runs that it was given and has
 * not answered, and both directions of the channel's format. The messages that the runs are in are in
 * `frames.ts`.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { Lane } from "../lane/lane.ts";
import type { Child } from "../runtime/mod.ts";
import type { StartMethod } from "../park/start_method.ts";
import { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import { seal } from "../wire/envelope.ts";
import { Incoming } from "../wire/incoming.ts";
import { remoteError as errorFrom } from "../wire/remote_error.ts";
import { Deque } from "./deque.ts";
import type { Frame } from "./frame.ts";
import { Frames } from "./frames.ts";
import * as wire from "./messages.ts";
import { readEntry, readLast, Unreadable } from "./items.ts";
import type { Meter } from "./meter.ts";
import type { Job, Run } from "./run.ts";
import { TaskWriter } from "./task_writer.ts";
import type { Track } from "./trace.ts";
import { WorkerClock } from "./worker_clock.ts";

/** A worker that is never idle gets its lane after so many messages: it costs some milliseconds. */
const OFFER_AFTER = 8;
/** An answer to so much work, in milliseconds, is looked out for. */
const SOON_MS = 0.1;

/** What a worker tells its pool. */
export interface WorkerEvents {
  readonly meter: Meter;
  ready(worker: WorkerHandle): void;
  broken(worker: WorkerHandle, error: unknown): void;
  result(run: Run, offset: number, value: unknown): void;
  failure(run: Run, offset: number, error: unknown): void;
  /**
   * Items of a run are done, in `milliseconds` from `began` of the worker's time on; `over` if all of
   * them are.
   */
  progress(
    worker: WorkerHandle,
    run: Run,
    items: number,
    milliseconds: number,
    over: boolean,
    began: number,
  ): void;
  /** Everything of one message was delivered. */
  idle(worker: WorkerHandle): void;
  started(worker: WorkerHandle, run: Run, offset: number): void;
  /** Runs were taken back from it. */
  returned(worker: WorkerHandle, runs: Run[]): void;
  report(run: Run, offset: number, value: unknown): void;
  exited(worker: WorkerHandle, code: number): void;
}

/** A worker. */
export class WorkerHandle {
  readonly name: string;
  readonly child: Child;
  /** Runs given and not over, in the order in which the worker takes them. */
  readonly outstanding: Deque<Run> = new Deque();
  ready = false;
  /** It was told to finish, or was killed. */
  stopping = false;
  /** Why its messages cannot be read. */
  fault: ProtocolError | null = null;
  /** The error that nobody caught in it, for which it ends, or has ended. */
  uncaught: unknown;
  /** Tasks that it may still be given. */
  tasksLeft: number;
  tasksDone = 0;
  busyMs = 0;
  readonly clock: WorkerClock = new WorkerClock();
  /** When it was ready. */
  readyAt = 0;
  /** Its place in the trace, where there is one. */
  track: Track | null = null;
  #writer: TaskWriter;
  #control: Encoder;
  #events: WorkerEvents;
  #lane: Lane;
  #thread: boolean;
  readonly #frames = new Frames();
  #sent = 0;
  readonly #incoming: Incoming;

  constructor(
    name: string,
    child: Child,
    method: StartMethod,
    maxTasks: number,
    events: WorkerEvents,
  ) {
    this.name = name;
    this.child = child;
    this.tasksLeft = maxTasks;
    this.#thread = method === "thread";
    const route = this.#thread ? "thread" : "process";
    const traced = events.meter.trace !== null;
    this.#writer = new TaskWriter(
      route,
      (run, at, error) => events.failure(run, at, error),
      traced,
    );
    this.#control = new Encoder(route);
    this.#events = events;
    const incoming = this.#incoming = new Incoming(
      (bytes, attachments) => {
        if (this.fault === null) this.#read(bytes, attachments);
      },
      (error) => this.#fail(error),
    );
    const lane = this.#lane = new Lane(
      child.channel,
      (bytes, attachments) => incoming.take(bytes, attachments),
      (error) => this.#fail(error),
    );
    child.channel.open((bytes, attachments) => lane.receive(bytes, attachments), () => {});
    child.exited.then(async (code) => {
      lane.drain(); // what it wrote before it died is there
      await incoming.settled();
      lane.close();
      this.#frames.letGo();
      events.exited(this, code);
    });
  }

  /** Runs that only this worker is to do, and has not been given. */
  readonly pinned: Run[] = [];

  /** Messages of tasks that it is not past. */
  get frames(): number {
    return this.#frames.length;
  }

  /** Whether it can be sent nothing until it is past a message. */
  get full(): boolean {
    return this.#frames.full;
  }

  /** The frame that has most of what could be taken back. */
  get laggard(): Frame | null {
    return this.#frames.laggard;
  }

  /**
   * The item that was begun last, of those that have no result.
   *
   * @returns `null` if there is none; `undefined` if nobody knows.
   */
  get running(): { run: Run; offset: number } | null | undefined {
    const last = this.#frames.begunLast;
    return !last || last.offset >= last.run.done ? last : null;
  }

  /** Milliseconds of work that it has, as far as anybody knows. */
  get load(): number {
    return this.#frames.load;
  }

  /** When the oldest message of tasks that it is not past was sent, or something of it was heard. */
  get heardAt(): number {
    return this.#frames.first?.heardAt ?? performance.now();
  }

  /** The part of its time since it was ready that it has spent in tasks, as far as is known. */
  get utilisation(): number {
    if (!this.ready) return 0;
    const now = performance.now();
    const running = now - (this.#frames.first?.heardAt ?? now);
    return Math.min(1, (this.busyMs + running) / Math.max(now - this.readyAt, Number.MIN_VALUE));
  }

  /** Sends runs in one message. */
  send(runs: readonly Run[]): void {
    for (const run of runs) this.outstanding.push(run);
    const moves = Boolean(runs[0].encoded?.attachments.length);
    const frame = this.#frames.add(runs, this.#lane.claims, moves || runs[0].pinned);
    const mark = frame.number | (frame.claims === null ? 0 : wire.CLAIMED);
    const messages = moves
      ? this.#writer.writeAlone(mark, runs[0])
      : [this.#writer.write(mark, runs)];
    for (const message of messages) {
      frame.hold(message.holds);
      this.#lane.send(message);
    }
    if (++this.#sent === OFFER_AFTER || this.#thread) this.offerLane();
    if (this.load < SOON_MS) this.#lane.expect();
  }

  /** Offers it a lane, once. A good moment is when it has nothing to do. */
  offerLane(): void {
    this.#lane.offer(this.#thread);
  }

  /** Takes back a part of what has not begun of a frame. Where it must ask, that comes later. */
  takeBack(frame: Frame, part: number): void {
    if (frame.claims !== null) return this.#returned(frame.takeBack(part));
    frame.recall = "asked";
    this.#control.u8(wire.RECALL);
    this.#control.u8(frame.number);
    this.#lane.send(seal(this.#control));
  }

  /** Whether it was given a call and has not answered. */
  has(job: Job): boolean {
    for (const run of this.outstanding) if (run.job === job) return true;
    return false;
  }

  /** Whether it has begun a call that it was given, or may have. */
  hasBegun(job: Job): boolean {
    return this.#frames.hasBegun(job);
  }

  /** Takes back what is known not to have begun: see {@link Frames.takeAllBack}. */
  takeAllBack(given: Job | null): void {
    this.#returned(this.#frames.takeAllBack(given));
  }

  #returned(runs: Run[]): void {
    if (runs.length === 0) return;
    for (let i = runs.length - 1; i >= 0; i--) this.forget(runs[i]); // they are the last ones
    this.#events.returned(this, runs);
  }

  /** Asks the task of a run to stop by itself. */
  abort(run: Run, reason: unknown): void {
    const encoder = this.#control;
    encoder.u8(wire.ABORT);
    encoder.varint(run.id);
    try {
      encoder.value(reason, "reason");
    } catch {
      encoder.value(new DOMException(String(reason), "AbortError"), "reason");
    }
    this.#lane.send(seal(encoder));
  }

  /** Items of a run that have not begun are not wanted any more. */
  drop(run: Run): void {
    this.#control.u8(wire.DROP);
    this.#control.varint(run.id);
    this.#lane.send(seal(this.#control));
  }

  /** Tells it to finish what it has and exit. */
  stop(): void {
    this.stopping = true;
    this.#control.u8(wire.STOP);
    this.#lane.send(seal(this.#control));
  }

  /** Ends it now. */
  kill(): void {
    this.stopping = true;
    this.child.kill("SIGKILL");
  }

  /** Forgets a run: what arrives for it is ignored. */
  forget(run: Run): void {
    if (run.timer !== undefined) clearTimeout(run.timer);
    this.outstanding.remove(run);
  }

  /** A worker whose messages cannot be read is ended, and its work is dealt with as after a death. */
  #fail(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    this.fault ??= error;
    this.child.kill("SIGKILL");
  }

  #read(bytes: Uint8Array, attachments: readonly unknown[]): void {
    const decoder = new Decoder(bytes, attachments);
    const events = this.#events;
    switch (decoder.u8()) {
      case wire.RESULTS:
        return this.#readResults(decoder);
      case wire.READY:
        this.clock.begin(decoder.f64());
        this.readyAt = performance.now();
        this.clock.heard(decoder.f64(), this.readyAt);
        this.ready = true;
        if (this.track !== null) this.track.readyAt = this.readyAt;
        return events.ready(this);
      case wire.BROKEN:
        return events.broken(this, read(decoder));
      case wire.UNCAUGHT:
        this.uncaught ??= remoteError(read(decoder), this);
        return;
      case wire.STARTED: {
        const run = this.#find(decoder.varint());
        this.#frames.first?.progress(0, performance.now());
        if (run !== undefined) events.started(this, run, decoder.varint());
        return;
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
        return this.#returned(this.#frames.recalled(number, decoder.varint()));
      }
    }
  }

  /** Answers come in the order of the runs. */
  #find(id: number): Run | undefined {
    const first = this.outstanding.peek();
    if (first?.id === id) return first;
    for (const run of this.outstanding) if (run.id === id) return run;
    return undefined;
  }

  #readResults(decoder: Decoder): void {
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
        if (trace !== null) trace.task(this, run, offset, began, ran, entry, value);
        if (run.stopped) continue;
        run.done = offset + 1;
        run.listening = false;
        if (value instanceof Unreadable) events.failure(run, offset, value.error);
        else if (entry === wire.FAILURE) events.failure(run, offset, remoteError(value, this));
        else events.result(run, offset, value);
        offset++;
      }
      const milliseconds = Math.max(0, decoder.f64()) || 0;
      this.#frames.first?.progress(offset - first, now);
      at += milliseconds;
      if (run === undefined) continue;
      const over = entry === wire.END_RUN;
      if (over) this.forget(run);
      events.progress(this, run, offset - first, milliseconds, over, at - milliseconds);
    }
    this.clock.heard(at, now);
    events.idle(this);
  }
}

/** What a message is about, or the reason why it cannot be read. */
function read(decoder: Decoder): unknown {
  const value = readLast(decoder);
  return value instanceof Unreadable ? value.error : value;
}

/** Keeps the worker's stack as the cause of an error, and the error's own cause behind it. */
export function remoteError(error: unknown, worker: WorkerHandle): unknown {
  return errorFrom(error, `${worker.name} (pid ${worker.child.pid})`);
}
