/**
 * Layer 5, lane. Claims: which items of a message a worker has begun, and which it may not begin any
 * more. One word for each message that is under way, shared by the worker and its pool.
 *
 * ```text
 * Layout      LIMIT in the upper 16 bits, BEGUN in the lower ones
 * States      n,0 ──worker, cas: before each item──▶ n,1 … n,n
 *             l,b ──pool, cas: takes items back──▶ l',b   b ≤ l' < l
 * Invariants  C1 BEGUN ≤ LIMIT; BEGUN only rises, LIMIT only falls: an item is begun by the worker
 *                or taken back by the pool, never both, and its last item first.
 *             C2 a word is used for another message only when the worker has said that it is past
 *                this one.
 * Failure     of a worker that has died, item BEGUN - 1 was running, or its result is there.
 * Cost        one compare-and-exchange for each item.
 * ```
 *
 * @module
 */

import { cas, load, store } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { CLAIM_WORDS, CLAIMS_AT } from "./layout.ts";

const BITS = 16;
const MASK = (1 << BITS) - 1;
/** The most items of a message that has a claim. */
export const MAX_CLAIMED = MASK;

/** The claims of a lane. */
export class Claims {
  readonly #words: Words;

  constructor(words: Words) {
    this.#words = words;
  }

  /** Begins a claim for a message of so many items. */
  open(claim: number, items: number): void {
    store(this.#words, at(claim), items << BITS);
  }

  /** Worker: begins the next item; returns whether it may. */
  begin(claim: number): boolean {
    for (;;) {
      const state = load(this.#words, at(claim));
      if ((state & MASK) === state >>> BITS) return false;
      if (cas(this.#words, at(claim), state, state + 1)) return true;
    }
  }

  /** How many items have begun. */
  begun(claim: number): number {
    return load(this.#words, at(claim)) & MASK;
  }

  /** How many items have not begun and may. */
  left(claim: number): number {
    const state = load(this.#words, at(claim));
    return (state >>> BITS) - (state & MASK);
  }

  /** Pool: takes back a part of the items that have not begun, rounded up; returns how many. */
  takeBack(claim: number, part: number): number {
    for (;;) {
      const state = load(this.#words, at(claim));
      const begun = state & MASK;
      const limit = state >>> BITS;
      const taken = Math.ceil((limit - begun) * part);
      if (taken === 0) return 0;
      if (cas(this.#words, at(claim), state, (limit - taken) << BITS | begun)) return taken;
    }
  }
}

function at(claim: number): number {
  return CLAIMS_AT + CLAIM_WORDS * claim;
}
