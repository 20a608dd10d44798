/**
 * Layer 10, pool. The loop of a pool's worker, in the child. Runs one task at a time, in the order
 * of arrival. Owns the functions that it was sent; its results are the outbox's.
 *
 * Before an item of an EXACT run begins, and after the last one, everything that is finished has
 * left this process: if the next item is the end of it, the pool knows whom to blame.
 *
 * @module
 */

import { runtime } from "../runtime/mod.ts";
import type { Channel } from "../runtime/mod.ts";
import { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import { modulesOf, seal } from "../wire/envelope.ts";
import { loadModules } from "../wire/functions/mod.ts";
import { abortTask, enterTask, leaveTask } from "./current_task.ts";
import type { TaskLink } from "./current_task.ts";
import { readEntry, readLast, readSized, Unreadable, unsendable } from "./items.ts";
import * as wire from "./messages.ts";
import { Outbox } from "./outbox.ts";

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
  const worker = new Worker(channel, thread ? "thread" : "process");
  // Listens before the initializer runs: tasks may already be on their way.
  inbox.deliver = (bytes, attachments) => worker.receive(bytes, attachments);
  await worker.initialize(record);
}

class Worker {
  #channel: Channel;
  #outbox: Outbox;
  #control: Encoder;
  #functions: (Callable | Unreadable)[] = [];
  #queue: { bytes: Uint8Array; attachments: readonly unknown[] }[] = [];
  #busy = true;
  #runId = 0;
  #offset = 0;
  /** Runs whose remaining items are not wanted. */
  #dropped = new Set<number>();
  #link: TaskLink;

  constructor(channel: Channel, route: "thread" | "process") {
    this.#channel = channel;
    this.#outbox = new Outbox(channel, route);
    this.#control = new Encoder(route, { once: true });
    this.#link = {
      place: () => ({ run: this.#runId, offset: this.#offset }),
      listens: ({ run }) => this.#say(wire.LISTENS, (encoder) => encoder.varint(run)),
      report: ({ run, offset }, value) => {
        this.#say(wire.REPORT, (encoder) => {
          encoder.varint(run);
          encoder.varint(offset);
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
      this.#sayBroken(error);
      await this.#channel.flush();
      runtime.exit(1);
    }
    this.#say(wire.READY, () => {});
    this.#busy = false;
    void this.#work();
  }

  receive(bytes: Uint8Array, attachments: readonly unknown[]): void {
    if (bytes[0] === wire.ABORT || bytes[0] === wire.DROP) {
      return this.#drop(new Decoder(bytes, attachments));
    }
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
    this.#dropped.clear();
    this.#busy = false;
  }

  async #runTasks(bytes: Uint8Array, attachments: readonly unknown[]): Promise<void> {
    const modules = modulesOf(bytes);
    // A module that cannot be imported is reported by each task that needs it.
    if (modules.length > 0) await loadModules(modules).catch(() => {});
    const decoder = new Decoder(bytes, attachments);
    decoder.u8();
    this.#outbox.turned();
    for (let head = decoder.varint(); head > 0; head = decoder.varint()) {
      if (head === wire.DEFINE) {
        this.#functions[decoder.varint()] = readSized(decoder) as Callable | Unreadable;
        continue;
      }
      this.#runId = head - 1;
      const done = this.#runItems(decoder);
      if (done !== undefined) await done;
    }
    this.#outbox.flush();
    leaveTask();
  }

  /** Runs the items of one run; returns a promise only if something has to be waited for. */
  #runItems(decoder: Decoder): Promise<void> | undefined {
    const outbox = this.#outbox;
    const run = this.#runId;
    const fn = this.#functions[decoder.varint()];
    const flags = decoder.u8();
    const attempt = decoder.varint();
    const first = decoder.varint();
    const star = (flags & wire.STAR) !== 0;
    const guarded = (flags & wire.GUARDED) !== 0;
    const exact = guarded || (flags & wire.EXACT) !== 0;
    let entry = decoder.u8();
    let clear = !exact;
    let dropping = false;
    this.#offset = 0;
    outbox.begin(run);

    const settle = (failed: boolean, value: unknown): boolean => {
      if (failed) outbox.failure(this.#offset, value);
      else failed = !outbox.result(this.#offset, value);
      if (failed && (flags & wire.FAIL_FAST) !== 0) dropping = true;
      return outbox.settle();
    };

    const advance = (): void => {
      entry = decoder.u8();
      clear = !exact;
      this.#offset++;
    };

    const step = (): Promise<void> | undefined => {
      for (; entry !== wire.END; advance()) {
        if (!clear) {
          clear = true;
          outbox.flush();
          return this.#channel.flush().then(step);
        }
        const item = readEntry(decoder, entry);
        if (entry === wire.SKIP || dropping || this.#dropped.size > 0 && this.#dropped.has(run)) {
          outbox.skip();
          continue;
        }
        let failed = false;
        let result: unknown;
        try {
          if (item instanceof Unreadable) throw item.error;
          if (fn instanceof Unreadable) throw fn.error;
          enterTask(first + this.#offset, attempt, this.#link);
          if (guarded) this.#sayStarted();
          result = star ? (fn as Callable)(...item as unknown[]) : (fn as Callable)(item);
          if (result !== null && typeof result === "object" && isThenable(result)) {
            outbox.flushLater();
            return Promise.resolve(result).then(
              (value) => settle(false, value),
              (error) => settle(true, error),
            ).then((due) => {
              advance();
              return due ? this.#turn().then(step) : step();
            });
          }
        } catch (error) {
          failed = true;
          result = error;
        }
        if (settle(failed, result)) {
          advance();
          return this.#turn().then(step);
        }
      }
      outbox.end();
      if (!exact) return undefined;
      outbox.flush(); // also what follows may be the end of this process
      return this.#channel.flush();
    };
    return step();
  }

  /** Lets what has arrived be heard. */
  #turn(): Promise<void> {
    return new Promise((resolve) =>
      setImmediate(() => {
        this.#outbox.turned();
        resolve();
      })
    );
  }

  #sayStarted(): void {
    this.#say(wire.STARTED, (encoder) => {
      encoder.varint(this.#runId);
      encoder.varint(this.#offset);
    });
  }

  #sayBroken(error: unknown): void {
    try {
      this.#say(wire.BROKEN, (encoder) => encoder.value(error, "error"));
    } catch (refused) {
      this.#say(wire.BROKEN, (encoder) => encoder.value(unsendable(refused), "error"));
    }
  }

  #drop(decoder: Decoder): void {
    const kind = decoder.u8();
    const run = decoder.varint();
    this.#dropped.add(run);
    if (kind !== wire.ABORT || run !== this.#runId) return;
    const reason = readLast(decoder);
    abortTask(reason instanceof Unreadable ? undefined : reason);
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

function isThenable(value: object): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown>).then === "function";
}
