/**
 * Layer 10, pool. One worker as its pool sees it. Owns the child, the runs that it was given and has
 * not answered, the functions that it knows, and both directions of the channel's format.
 *
 * @module
 */

import { ProtocolError, RemoteError } from "../errors.ts";
import type { Child } from "../runtime/mod.ts";
import type { StartMethod } from "../park/start_method.ts";
import { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import type { Message } from "../wire/encode.ts";
import { modulesOf, seal } from "../wire/envelope.ts";
import { loadModules } from "../wire/functions/mod.ts";
import * as wire from "./messages.ts";
import { readEntry, readLast, Unreadable } from "./items.ts";
import type { Run } from "./run.ts";
import { TaskWriter } from "./task_writer.ts";

/** What a worker tells its pool. */
export interface WorkerEvents {
  ready(worker: WorkerHandle): void;
  broken(worker: WorkerHandle, error: unknown): void;
  result(run: Run, offset: number, value: unknown): void;
  failure(run: Run, offset: number, error: unknown): void;
  /** Items of a run are done, in `milliseconds`; `over` if all of them are. */
  progress(
    worker: WorkerHandle,
    run: Run,
    items: number,
    milliseconds: number,
    over: boolean,
  ): void;
  /** Everything of one message was delivered. */
  idle(worker: WorkerHandle): void;
  started(worker: WorkerHandle, run: Run, offset: number): void;
  report(run: Run, offset: number, value: unknown): void;
  exited(worker: WorkerHandle, code: number): void;
}

/** A worker. */
export class WorkerHandle {
  readonly name: string;
  readonly child: Child;
  /** Runs given and not over, in the order in which the worker takes them. */
  readonly outstanding: Run[] = [];
  /** Messages given and not answered. */
  frames = 0;
  ready = false;
  /** It was told to finish, or was killed. */
  stopping = false;
  /** Why its messages cannot be read. */
  fault: ProtocolError | null = null;
  /** Tasks that it may still be given. */
  tasksLeft: number;
  tasksDone = 0;
  busyMs = 0;
  #writer: TaskWriter;
  #control: Encoder;
  #events: WorkerEvents;
  #loading: Promise<void> | null = null;
  /** What tasks on their way refer to. */
  #holds: (() => void)[] = [];

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
    const route = method === "thread" ? "thread" : "process";
    this.#writer = new TaskWriter(route, (run, at, error) => events.failure(run, at, error));
    this.#control = new Encoder(route);
    this.#events = events;
    child.channel.open((bytes, attachments) => this.#receive(bytes, attachments), () => {});
    child.exited.then(async (code) => {
      await this.#loading;
      this.#letGo();
      events.exited(this, code);
    });
  }

  /** Milliseconds of work that it has, as far as anybody knows. */
  get load(): number {
    let sum = 0;
    for (const run of this.outstanding) sum += run.cost;
    return sum;
  }

  /** Sends runs in one message. */
  send(runs: readonly Run[]): void {
    this.outstanding.push(...runs);
    runs[runs.length - 1].endsFrame = true;
    this.frames++;
    if (runs[0].encoded?.attachments.length) {
      for (const message of this.#writer.writeAlone(runs[0])) this.#send(message);
    } else this.#send(this.#writer.write(runs));
  }

  #send(message: Message): void {
    if (message.holds.length > 0) this.#holds.push(...message.holds);
    this.child.channel.send(message);
  }

  /** Everything that was sent has been read. */
  #letGo(): void {
    for (const release of this.#holds.splice(0)) release();
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
    this.child.channel.send(seal(encoder));
  }

  /** Items of a run that have not begun are not wanted any more. */
  drop(run: Run): void {
    this.#control.u8(wire.DROP);
    this.#control.varint(run.id);
    this.child.channel.send(seal(this.#control));
  }

  /** Tells it to finish what it has and exit. */
  stop(): void {
    this.stopping = true;
    this.#control.u8(wire.STOP);
    this.child.channel.send(seal(this.#control));
  }

  /** Ends it now. */
  kill(): void {
    this.stopping = true;
    this.child.kill("SIGKILL");
  }

  /** Forgets a run: what arrives for it is ignored. */
  forget(run: Run): void {
    clearTimeout(run.timer);
    if (this.outstanding[0] === run) this.outstanding.shift(); // nearly always
    else {
      const at = this.outstanding.indexOf(run);
      if (at < 0) return;
      this.outstanding.splice(at, 1);
    }
    if (run.endsFrame) this.frames--;
    if (this.#holds.length > 0 && this.outstanding.length === 0) this.#letGo();
  }

  #receive(bytes: Uint8Array, attachments: readonly unknown[]): void {
    this.#guard(() => {
      const modules = modulesOf(bytes);
      if (this.#loading === null && modules.length === 0) return this.#read(bytes, attachments);
      const loaded = modules.length === 0 ? undefined : loadModules(modules).catch(() => {});
      const loading = Promise.all([this.#loading, loaded]).then(() => {
        if (this.#loading === loading) this.#loading = null;
        this.#guard(() => this.#read(bytes, attachments));
      });
      this.#loading = loading;
    });
  }

  /** A worker whose messages cannot be read is ended, and its work is dealt with as after a death. */
  #guard(read: () => void): void {
    if (this.fault !== null) return;
    try {
      read();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.fault = error;
      this.child.kill("SIGKILL");
    }
  }

  #read(bytes: Uint8Array, attachments: readonly unknown[]): void {
    const decoder = new Decoder(bytes, attachments);
    const events = this.#events;
    switch (decoder.u8()) {
      case wire.RESULTS:
        return this.#readResults(decoder);
      case wire.READY:
        this.ready = true;
        return events.ready(this);
      case wire.BROKEN:
        return events.broken(this, read(decoder));
      case wire.STARTED: {
        const run = this.#find(decoder.varint());
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
    }
  }

  /** Answers come in the order of the runs. */
  #find(id: number): Run | undefined {
    const { outstanding } = this;
    return outstanding[0]?.id === id ? outstanding[0] : outstanding.find((run) => run.id === id);
  }

  #readResults(decoder: Decoder): void {
    const events = this.#events;
    for (let id = decoder.varint(); id > 0; id = decoder.varint()) {
      const run = this.#find(id - 1);
      const first = decoder.varint();
      let offset = first;
      let entry = decoder.u8();
      for (; entry !== wire.END && entry !== wire.END_RUN; entry = decoder.u8()) {
        const value = readEntry(decoder, entry);
        if (run === undefined || run.stopped) continue;
        run.done = offset + 1;
        run.listening = false;
        if (value instanceof Unreadable) events.failure(run, offset, value.error);
        else if (entry === wire.FAILURE) events.failure(run, offset, remoteError(value, this));
        else events.result(run, offset, value);
        offset++;
      }
      const milliseconds = decoder.f64();
      if (run === undefined) continue;
      const over = entry === wire.END_RUN;
      if (over) this.forget(run);
      events.progress(this, run, offset - first, milliseconds, over);
    }
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
  if (!(error instanceof Error)) return error;
  const cause = error.cause === undefined ? undefined : { cause: error.cause };
  const remote = new RemoteError(
    `In ${worker.name} (pid ${worker.child.pid}): ${error.message.split("\n", 1)[0]}`,
    cause,
  );
  Object.defineProperty(remote, "stack", {
    value: error.stack,
    configurable: true,
    writable: true,
  });
  Object.defineProperty(error, "cause", { value: remote, configurable: true, writable: true });
  return error;
}
