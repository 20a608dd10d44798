/**
 * Layer 10, pool. The job behind `imap` and `imapUnordered`: an async iterator that reads its input
 * lazily. Owns the window between what was read and what was taken: at most `buffer` items, until
 * the pool is closed.
 *
 * A failure belongs to its item: that `next()` rejects, and iteration goes on. With `settle` it is an
 * item's result like any other.
 *
 * @module
 */

import { runtime } from "../runtime/mod.ts";
import { withCaller } from "../wire/remote_error.ts";
import type { Call } from "./call.ts";
import type { Input } from "./input.ts";
import { Run } from "./run.ts";
import type { Source } from "./run.ts";

/** Work per message, where nobody says how many items. */
const CHUNK_MS = 0.25;
const MAX_CHUNK = 256;

type Settled = { value: unknown } | { error: unknown };
type Waiter<R> = {
  resolve(result: IteratorResult<R>): void;
  reject(error: unknown): void;
  release: () => void;
};

/** Options of {@link ImapJob}. */
export interface ImapJobOptions {
  ordered: boolean;
  /** Items per message; `null` to choose by time. */
  chunkSize: number | null;
  /** Items that are read and not taken, at most; `null` for 2 × processes × chunkSize. */
  buffer: number | null;
  /** Whether a failure is a result as well, as of `Promise.allSettled`. */
  settle: boolean;
  processes: number;
  /** Whether the pool is closed: what is left is to be done now. */
  draining: () => boolean;
  /** There is room in the window again. */
  onRoom: () => void;
  /**
   * There is no work left; `early` if results were still to come that nobody wants any more, for this
   * `reason` if the loop has not just ended.
   */
  onEnd: (early: boolean, reason?: unknown) => void;
}

/** A lazy map. */
export class ImapJob<R> implements Source, AsyncIterableIterator<R> {
  readonly call: Call;
  readonly failFast = false;
  settled = false;
  place = -1;
  queued = 0;
  #options: ImapJobOptions;
  #input: Input;
  /** Results that nobody has taken, by position; in order of arrival where order does not matter. */
  #results = new Map<number, Settled>();
  #waiters: Waiter<R>[] = [];
  #taken = 0;
  #arrived = 0;
  #abandoned: { error: unknown } | null = null;
  #failureGiven = false;
  /** Whether a loop takes its results. */
  #looped = false;
  /** What was picked for nobody yet. */
  #unpicked: Settled | "done" | null = null;

  constructor(call: Call, input: Input, options: ImapJobOptions) {
    this.call = call;
    this.#input = input;
    this.#options = options;
  }

  // -- The pool's side --

  get exhausted(): boolean {
    return this.#input.ended;
  }

  /** Items per message: those that were asked for, or about {@link CHUNK_MS} of work. */
  get chunkSize(): number {
    const { perItem } = this.call.estimate;
    return this.#options.chunkSize ??
      (perItem === null ? 1 : Math.max(1, Math.min(MAX_CHUNK, Math.floor(CHUNK_MS / perItem))));
  }

