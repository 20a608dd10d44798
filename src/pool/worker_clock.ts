/**
 * Layer 10, pool. A worker's clock as its pool reads it: by how much the two differ.
 *
 * Both count milliseconds from an origin of their own, without jumps, so the difference is constant.
 * The origins give it to the microsecond, unless somebody has set the system's clock between the
 * two. Messages bound it: none arrives before it was sent, no task begins before it was submitted.
 * Where the origins are out of these bounds, the nearest bound counts, which is off by no more than
 * the quickest message took.
 *
 * @module
 */

/** What to add to a worker's time. */
export class WorkerClock {
  #offset = 0;
  #most = Infinity;

  /** The worker says where its clock begins. */
  begin(origin: number): void {
    const offset = origin - performance.timeOrigin;
    if (Number.isFinite(offset)) this.#offset = Math.min(offset, this.#most);
  }

  /** The worker's time in this isolate. */
  here(time: number): number {
    return time + this.#offset;
  }

  /** A time of this isolate at the worker. */
  there(time: number): number {
    return time - this.#offset;
  }

  /** What the worker did at its time `there` is known here at the time `here`. */
  heard(there: number, here: number): void {
    const most = here - there;
    if (!(most < this.#most)) return;
    this.#most = most;
    if (this.#offset > most) this.#offset = most;
  }

  /** What the worker did at its time `there` cannot have happened before the time `here`. */
  caused(here: number, there: number): void {
    const least = here - there;
    if (least > this.#offset) this.#offset = Math.min(least, this.#most);
  }
}
