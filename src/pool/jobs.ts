/**
 * Layer 10, pool. The jobs behind `apply` and `map`: they collect results and settle one promise.
 *
 * @module
 */

import type { Call } from "./call.ts";
import type { Encoded } from "./encoded.ts";
import type { Input } from "./input.ts";
import { Run } from "./run.ts";
import type { Job, Source } from "./run.ts";

/** How a job ends. */
export interface Outcome<R> {
  resolve(value: R): void;
  reject(error: unknown): void;
}

/** Who counts the jobs that have not ended. */
export interface Ledger {
  /** The job has ended, well or badly. */
  ended(job: Job): void;
  /** It has ended by itself, for its input or its listener: what has not begun is not to begin. */
  overtaken(job: Job): void;
}

/** Longer results grow as they arrive: an engine would not reserve them in one piece. */
const MAX_RESERVED = 1 << 24;

/** One call. */
export class ApplyJob<R> implements Job {
  /** Its arguments, if they refer to something that is kept for them. */
  encoded: readonly Encoded[] | null = null;
  readonly call: Call;
  readonly failFast = true;
  settled = false;
  place = -1;
  queued = 0;
  #outcome: Outcome<R>;
  #ledger: Ledger;

  constructor(call: Call, outcome: Outcome<R>, ledger: Ledger) {
    this.call = call;
    this.#outcome = outcome;
    this.#ledger = ledger;
  }

  deliver(_index: number, value: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.#ledger.ended(this);
    this.#outcome.resolve(value as R);
  }

  fail(_index: number, error: unknown): void {
    this.abandon(error);
  }

  abandon(error: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.#ledger.ended(this);
    this.#outcome.reject(error);
  }
}

/** A call in each worker; results in the order of the workers. */
export class BroadcastJob<R> implements Job {
  /** Its arguments, once for each worker. */
  readonly encoded: readonly Encoded[];
  readonly call: Call;
  readonly failFast = true;
  settled = false;
  place = -1;
  queued = 0;
  #outcome: Outcome<R[]>;
  #ledger: Ledger;
  #results: R[];
  #left: number;

  constructor(
    call: Call,
    encoded: readonly Encoded[],
    outcome: Outcome<R[]>,
    ledger: Ledger,
  ) {
    this.call = call;
    this.encoded = encoded;
    this.#results = new Array(encoded.length);
    this.#left = encoded.length;
    this.#outcome = outcome;
    this.#ledger = ledger;
  }

  deliver(index: number, value: unknown): void {
    if (this.settled) return;
    this.#results[index] = value as R;
    if (--this.#left > 0) return;
    this.settled = true;
    this.#ledger.ended(this);
    this.#outcome.resolve(this.#results);
  }

  fail(_index: number, error: unknown): void {
    this.abandon(error);
  }

  abandon(error: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.#ledger.ended(this);
    this.#outcome.reject(error);
  }
}

/** Options of {@link MapJob}. */
export interface MapJobOptions {
  chunkSize: number | null;
  settle: boolean;
  /** Called when the number of finished tasks has changed, at most once per message. */
  onProgress: ((done: number, total: number | undefined) => void) | null;
}

/** A call for each item of an input; results in the order of the input. */
export class MapJob<R> implements Source {
  readonly call: Call;
  readonly failFast: boolean;
  readonly chunkSize: number | null;
  settled = false;
  place = -1;
  queued = 0;
  #outcome: Outcome<R[] | PromiseSettledResult<R>[]>;
  #ledger: Ledger;
  #input: Input;
  #results: unknown[];
  #done = 0;
  #onProgress: MapJobOptions["onProgress"];
  #progressDue = false;
  #said: number | undefined = -1;

  constructor(
    call: Call,
    input: Input,
    options: MapJobOptions,
    outcome: Outcome<R[] | PromiseSettledResult<R>[]>,
    ledger: Ledger,
  ) {
    this.call = call;
    this.chunkSize = options.chunkSize;
    this.failFast = !options.settle;
    this.#input = input;
    this.#onProgress = options.onProgress;
    this.#outcome = outcome;
    this.#ledger = ledger;
    const { total } = input;
    this.#results = total !== undefined && total <= MAX_RESERVED ? new Array(total) : [];
  }

  get exhausted(): boolean {
    return this.#input.ended;
  }

  available(): number {
    return this.#input.left;
  }

  get waiting(): number {
    const { left } = this.#input;
    return left === Infinity ? 0 : left;
  }

  /** The input may have ended: looks whether everything is done. */
  wake(): void {
    if (this.settled) return;
    if (this.#done === this.#input.position) this.#input.prime();
    if (this.#input.ended) this.#checkEnd();
  }

  take(limit: number): Run | null {
    const first = this.#input.position;
    const items = this.#input.take(limit);
    if (this.#input.ended && items.length === 0) this.#checkEnd();
    return items.length === 0 ? null : new Run(this, first, items);
  }

  deliver(index: number, value: unknown): void {
    if (this.settled) return;
    this.#results[index] = this.failFast ? value : { status: "fulfilled", value };
    this.#count();
  }

  fail(index: number, error: unknown): void {
    if (this.settled) return;
    if (this.failFast) return this.abandon(error);
    this.#results[index] = { status: "rejected", reason: error };
    this.#count();
  }

  abandon(error: unknown): void {
    if (this.settled) return;
    this.settled = true;
    this.#results = [];
    this.#input.close();
    this.#ledger.ended(this);
    this.#outcome.reject(error);
  }

  #count(): void {
    this.#done++;
    if (this.#onProgress !== null && !this.#progressDue) {
      this.#progressDue = true;
      queueMicrotask(() => this.#progressDue && this.#sayProgress());
    }
    if (this.#done === this.#input.position || this.#input.failure !== null) this.wake();
  }

  #sayProgress(): void {
    this.#progressDue = false;
    if (this.settled || this.#onProgress === null) return;
    const { total } = this.#input;
    this.#said = total;
    try {
      this.#onProgress(this.#done, total);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** For what no task has done. */
  #giveUp(error: unknown): void {
    this.abandon(error);
    this.#ledger.overtaken(this);
  }

  #checkEnd(): void {
    if (this.settled) return;
    const { failure } = this.#input;
    if (failure !== null && this.failFast) return this.#giveUp(failure.error);
    if (this.#done < this.#input.position) return;
    if (failure !== null) {
      this.#results.length = this.#input.position; // shorter than was reserved for an array
      this.#results.push({ status: "rejected", reason: failure.error });
    }
    // The end may have become known after the last result.
    if (this.#progressDue || this.#said !== this.#input.total) this.#sayProgress();
    if (this.settled) return;
    this.settled = true;
    const results = this.#results as R[];
    this.#results = [];
    this.#input.close();
    this.#ledger.ended(this);
    this.#outcome.resolve(results);
  }
}
