/**
 * Layer 10, pool. One worker as its pool sees it. Owns the child, the runs that it was given and has
 * not answered, and what is said to it; what it says is read in `answers.ts`. The messages that the runs
 * are in are in `frames.ts`.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { Lane } from "../lane/lane.ts";
import type { Child } from "../runtime/mod.ts";
import type { StartMethod } from "../park/start_method.ts";
import { show } from "../show.ts";
import { Encoder } from "../wire/encode.ts";
import { seal } from "../wire/envelope.ts";
import { Incoming } from "../wire/incoming.ts";
import { Answers } from "./answers.ts";
import type { Speaker, WorkerEvents } from "./answers.ts";
import { Deque } from "../deque.ts";
import type { Frame } from "./frame.ts";
import { Frames } from "./frames.ts";
import * as wire from "./messages.ts";
import type { Job, Run } from "./run.ts";
import { TaskWriter } from "./task_writer.ts";
import type { Track } from "./trace.ts";
import { WorkerClock } from "./worker_clock.ts";

/** A worker that is never idle gets its lane after so many messages: it costs some milliseconds. */
const OFFER_AFTER = 8;
/** An answer to so much work, in milliseconds, is looked out for. */
const SOON_MS = 0.1;

/** A worker. */
export class WorkerHandle implements Speaker {
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
  #events: WorkerEvents<WorkerHandle>;
  #lane: Lane;
  #thread: boolean;
  readonly #frames = new Frames();
  #sent = 0;

  constructor(
    name: string,
    child: Child,
    method: StartMethod,
    maxTasks: number,
    events: WorkerEvents<WorkerHandle>,
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
    const answers = new Answers<WorkerHandle>(this, this.#frames, events);
    const incoming = new Incoming(
      (bytes, attachments) => {
        if (this.fault === null) answers.read(bytes, attachments);
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

  /** Runs that only the worker in its place is to do: it is about to end. */
  readonly forNext: Run[] = [];

  /** Messages of tasks that it is not past. */
  get frames(): number {
    return this.#frames.length;
  }

  /** Whether it can be sent nothing until it is past a message. */
  get full(): boolean {
    return this.#frames.full;
  }

  /** Whether it is at a message of which nothing is left for it, and has not said that it is past it. */
  get isStuck(): boolean {
    return this.#frames.first?.isEmpty ?? false;
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
    const { first } = this.#frames;
    const running = first === undefined || first.isEmpty ? 0 : now - first.heardAt;
    return Math.min(1, (this.busyMs + running) / Math.max(now - this.readyAt, Number.MIN_VALUE));
  }

  /** Sends runs in one message. */
  send(runs: readonly Run[]): void {
    for (const run of runs) {
      this.outstanding.push(run);
      if (run.encoded !== null) run.encoded.sent = true;
    }
    const moves = Boolean(runs[0].encoded?.attachments.length);
    const frame = this.#frames.add(runs, this.#lane.claims, moves || runs[0].pinned);
    const mark = frame.number | (frame.claims === null ? 0 : wire.CLAIMED);
    const messages = moves
      ? this.#writer.writeAlone(mark, runs[0])
      : [this.#writer.write(mark, runs)];
    for (const message of messages) {
      if (message.transferList.length > 0) frame.fixed = true;
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
    if (frame.claims !== null) return this.handBack(frame.takeBack(part));
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
    this.handBack(this.#frames.takeAllBack(given));
  }

  /** Gives runs back that it will not do: the last ones that it was given. */
  handBack(runs: Run[]): void {
    if (runs.length === 0) return;
    for (let i = runs.length - 1; i >= 0; i--) this.forget(runs[i]);
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
      encoder.value(
        new DOMException(reason instanceof Error ? reason.message : show(reason), "AbortError"),
        "reason",
      );
    }
    this.#lane.send(seal(encoder));
  }

  /** Takes in what has come and was not looked at. */
  drain(): void {
    this.#lane.drain();
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
    const { encoded } = run;
    if (encoded === null) return;
    encoded.sent = false;
    if (run.left === 0 || run.job.settled) encoded.release();
  }

  /** A worker whose messages cannot be read is ended, and its work is dealt with as after a death. */
  #fail(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    this.fault ??= error;
    this.child.kill("SIGKILL");
  }
}
