/**
 * Layer 12, manager. The locks of a server. A recursive one belongs to the client that acquired it;
 * the other one to whoever has it. Owns who holds it, and how often.
 *
 * When the holder is gone, the lock is free and one acquirer is told, as with `Lock` and `RLock`.
 *
 * @module
 */

import { AbandonedLockError, ProcessError } from "../errors.ts";
import { Waits } from "./call.ts";
import type { Call, Holder, Holding } from "./call.ts";

/** A lock, recursive or not. */
export class LockReferent implements Holding {
  readonly recursive: boolean;
  #holder: Holder | null = null;
  #depth = 0;
  /** The number of this acquisition, by which a guard knows its own. */
  #ticket = 0;
  #tickets = 0;
  #abandoned = false;
  /** About: whether an abandoned lock is wanted all the same. */
  readonly #waits = new Waits<number>();

  constructor(recursive: boolean) {
    this.recursive = recursive;
  }

  /**
   * Waits until the lock is free and takes it.
   *
   * @returns The number of the acquisition; negative if the holder before is gone; 0 when the time
   * is up.
   */
  acquire(call: Call, timeout: number, take = false): number | Promise<number> {
    if (this.#depth === 0) {
      if (!this.#abandoned) return this.#grant(call.holder);
      this.#abandoned = false;
      if (take) return -this.#grant(call.holder);
      throw abandonedError();
    }
    if (this.recursive && this.#holder === call.holder) {
      this.#depth++;
      return this.#ticket;
    }
    if (timeout <= 0) return 0;
    return this.#waits.wait(call, timeout, () => 0, take);
  }

  release(call: Call): void {
    this.check(call, "release");
    if (--this.#depth === 0) this.#free();
  }

  /** Releases an acquisition, if it is still that one. */
  releaseOwn(call: Call, ticket: number): void {
    if (this.#depth === 0 || this.#ticket !== Math.abs(ticket)) return;
    if (this.recursive && this.#holder !== call.holder) return;
    this.release(call);
  }

  locked(): boolean {
    return this.#depth > 0;
  }

  /** Fails unless the lock is held: a recursive one by this client. */
  check({ holder }: Call, action: string): void {
    if (this.#depth > 0 && (!this.recursive || this.#holder === holder)) return;
    throw new ProcessError(
      this.#depth === 0
        ? `Cannot ${action} a lock that nobody holds: acquire it before`
        : `Cannot ${action} a lock that another process holds: an RLock belongs to the process that ` +
          "acquired it",
    );
  }

  /** Lets the lock go altogether; returns what {@link LockReferent.restore} needs. */
  letGo(call: Call): { depth: number; ticket: number } {
    this.check(call, "wait with");
    const held = { depth: this.#depth, ticket: this.#ticket };
    this.#depth = 0;
    this.#free();
    return held;
  }

  /** Takes it again, as often as it was held; a guard of before still fits. */
  async restore(call: Call, held: { depth: number; ticket: number }): Promise<void> {
    await this.acquire(call, Infinity, true);
    if (this.#holder !== call.holder) return;
    if (this.#depth === 1) this.#ticket = held.ticket;
    this.#depth += held.depth - 1;
  }

  abandoned(holder: Holder): void {
    if (this.#holder !== holder) return;
    this.#depth = 0;
    this.#abandoned = true;
    this.#free();
  }

  #grant(holder: Holder): number {
    this.#holder = holder;
    this.#depth = 1;
    holder.held.add(this);
    return this.#ticket = ++this.#tickets;
  }

  /** Nobody holds it: the next one does. */
  #free(): void {
    this.#holder?.held.delete(this);
    this.#holder = null;
    for (let next = this.#waits.first(); next !== undefined; next = this.#waits.first()) {
      if (!this.#abandoned) return void this.#waits.grant(this.#grant(next.call.holder));
      this.#abandoned = false;
      if (next.about) return void this.#waits.grant(-this.#grant(next.call.holder));
      this.#waits.refuse(abandonedError());
    }
  }
}

function abandonedError(): AbandonedLockError {
  return new AbandonedLockError(
    "The process that held the lock has ended without releasing it, so what the lock protects may " +
      'be half done; put it right and acquire again, or acquire with { onAbandoned: "take" }',
  );
}
