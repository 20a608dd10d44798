/**
 * Layer 12, manager. The event and the semaphores of a server.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { Waits } from "./call.ts";
import type { Call, Holder, Holding } from "./call.ts";

/** An event. */
export class EventReferent {
  #set = false;
  readonly #waits = new Waits<boolean>();

  set(): void {
    this.#set = true;
    while (this.#waits.grant(true));
  }

  clear(): void {
    this.#set = false;
  }

  isSet(): boolean {
    return this.#set;
  }

  wait(call: Call, timeout: number): boolean | Promise<boolean> {
    if (this.#set || timeout <= 0) return this.#set;
    return this.#waits.wait(call, timeout, () => false);
  }
}

/** A semaphore. A permit that was taken to be held comes back when its client is gone. */
export class SemaphoreReferent implements Holding {
  #value: number;
  readonly #most: number;
  readonly #held = new Map<Holder, number>();
  /** About: whether the permit is to be held. */
  readonly #waits = new Waits<boolean>();

  constructor(value = 1, bounded: boolean) {
    if (!Number.isInteger(value) || value < 0 || value > 0x7fff_ffff) {
      throw new RangeError(
        `Cannot make a semaphore of ${value}: give a whole number from 0 to 2147483647`,
      );
    }
    this.#value = value;
    this.#most = bounded ? value : 0x7fff_ffff;
  }

  acquire(call: Call, timeout: number, hold: boolean): boolean | Promise<boolean> {
    if (this.#value > 0) {
      this.#value--;
      this.#grant(call.holder, hold);
      return true;
    }
    if (timeout <= 0) return false;
    return this.#waits.wait(call, timeout, () => false, hold);
  }

  release(): void {
    if (this.#value >= this.#most) {
      throw new ProcessError(
        `Cannot release a semaphore more often than it was acquired: its value is ${this.#value}`,
      );
    }
    this.#free();
  }

  /** Gives a permit back that was held. */
  releaseHeld({ holder }: Call): void {
    const count = this.#held.get(holder) ?? 0;
    if (count === 0) return;
    this.#count(holder, count - 1);
    if (this.#value < this.#most) this.#free();
  }

  value(): number {
    return this.#value;
  }

  abandoned(holder: Holder): void {
    const count = this.#held.get(holder) ?? 0;
    this.#count(holder, 0);
    for (let left = count; left > 0 && this.#value < this.#most; left--) this.#free();
  }

  #free(): void {
    const next = this.#waits.first();
    if (next === undefined) return void this.#value++;
    this.#grant(next.call.holder, next.about === true);
    this.#waits.grant(true);
  }

  #grant(holder: Holder, hold: boolean): void {
    if (hold) this.#count(holder, (this.#held.get(holder) ?? 0) + 1);
  }

  #count(holder: Holder, count: number): void {
    if (count === 0) {
      this.#held.delete(holder);
      holder.held.delete(this);
    } else {
      this.#held.set(holder, count);
      holder.held.add(this);
    }
  }
}
