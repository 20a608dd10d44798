/**
 * Layer 10, pool. Counts the workers in a row that have died before they were ready: after some of them
 * the pool is broken, instead of starting others for ever.
 *
 * @module
 */

import { wasEnded } from "../runtime/signals.ts";

/** So many break the pool. */
const MAX_FAILED = 3;
/** So many if somebody ends them, as Ctrl-C does: that is no fault of the program's. */
const MAX_KILLED = 100;

/** Workers in a row that were never ready. */
export class FalseStarts {
  #failed = 0;
  #killed = 0;

  /** One more has ended, with this code. Returns how many there were if that is too many, else `null`. */
  add(code: number): number | null {
    const enough = wasEnded(code) ? ++this.#killed >= MAX_KILLED : ++this.#failed >= MAX_FAILED;
    return enough ? this.#failed + this.#killed : null;
  }

  /** One was ready. */
  forget(): void {
    this.#failed = this.#killed = 0;
  }
}
