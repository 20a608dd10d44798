/**
 * Layer 12, manager. The condition of a server: a lock, and the waits for what it protects.
 *
 * @module
 */

import { GIVEN_UP, Waits } from "./call.ts";
import type { Call } from "./call.ts";
import { LockReferent } from "./lock_referent.ts";

/** A condition. */
export class ConditionReferent {
  readonly #lock: LockReferent;
  readonly #waits = new Waits<boolean>();

  constructor(lock: LockReferent = new LockReferent(true)) {
    if (!(lock instanceof LockReferent)) {
      throw new TypeError(
        "Cannot make a condition of this lock: give a Lock or an RLock of the same manager",
      );
    }
    this.#lock = lock;
  }

  acquire(call: Call, timeout: number, take: boolean): number | Promise<number> {
    return this.#lock.acquire(call, timeout, take);
  }

  release(call: Call): void {
    this.#lock.release(call);
  }

  releaseOwn(call: Call, ticket: number): void {
    this.#lock.releaseOwn(call, ticket);
  }

  locked(): boolean {
    return this.#lock.locked();
  }

  /** Lets the lock go, waits to be notified, and takes it again before it answers. */
  async wait(call: Call, timeout: number): Promise<boolean> {
    const held = this.#lock.letGo(call);
    let givenUp = false;
    const notified = await this.#waits.wait(call, Math.max(0, timeout), () => false).catch(
      (error) => {
        if (error !== GIVEN_UP || call.gone) throw error;
        givenUp = true;
        return false;
      },
    );
    try {
      await this.#restore(call, held);
    } catch (error) {
      if (notified) this.#waits.grant(true); // it has not taken note: another one does
      throw error;
    }
    if (givenUp) throw GIVEN_UP;
    return notified;
  }

  notify(call: Call, n: number): void {
    this.#lock.check(call, "notify with");
    for (let left = n; left > 0 && this.#waits.grant(true); left--);
  }

  /** Only the end of the client keeps it from taking the lock again. */
  async #restore(call: Call, held: { depth: number; ticket: number }): Promise<void> {
    if (call.gone) throw GIVEN_UP;
    call.must = true;
    try {
      await this.#lock.restore(call, held);
    } finally {
      call.must = false;
    }
  }
}
