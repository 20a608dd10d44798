/**
 * Layer 10, pool. In a worker: which items may begin. Not those of a run that is not wanted any more,
 * nor those of a frame that its pool has taken back. Where the two share words, each item is claimed
 * there; otherwise this side counts, and says when it is asked.
 *
 * @module
 */

import type { Claims } from "../lane/claims.ts";
import { FRAMES } from "./messages.ts";

/** Which items may begin. */
export class Permits {
  /** How many items of each frame have begun, and may; where that is not claimed. */
  readonly #begun = new Array<number>(FRAMES).fill(0);
  readonly #limits = new Array<number>(FRAMES).fill(Infinity);
  /** Runs whose remaining items are not wanted. */
  readonly #dropped = new Set<number>();
  #frame = 0;
  /** What says whether the next item may begin; `null` where nobody shares words. */
  #claims: Claims | null = null;

  /** A frame has arrived: nothing of it has begun. */
  arrived(frame: number): void {
    this.#begun[frame] = 0;
    this.#limits[frame] = Infinity;
  }

  /** The next items are those of this frame. */
  enter(frame: number, claims: Claims | null): void {
    this.#frame = frame;
    this.#claims = claims;
  }

  /** Whether the pool sees which items have begun. */
  get claimed(): boolean {
    return this.#claims !== null;
  }

  /** Whether the next item may begin: from then on it is begun. */
  begin(): boolean {
    const frame = this.#frame;
    if (this.#claims !== null) return this.#claims.begin(frame);
    if (this.#begun[frame] >= this.#limits[frame]) return false;
    this.#begun[frame]++;
    return true;
  }

  /** The pool wants back what has not begun of a frame. Returns how many items have. */
  recall(frame: number): number {
    return this.#limits[frame] = this.#begun[frame];
  }

  /** The rest of a run is not wanted. */
  drop(run: number): void {
    this.#dropped.add(run);
  }

  /** Whether the rest of a run is not wanted. */
  isDropped(run: number): boolean {
    return this.#dropped.size > 0 && this.#dropped.has(run);
  }

  /** Nothing that was dropped can come any more. */
  forgetDropped(): void {
    this.#dropped.clear();
  }
}
