/**
 * Layer 12, executor. What a future knows: how its call has ended, and who wants to be told. Owns the
 * four states and the way to the call while it has not ended; afterwards it keeps the result only.
 *
 * ```text
 * pending ──the call returns──▶ done
 *         ──the call fails, its worker or pool ends──▶ failed
 *         ──given up before it has begun──▶ cancelled
 * ```
 *
 * Listeners are called in their order, in a microtask: never while a pool is reading a message.
 *
 * @module
 */

import { CancelledError } from "../errors.ts";
import type { Engine } from "../pool/engine.ts";
import type { Outcome } from "../pool/jobs.ts";
import type { Job } from "../pool/run.ts";

/** Errors that stand for a call that was given up, unlike those of their class that a task throws. */
const cancellations = new WeakSet<Error>();

/** The error of calls that were given up before they had begun. */
export function cancellation(message: string): CancelledError {
  const error = new CancelledError(message);
  cancellations.add(error);
  return error;
}

/** The state of one future. */
export class FutureState<R> implements Outcome<R> {
  kind: "pending" | "done" | "failed" | "cancelled" = "pending";
  #value: R | undefined;
  #error: unknown;
  #engine: Engine | null = null;
  #job: Job | null = null;
  #promise: Promise<R> | null = null;
  #outcome: Outcome<R> | null = null;
  #listeners: Set<() => void> | null = null;

  /** The call was taken. */
  begin(engine: Engine, job: Job): void {
    this.#engine = engine;
    this.#job = job;
  }

  // -- The pool's side --

  resolve(value: R): void {
    if (this.kind !== "pending") return;
    this.kind = "done";
    this.#value = value;
    this.#outcome?.resolve(value);
    this.#end();
  }

  reject(error: unknown): void {
    if (this.kind !== "pending") return;
    this.kind = error instanceof Error && cancellations.has(error) ? "cancelled" : "failed";
    this.#error = error;
    this.#outcome?.reject(error);
    this.#end();
  }

  // -- The future's side --

  /** Whether a worker runs the call. */
  get running(): boolean {
    return this.kind === "pending" && this.#job !== null &&
      this.#engine!.withdrawal.hasBegun(this.#job);
  }

  /** What the call has failed with; `null` if it has not. */
  get failure(): { error: unknown } | null {
    return this.kind === "failed" || this.kind === "cancelled" ? { error: this.#error } : null;
  }

  /** Gives the call up, if it has not begun; returns whether it is given up. */
  cancel(): boolean {
    if (this.kind !== "pending") return this.kind === "cancelled";
    const error = cancellation("The call was cancelled before it had begun");
    if (this.#job === null) this.reject(error);
    else this.#engine!.withdrawal.take(this.#job, error);
    return this.kind !== "pending";
  }

  /** The result, as a promise; a failure that nobody asks for is silent. */
  get promise(): Promise<R> {
    if (this.#promise !== null) return this.#promise;
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    promise.catch(() => {});
    if (this.kind === "pending") this.#outcome = { resolve, reject };
    else if (this.kind === "done") resolve(this.#value as R);
    else reject(this.#error);
    return this.#promise = promise;
  }

  /** Calls back once when the call has ended; it has not yet, or others are still to be told. */
  listen(listener: () => void): void {
    (this.#listeners ??= new Set()).add(listener);
  }

  /** Does not call back any more. */
  unlisten(listener: () => void): void {
    this.#listeners?.delete(listener);
  }

  /** Whether everybody was told. */
  get quiet(): boolean {
    return this.kind !== "pending" && this.#listeners === null;
  }

  #end(): void {
    this.#engine = this.#job = this.#outcome = null;
    if (this.#listeners !== null) queueMicrotask(() => this.#tell());
  }

  #tell(): void {
    // A set may grow while it is walked: those that are added meanwhile have their turn as well.
    for (const listener of this.#listeners!) listener();
    this.#listeners = null;
  }
}
