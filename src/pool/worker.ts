/**
 * Layer 6, pool. The loop of a pool's worker, in the child. Runs one task at a time, in the order
 * of arrival. Owns the functions that it was sent and the results that it has not sent yet.
 *
 * Results wait for each other while tasks are short and leave at once when they are long: at most
 * {@link FLUSH_MS} of finished work is unsent, none of it in EXACT runs.
 *
 * @module
 */

import { SerializationError } from "../errors.ts";
import { runtime } from "../runtime/mod.ts";
import type { Channel } from "../runtime/mod.ts";
import { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import { modulesOf, seal } from "../wire/envelope.ts";
import { loadModules } from "../wire/functions/mod.ts";
import { abortTask, enterTask, leaveTask } from "./current_task.ts";
import type { TaskLink } from "./current_task.ts";
import * as wire from "./messages.ts";

const FLUSH_MS = 5;
/** Items between two looks at the clock, at most. */
const MAX_STRIDE = 256;

// deno-lint-ignore no-explicit-any
type Callable = (...args: any[]) => unknown;
type Inbox = { deliver: (bytes: Uint8Array, attachments: readonly unknown[]) => void };

/** Runs the initializer from the start record, then every task, until the pool says STOP. */
export async function runWorker(
  channel: Channel,
  inbox: Inbox,
  record: Decoder,
  thread: boolean,
): Promise<void> {
  const worker = new Worker(channel, thread);
  // Listens before the initializer runs: tasks may already be on their way.
  inbox.deliver = (bytes, attachments) => worker.receive(bytes, attachments);
  await worker.initialize(record);
}

class Worker {
  #channel: Channel;
  #out: Encoder;
  #control: Encoder;
  #functions: (Callable | Unreadable)[] = [];
  #queue: { bytes: Uint8Array; attachments: readonly unknown[] }[] = [];
  #busy = true;
  #runId = 0;
  #offset = 0;
  #entryOpen = false;
  #entryStart = 0;
  #flushedAt = 0;
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #stride = 1;
  #untilLook = 1;
  #link: TaskLink;

  constructor(channel: Channel, thread: boolean) {
    this.#channel = channel;
    this.#out = new Encoder(thread ? "thread" : "process");
    this.#control = new Encoder(thread ? "thread" : "process");
    this.#link = {
      listens: () => this.#say(wire.LISTENS, (encoder) => encoder.varint(this.#runId)),
      report: (value) => {
        this.#say(wire.REPORT, (encoder) => {
          encoder.varint(this.#runId);
          encoder.varint(this.#offset);
          encoder.value(value, "report");
        });
      },
    };
  }

  async initialize(record: Decoder): Promise<void> {
    try {
      if (record.u8() === 1) {
        const initializer = record.value() as Callable;
        const args = record.value() as unknown[];
        await initializer(...args);
      }
    } catch (error) {
      this.#say(wire.BROKEN, (encoder) => writeError(encoder, error));
      await this.#channel.flush();
      runtime.exit(1);
    }
    this.#say(wire.READY, () => {});
    this.#busy = false;
    void this.#work();
  }

  receive(bytes: Uint8Array, attachments: readonly unknown[]): void {
    if (bytes[0] === wire.ABORT) return this.#abort(new Decoder(bytes, attachments));
    this.#queue.push({ bytes, attachments });
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let message = this.#queue.shift(); message; message = this.#queue.shift()) {
      if (message.bytes[0] === wire.STOP) {
        await this.#channel.flush();
        runtime.exit(0);
      }
      await this.#runTasks(message.bytes, message.attachments);
    }
    this.#busy = false;
  }

  async #runTasks(bytes: Uint8Array, attachments: readonly unknown[]): Promise<void> {
    const modules = modulesOf(bytes);
    // A module that cannot be imported is reported by each task that needs it.
    if (modules.length > 0) await loadModules(modules).catch(() => {});
    const decoder = new Decoder(bytes, attachments);
    decoder.u8();
    for (let slot = decoder.varint(); slot > 0; slot = decoder.varint()) {
      this.#functions[slot - 1] = read(decoder) as Callable | Unreadable;
    }
    this.#out.u8(wire.RESULTS);
    this.#flushedAt = performance.now();
    for (let run = decoder.varint(); run > 0; run = decoder.varint()) {
      this.#runId = run - 1;
      const done = this.#runItems(decoder);
      if (done !== undefined) await done;
    }
    this.#flush();
    this.#out.reset();
    leaveTask();
  }

  /** Runs the items of one run; returns a promise only if a task is asynchronous. */
  #runItems(decoder: Decoder): Promise<void> | undefined {
    const fn = this.#functions[decoder.varint()];
    const flags = decoder.u8();
    const attempt = decoder.varint();
    const first = decoder.varint();
    const star = (flags & wire.STAR) !== 0;
    const guarded = (flags & wire.GUARDED) !== 0;
    const exact = guarded || (flags & wire.EXACT) !== 0;
    this.#offset = -1;
    let dropping = false;

    const settle = (failed: boolean, value: unknown): void => {
      const written = failed ? this.#writeFailure(value) : this.#writeResult(value);
      if (!written && (flags & wire.FAIL_FAST) !== 0) dropping = true;
      this.#flushIfDue();
    };

    const step = (): Promise<void> | undefined => {
      for (let entry = decoder.u8(); entry !== wire.END; entry = decoder.u8()) {
        this.#offset++;
        const item = entry === wire.SKIP ? undefined : read(decoder);
        if (dropping || entry === wire.SKIP) {
          if (this.#entryOpen) this.#closeEntry(wire.END); // offsets count on from the next entry
          continue;
        }
        if (exact) this.#flush();
        if (!this.#entryOpen) this.#openEntry();
        let result: unknown;
        try {
          if (item instanceof Unreadable) throw item.error;
          if (fn instanceof Unreadable) throw fn.error;
          enterTask(first + this.#offset, attempt, this.#link);
          if (guarded) this.#sayStarted();
          result = star ? (fn as Callable)(...item as unknown[]) : (fn as Callable)(item);
        } catch (error) {
          settle(true, error);
          continue;
        }
        if (result !== null && typeof result === "object" && isThenable(result)) {
          this.#flushTimer ??= setTimeout(() => this.#flush(), FLUSH_MS);
          return Promise.resolve(result).then(
            (value) => settle(false, value),
            (error) => settle(true, error),
          )
            .then(step);
        }
        settle(false, result);
      }
      if (!this.#entryOpen) this.#openEntry();
      this.#closeEntry(wire.END_RUN);
      return undefined;
    };
    return step();
  }

  #openEntry(): void {
    this.#entryOpen = true;
    this.#entryStart = performance.now();
    this.#out.varint(this.#runId + 1);
    this.#out.varint(this.#offset);
  }

  #closeEntry(mark: number): void {
    this.#entryOpen = false;
    this.#out.u8(mark);
    this.#out.f64(performance.now() - this.#entryStart);
  }

  /** Returns whether the value could be sent; if not, its failure is. */
  #writeResult(value: unknown): boolean {
    const start = this.#out.length;
    try {
      this.#out.u8(wire.ITEM);
      this.#out.value(value, "result");
      return true;
    } catch (error) {
      this.#out.truncate(start);
      return this.#writeFailure(error);
    }
  }

  #writeFailure(error: unknown): false {
    this.#out.u8(wire.FAILURE);
    writeError(this.#out, error);
    return false;
  }

  /** Looks at the clock now and then: rarely while tasks are short, after each long one. */
  #flushIfDue(): void {
    if (--this.#untilLook > 0) return;
    const since = performance.now() - this.#flushedAt;
    if (since > FLUSH_MS) {
      this.#flush();
      this.#stride = Math.max(1, this.#stride >> 2);
    } else if (since < FLUSH_MS / 8 && this.#stride < MAX_STRIDE) {
      this.#stride *= 2;
    }
    this.#untilLook = this.#stride;
  }

  /** Sends what is finished. */
  #flush(): void {
    if (this.#entryOpen) this.#closeEntry(wire.END);
    this.#flushedAt = performance.now();
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    if (this.#out.length <= 1) return;
    this.#out.varint(0);
    this.#channel.send(seal(this.#out));
    this.#out.u8(wire.RESULTS);
  }

  #sayStarted(): void {
    this.#say(wire.STARTED, (encoder) => {
      encoder.varint(this.#runId);
      encoder.varint(this.#offset);
    });
  }

  #abort(decoder: Decoder): void {
    decoder.u8();
    if (decoder.varint() === this.#runId) abortTask(decoder.value());
  }

  #say(kind: number, write: (encoder: Encoder) => void): void {
    const encoder = this.#control;
    encoder.u8(kind);
    try {
      write(encoder);
    } catch (error) {
      encoder.reset();
      throw error;
    }
    this.#channel.send(seal(encoder));
  }
}

/** What could not be decoded: the task that needs it fails with the reason. */
class Unreadable {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

function isThenable(value: object): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown>).then === "function";
}

function read(decoder: Decoder): unknown {
  try {
    return decoder.value();
  } catch (error) {
    return new Unreadable(error);
  }
}

function writeError(encoder: Encoder, error: unknown): void {
  try {
    encoder.value(error, "error");
  } catch {
    encoder.value(
      new SerializationError(`A task threw a value that cannot travel: ${String(error)}`),
      "error",
    );
  }
}
