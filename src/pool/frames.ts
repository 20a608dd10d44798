/**
 * Layer 10, pool. The frames that are under way to one worker, in their order, and what their messages
 * refer to until the worker is past them.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import type { Claims } from "../lane/claims.ts";
import { Frame } from "./frame.ts";
import { FRAMES } from "./messages.ts";
import type { Job, Run } from "./run.ts";

/** Frames under way. */
export class Frames {
  readonly #byNumber: (Frame | undefined)[] = new Array(FRAMES).fill(undefined);
  /** Those that the worker is not past, oldest first. */
  #open: Frame[] = [];

  /** How many the worker is not past. */
  get length(): number {
    return this.#open.length;
  }

  /** Whether there is no number for another one. */
  get full(): boolean {
    return this.#open.length > 1 && !this.#byNumber.includes(undefined);
  }

  /** The one that the worker is at. */
  get first(): Frame | undefined {
    return this.#open[0];
  }

  /** Makes one of some runs; `fixed` if nothing of it can be sent again. */
  add(runs: readonly Run[], claims: Claims | null, fixed: boolean): Frame {
    const frame = new Frame(this.#byNumber.indexOf(undefined), runs, claims, fixed);
    this.#byNumber[frame.number] = frame;
    this.#open.push(frame);
    return frame;
  }

  /** The one that has most of what could be taken back. */
  get laggard(): Frame | null {
    let most: Frame | null = null;
    for (const frame of this.#open) if (frame.left > (most?.left ?? 0)) most = frame;
    return most;
  }

  /** The item that was begun last; `null` if there is none, `undefined` if nobody knows. */
  get begunLast(): { run: Run; offset: number } | null | undefined {
    let last: { run: Run; offset: number } | null = null;
    for (const frame of this.#open) {
      const begun = frame.begunLast;
      if (begun === undefined) return undefined;
      if (begun !== null) last = begun;
    }
    return last;
  }

  /** Milliseconds of work in them, as far as anybody knows. */
  get load(): number {
    let sum = 0;
    for (const frame of this.#open) sum += frame.load;
    return sum;
  }

  /** Whether a call has begun that is in one of them, or may have. */
  hasBegun(job: Job): boolean {
    return this.#open.some((frame) => frame.has(job) && frame.hasBegun(job));
  }

  /**
   * Takes everything out that is known not to have begun. What cannot be sent again stays, apart from
   * the one call that is to be given up; `null` if all of them are.
   */
  takeAllBack(given: Job | null): Run[] {
    let taken: Run[] = [];
    for (const frame of this.#open.toReversed()) {
      if (frame.fixed && given !== null && !frame.has(given)) continue;
      taken = [...frame.takeBack(1), ...taken];
    }
    return taken;
  }

  /** The worker has answered a recall; what is free again. */
  recalled(number: number, begun: number): Run[] {
    const frame = this.#byNumber[number];
    if (frame?.recall !== "asked") return [];
    frame.recall = "answered";
    if (this.#open.includes(frame)) return frame.takeAllBut(begun);
    this.#byNumber[number] = undefined; // it was over before the worker heard of it
    return [];
  }

  /** The worker is past one. */
  over(number: number, now: number): void {
    const at = this.#open.findIndex((frame) => frame.number === number);
    if (at < 0) throw new ProtocolError(`Cannot end frame ${number}: it was not sent`);
    const [frame] = this.#open.splice(at, 1);
    frame.letGo();
    // Where an answer is under way, the number is not used again before it is here.
    if (frame.recall !== "asked") this.#byNumber[number] = undefined;
    if (this.first !== undefined) this.first.heardAt = now;
  }

  /** The worker has ended and reads nothing any more. What it was at can still be asked. */
  letGo(): void {
    for (const frame of this.#open) frame.letGo();
  }
}
