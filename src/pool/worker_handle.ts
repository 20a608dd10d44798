/**
 * Layer 6, pool. One worker as its pool sees it. Owns the child, the runs that it was given and has
 * not answered, the functions that it knows, and both directions of the channel's format.
 *
 * @module
 */

import { ProtocolError, RemoteError, SerializationError } from "../errors.ts";
import type { Child } from "../runtime/mod.ts";
import type { StartMethod } from "../process/family.ts";
import { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import { modulesOf, seal } from "../wire/envelope.ts";
import { loadModules } from "../wire/functions/mod.ts";
import * as wire from "./messages.ts";
import {
  readEntry,
  readLast,
  Unreadable,
  writeEncodedItem,
  writeItem,
  writeSized,
} from "./items.ts";
import { type Run, SKIPPED } from "./run.ts";

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

/** The slot of each function in this program's workers; slots are reused in turn. */
// deno-lint-ignore ban-types
const slots = new WeakMap<Function, number>();
let nextSlot = 0;

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
  #encoder: Encoder;
  #control: Encoder;
  #events: WorkerEvents;
  // deno-lint-ignore ban-types
  #known: (WeakRef<Function> | undefined)[] = [];
  #loading: Promise<void> | null = null;

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
    this.#encoder = new Encoder(route);
    this.#control = new Encoder(route);
    this.#events = events;
    child.channel.open((bytes, attachments) => this.#receive(bytes, attachments), () => {});
    child.exited.then(async (code) => {
      await this.#loading;
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
    const encoder = this.#encoder;
    encoder.u8(wire.TASKS);
    for (const run of runs) this.#write(encoder, run);
    encoder.varint(0);
    const message = seal(encoder);
    const only = runs.length === 1 ? runs[0].encoded : null;
    if (only !== null && only.attachments.length > 0) {
      message.attachments = only.attachments;
      message.transferList = only.transferList;
      runs[0].encoded = null; // what was transferred is gone: a second try encodes the arguments anew
    }
    runs[runs.length - 1].endsFrame = true;
    this.frames++;
    this.child.channel.send(message);
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

  #write(encoder: Encoder, run: Run): void {
    const { call, failFast } = run.job;
    const start = encoder.length;
    this.outstanding.push(run);
    let slot = 0;
    let fits = true;
    try {
      slot = this.#define(encoder, run);
    } catch (error) {
      // It could travel when it was submitted: what is bound to it has changed since.
      encoder.truncate(start);
      fits = false;
      for (let i = 0; i < run.items.length; i++) this.#skip(run, i, error);
    }
    encoder.varint(run.id + 1);
    encoder.varint(slot);
    encoder.u8(
      (call.star ? wire.STAR : 0) | (call.guarded ? wire.GUARDED : 0) |
        (run.exact ? wire.EXACT : 0) |
        (failFast ? wire.FAIL_FAST : 0),
    );
    encoder.varint(run.attempt);
    encoder.varint(run.first);
    if (run.encoded !== null && fits) {
      writeEncodedItem(encoder, run.encoded.bytes);
      for (const url of run.encoded.modules) encoder.modules.add(url);
    } else {
      for (let i = 0; i < run.items.length; i++) this.#writeItem(encoder, run, i);
    }
    encoder.u8(wire.END);
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
    run.items[offset] = SKIPPED;
    run.encoded = null;
    queueMicrotask(() => this.#events.failure(run, offset, error));
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
