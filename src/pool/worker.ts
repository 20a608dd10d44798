/**
 * Layer 10, pool. The loop of a pool's worker, in the child. Runs one task at a time, in the order
 * of arrival. Owns the functions that it was sent; its results are the outbox's, and what may
 * begin is for `permits.ts` to say.
 *
 * Before an item of an EXACT run begins, and after the last one, everything that is finished has
 * left this process: if the next item is the end of it, the pool knows whom to blame.
 *
 * @module
 */

import { Lane } from "../lane/lane.ts";
import { flushOutput } from "../runtime/flush_output.ts";
import { ignoreInterrupts } from "../runtime/interrupts.ts";
import { runtime } from "../runtime/mod.ts";
import type { Channel } from "../runtime/mod.ts";
import { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import { modulesOf, seal } from "../wire/envelope.ts";
import { loadModules } from "../wire/functions/mod.ts";
import { calledRemotely } from "../wire/remote_error.ts";
import { abortTask, enterTask, leaveTask } from "./current_task.ts";
import type { TaskLink } from "./current_task.ts";
import { readEntry, readLast, readSized, skipEntry, Unreadable, unsendable } from "./items.ts";
import * as wire from "./messages.ts";
import { Outbox } from "./outbox.ts";
import { Permits } from "./permits.ts";

// deno-lint-ignore no-explicit-any
type Callable = (...args: any[]) => unknown;

/** What a child has for whom its messages are. */
export interface Inbox {
  deliver: (bytes: Uint8Array, attachments: readonly unknown[]) => void;
  /** Tells the parent for which error this child is about to end; resolves when that has left. */
  lastWords: (error: unknown) => Promise<void>;
}
/** To be waited for by what must not go on. */
const NEVER = new Promise<never>(() => {});

/** Runs the initializer from the start record, then every task, until the pool says STOP. */
export async function runWorker(
  channel: Channel,
  inbox: Inbox,
  record: Decoder,
  thread: boolean,
): Promise<void> {
  if (!thread) ignoreInterrupts(); // the program decides what becomes of its tasks
  const worker = new Worker(channel, thread);
  // Listens before the initializer runs: tasks may already be on their way.
  inbox.deliver = (bytes, attachments) => worker.lane.receive(bytes, attachments);
  inbox.lastWords = (error) => worker.lastWords(error);
  await worker.initialize(record);
}

class Worker {
  readonly lane: Lane;
  readonly #thread: boolean;
  #outbox: Outbox;
  #control: Encoder;
  #functions: (Callable | Unreadable)[] = [];
  #queue: { bytes: Uint8Array; attachments: readonly unknown[] }[] = [];
  #busy = true;
  #dying = false;
  #runId = 0;
  #offset = 0;
  readonly #permits = new Permits();
  #link: TaskLink;

  constructor(channel: Channel, thread: boolean) {
    this.#thread = thread;
    const route = thread ? "thread" : "process";
    this.lane = new Lane(
      channel,
      (bytes, attachments) => this.#receive(bytes, attachments),
      (error) => {
        throw error;
      },
    );
    this.#outbox = new Outbox(this.lane, route);
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
        await calledRemotely(initializer, true, args);
      }
    } catch (error) {
      this.#sayError(wire.BROKEN, error);
      await this.#end(1);
    }
    this.#say(wire.READY, (encoder) => {
      encoder.f64(performance.timeOrigin);
      encoder.f64(performance.now());
    });
    this.#busy = false;
    void this.#work();
  }

  /** Tells the pool for which error this worker is about to end. Nothing begins after that. */
  async lastWords(error: unknown): Promise<void> {
    this.#dying = true;
    this.#outbox.flush();
    this.#sayError(wire.UNCAUGHT, error);
    await this.lane.flush();
  }

  /** Ends this worker, when what it has said and what its tasks have printed is out. */
  async #end(code: number): Promise<never> {
    await this.lane.flush();
    if (!this.#thread) await flushOutput();
    runtime.exit(code);
  }

  #receive(bytes: Uint8Array, attachments: readonly unknown[]): void {
    switch (bytes[0]) {
      case wire.ABORT:
      case wire.DROP:
        return this.#drop(new Decoder(bytes, attachments));
      case wire.RECALL:
        return this.#recall(bytes[1]);
      case wire.TASKS:
        this.#permits.arrived(bytes[1] & ~wire.CLAIMED);
    }
    this.#queue.push({ bytes, attachments });
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let message = this.#queue.shift(); message; message = this.#queue.shift()) {
      if (message.bytes[0] === wire.STOP) await this.#end(0);
      await this.#runTasks(message.bytes, message.attachments);
    }
    this.#permits.forgetDropped();
    this.#busy = false;
  }

  async #runTasks(bytes: Uint8Array, attachments: readonly unknown[]): Promise<void> {
    const modules = modulesOf(bytes);
    // A module that cannot be imported is reported by each task that needs it.
    if (modules.length > 0) await loadModules(modules).catch(() => {});
    const decoder = new Decoder(bytes, attachments);
    decoder.u8();
    const mark = decoder.u8();
    const frame = mark & ~wire.CLAIMED;
    this.#permits.enter(frame, mark & wire.CLAIMED ? this.lane.claims : null);
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
    if (frame !== wire.NO_FRAME) this.#outbox.over(frame);
    this.#outbox.flush();
    leaveTask();
  }

  /** The pool wants back what has not begun of a frame. */
  #recall(frame: number): void {
    const begun = this.#permits.recall(frame);
    this.#say(wire.RECALLED, (encoder) => {
      encoder.u8(frame);
      encoder.varint(begun);
    });
  }

  /** Runs the items of one run; returns a promise only if something has to be waited for. */
  #runItems(decoder: Decoder): Promise<void> | undefined {
    const outbox = this.#outbox;
    const permits = this.#permits;
    const run = this.#runId;
    const fn = this.#functions[decoder.varint()];
    const flags = decoder.u8();
    const attempt = decoder.varint();
    const first = decoder.varint();
    const star = (flags & wire.STAR) !== 0;
    const guarded = (flags & wire.GUARDED) !== 0;
    const exact = guarded || (flags & wire.EXACT) !== 0;
    const traced = (flags & wire.TRACED) !== 0;
    let began = 0;
    let entry = decoder.u8();
    let clear = !exact;
    let dropping = false;
    this.#offset = 0;
    outbox.begin(run);

    const settle = (failed: boolean, value: unknown): boolean => {
      if (traced) outbox.timed(this.#offset, began, performance.now() - began);
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
        if (this.#dying) return NEVER;
        if (!clear) {
          clear = true;
          outbox.flush();
          if (!permits.claimed && !guarded) this.#sayStarted();
          const flushed = this.lane.flush();
          if (flushed !== null) return flushed.then(step);
        }
        if (!permits.begin()) return this.#passOver(decoder, entry);
        const item = readEntry(decoder, entry);
        if (entry === wire.SKIP || dropping || permits.isDropped(run)) {
          outbox.skip();
          continue;
        }
        let failed = false;
        let result: unknown;
        if (traced) began = performance.now();
        try {
          if (item instanceof Unreadable) throw item.error;
          if (fn instanceof Unreadable) throw fn.error;
          enterTask(first + this.#offset, attempt, this.#link);
          if (guarded) this.#sayStarted();
          result = calledRemotely(fn, star, star ? argumentsIn(item) : item);
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
      return this.lane.flush() ?? undefined;
    };
    return step();
  }

  /** The rest of a run was taken back. */
  #passOver(decoder: Decoder, entry: number): undefined {
    if (this.#offset > 0) this.#outbox.end();
    while (entry !== wire.END) {
      skipEntry(decoder, entry);
      entry = decoder.u8();
    }
  }

  /** Lets what has arrived be heard. */
  #turn(): Promise<void> {
    return new Promise((resolve) =>
      setImmediate(() => {
        this.lane.drain();
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

  #sayError(kind: number, error: unknown): void {
    try {
      this.#say(kind, (encoder) => encoder.value(error, "error"));
    } catch (refused) {
      this.#say(kind, (encoder) => encoder.value(unsendable(refused), "error"));
    }
  }

  #drop(decoder: Decoder): void {
    const kind = decoder.u8();
    const run = decoder.varint();
    this.#permits.drop(run);
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
    this.lane.send(seal(encoder));
  }
}

function isThenable(value: object): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown>).then === "function";
}

/** What is not there is told here; `...item` would only speak of what it misses. */
function argumentsIn(item: unknown): unknown[] {
  if (Array.isArray(item)) return item;
  if (typeof item === "object" && item !== null && Symbol.iterator in item) {
    return [...item as Iterable<unknown>];
  }
  const given = typeof item === "object" ? "an object" : String(item);
  throw new TypeError(
    `Cannot call the function with ${given} as its arguments: give an array for each call, such as ` +
      "[[1, 2], [3, 4]]",
  );
}
