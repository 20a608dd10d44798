/**
 * Layer 12, manager. The barrier of a server. Whoever waits belongs to a round; a round ends when it
 * is full and its action has run, or when it breaks. Who comes while the action runs stays outside
 * until then, and is a party all the same: if it gives up or is gone, that breaks the barrier.
 *
 * @module
 */

import { BrokenBarrierError, TimeoutError } from "../errors.ts";
import { GIVEN_UP, Waits } from "./call.ts";
import type { Call } from "./call.ts";

/** A barrier. */
export class BarrierReferent {
  readonly #parties: number;
  readonly #action: (() => unknown) | null;
  readonly #timeout: number;
  /** Who waits in this round; each round has its own. */
  #waits = new Waits<true>();
  /** Who waits for the next round to begin. */
  readonly #outside = new Waits<true>();
  #arrived = 0;
  #broken = false;
  /** The round whose action runs, which may have broken meanwhile. */
  #acting: Waits<true> | null = null;

  constructor(parties: number, action: (() => unknown) | null = null, timeout = Infinity) {
    if (!Number.isInteger(parties) || parties < 1) {
      throw new RangeError(
        `Cannot make a barrier of ${parties} parties: give a whole number of at least 1`,
      );
    }
    this.#parties = parties;
    this.#action = action;
    this.#timeout = timeout;
  }

  async wait(call: Call, given: number | null): Promise<number> {
    const timeout = given ?? this.#timeout;
    const end = performance.now() + timeout;
    while (this.#acting === this.#waits) await this.#stay(this.#outside, call, end);
    if (this.#broken) throw brokenError();
    const waits = this.#waits;
    const index = this.#arrived++;
    if (this.#arrived < this.#parties) await this.#stay(waits, call, end);
    else if (this.#action !== null) await this.#act(this.#action, waits);
    else this.#trip();
    return index;
  }

  abort(): void {
    this.#broken = true;
    this.#break();
  }

  reset(): void {
    this.#broken = false;
    this.#break();
  }

  parties(): number {
    return this.#parties;
  }

  nWaiting(): number {
    return this.#waits.size;
  }

  broken(): boolean {
    return this.#broken;
  }

  /** Whose time is up, or who is gone, breaks the round for all of it. */
  async #stay(waits: Waits<true>, call: Call, end: number): Promise<void> {
    try {
      await waits.wait(call, Math.max(0, end - performance.now()), () => {
        throw lateError();
      });
    } catch (error) {
      const isOn = waits === this.#waits || waits === this.#outside;
      if (isOn && (error === GIVEN_UP || error instanceof TimeoutError)) this.abort();
      throw error;
    }
  }

  /** All are there: they go on when the action has run. */
  async #act(action: () => unknown, waits: Waits<true>): Promise<void> {
    this.#acting = waits;
    try {
      await action();
    } catch (error) {
      if (waits === this.#waits) this.abort();
      throw error;
    }
    if (waits !== this.#waits) throw brokenError(); // it was aborted or reset meanwhile
    this.#trip();
  }

  #trip(): void {
    const waits = this.#nextRound();
    while (waits.grant(true));
  }

  #break(): void {
    const waits = this.#nextRound();
    while (waits.refuse(brokenError()));
  }

  /** Begins a round; returns the waits of the one that is over. */
  #nextRound(): Waits<true> {
    const waits = this.#waits;
    this.#waits = new Waits();
    this.#arrived = 0;
    while (this.#outside.grant(true));
    return waits;
  }
}

function brokenError(): BrokenBarrierError {
  return new BrokenBarrierError(
    "The barrier is broken: it was aborted or reset, or a party gave up, failed or died; call " +
      "reset to use it again",
  );
}

function lateError(): TimeoutError {
  return new TimeoutError(
    "The other parties did not come to the barrier in time, which has broken it; call reset to " +
      "use it again",
  );
}
