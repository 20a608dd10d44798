/**
 * Layer 12, manager. The barrier of a server. Whoever waits belongs to a round; a round ends when it
 * is full and its action has run, or when it breaks.
 *
 * @module
 */

import { BrokenBarrierError, TimeoutError } from "../errors.ts";
import { GIVEN_UP, Waits, whileWanted } from "./call.ts";
import type { Call } from "./call.ts";

/** A barrier. */
export class BarrierReferent {
  readonly #parties: number;
  readonly #action: (() => unknown) | null;
  readonly #timeout: number;
  #waits = new Waits<true>();
  #arrived = 0;
  #broken = false;
  /** Settles when the action of a full round has run; who comes meanwhile is of the next one. */
  #acting: Promise<void> | null = null;

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
    while (this.#acting !== null) await whileWanted(call, this.#acting);
    if (this.#broken) throw brokenError();
    const waits = this.#waits;
    const index = this.#arrived++;
    if (this.#arrived === this.#parties) {
      if (this.#action !== null) await this.#act(this.#action, waits);
      else this.#trip(waits);
      return index;
    }
    const left = timeout === Infinity ? Infinity : end - performance.now();
    try {
      await waits.wait(call, Math.max(0, left), () => {
        throw lateError();
      });
    } catch (error) {
      // Whose time is up, or who is gone, breaks the round for all of it.
      if (waits === this.#waits && (error === GIVEN_UP || error instanceof TimeoutError)) {
        this.abort();
      }
      throw error;
    }
    return index;
  }

  abort(): void {
    this.#broken = true;
    this.#breakRound();
  }

  reset(): void {
    this.#breakRound();
    this.#broken = false;
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

  /** All are there: they go on when the action has run. */
  async #act(action: () => unknown, waits: Waits<true>): Promise<void> {
    const acting = Promise.withResolvers<void>();
    this.#acting = acting.promise;
    try {
      await action();
      if (waits !== this.#waits) throw brokenError(); // it was aborted or reset meanwhile
      this.#trip(waits);
    } catch (error) {
      if (waits === this.#waits) this.abort();
      throw error;
    } finally {
      this.#acting = null;
      acting.resolve();
    }
  }

  #trip(waits: Waits<true>): void {
    this.#waits = new Waits();
    this.#arrived = 0;
    while (waits.grant(true));
  }

  #breakRound(): void {
    const waits = this.#waits;
    this.#waits = new Waits();
    this.#arrived = 0;
    while (waits.refuse(brokenError()));
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