  available(): number {
    return Math.min(this.#input.left, this.#room);
  }

  get waiting(): number {
    return this.#input.left === Infinity ? 0 : Math.max(0, this.available());
  }

  take(limit: number): Run | null {
    const room = Math.min(limit, this.#room);
    if (room <= 0 || !this.#isWorthTaking(this.#room)) return null;
    const first = this.#input.position;
    const items = this.#input.take(room, this.#room);
    if (this.#input.ended) queueMicrotask(() => this.wake());
    return items.length === 0 ? null : new Run(this, first, items);
  }

  deliver(index: number, value: unknown): void {
    this.#settle(index, { value: this.#options.settle ? { status: "fulfilled", value } : value });
  }

  fail(index: number, error: unknown): void {
    const { settle } = this.#options;
    this.#settle(index, settle ? { value: { status: "rejected", reason: error } } : { error });
  }

  abandon(error: unknown): void {
    if (this.settled) return;
    this.#abandoned = { error };
    this.#finish(error);
  }

  /** Whether its input comes to an end by itself: its length is known, and it is there. */
  get bounded(): boolean {
    return this.#input.left !== Infinity && !this.#input.awaited;
  }

  /** Reads no more of its input: what was read is still done, then comes this error. */
  cut(error: unknown): void {
    if (this.settled || this.#input.ended) return;
    this.#input.cut(error);
    this.wake();
  }

  /** Hands out what can be handed out. */
  wake(): void {
    if (this.#arrived === this.#input.position && !this.settled) {
      if (this.#room > 0) this.#input.prime();
      // Results that nobody has taken yet are no work: the pool may be closed and joined before.
      if (this.#input.ended) this.#options.onEnd(false);
    }
    while (this.#waiters.length > 0) {
      const next = this.#unpicked ?? this.#pick();
      this.#unpicked = null;
      if (next === null) return;
      const waiter = this.#waiters.shift()!;
      waiter.release();
      if (next === "done") {
        waiter.resolve({ done: true, value: undefined });
        this.#finish();
      } else if ("error" in next) {
        waiter.reject(next.error);
        if (this.#looped) this.#finish();
      } else waiter.resolve({ done: false, value: next.value as R });
    }
  }

  // -- The caller's side --

  /** A loop ends with the first failure, and does not say so. */
  [Symbol.asyncIterator](): this {
    this.#looped = true;
    return this;
  }

  next(): Promise<IteratorResult<R>> {
    if (this.#waiters.length === 0) {
      const ready = this.#pick();
      if (ready !== null && ready !== "done" && !("error" in ready)) {
        return Promise.resolve({ done: false, value: ready.value as R });
      }
      if (ready !== null) this.#unpicked = ready;
    }
    return withCaller(() =>
      new Promise((resolve, reject) => {
        this.#waiters.push({ resolve, reject, release: runtime.keepAlive() });
        this.wake();
      })
    );
  }

  return(): Promise<IteratorResult<R>> {
    this.#finish();
    this.wake();
    return Promise.resolve({ done: true, value: undefined });
  }

  // -- Inside --

  get #room(): number {
    const { left } = this.#input;
    // Whoever joins a closed pool takes nothing meanwhile; an input in memory is as good as read.
    if (left !== Infinity && this.#options.draining()) return left;
    const buffer = this.#options.buffer ?? 2 * this.#options.processes * this.chunkSize;
    return buffer - (this.#input.position - this.#taken);
  }

  /** Room comes item by item, as results are taken: most of a chunk is waited for. */
  #isWorthTaking(room: number): boolean {
    return this.#arrived === this.#input.position || room >= this.chunkSize ||
      room >= this.#input.left || this.#options.buffer !== null;
  }

  #settle(index: number, result: Settled): void {
    if (this.settled) return;
    this.#arrived++;
    this.#results.set(index, result);
    this.wake();
  }

  #pick(): Settled | "done" | null {
    if (this.#abandoned !== null && !this.#failureGiven) {
      this.#failureGiven = true;
      return this.#abandoned;
    }
    if (this.settled) return "done";
    const key = this.#options.ordered ? this.#taken : this.#results.keys().next().value;
    const result = key === undefined ? undefined : this.#results.get(key);
    if (result !== undefined) {
      this.#results.delete(key!);
      this.#taken++;
      if (this.#isWorthTaking(this.#room)) this.#options.onRoom();
      return result;
    }
    if (!this.#input.ended || this.#taken < this.#input.position) return null;
    const { failure } = this.#input;
    if (failure === null || this.#failureGiven) return "done";
    this.#failureGiven = true;
    return failure;
  }

  #finish(reason?: unknown): void {
    if (this.settled) return;
    this.settled = true;
    const early = !this.#input.ended || this.#taken < this.#input.position;
    this.#results.clear();
    this.#input.close();
    this.#options.onEnd(early, reason);
    this.wake();
  }
}
