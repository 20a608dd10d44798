/**
 * Layer 12, manager. A call that may wait, in the server; and the lists in which calls wait, first
 * come, first served. A wait ends when somebody grants it, when its time is up, or when its client
 * gives it up or is gone. Owns the timer of a wait, which exists only if a time was given.
 *
 * @module
 */

/** What a wait rejects with that its client has given up: there is nothing to answer, or CANCELLED. */
export const GIVEN_UP: unique symbol = Symbol("given up");

const MAX_TIMER_MS = 0x7fff_ffff;

/** Something that a client holds, and that must not stay held when it is gone. */
export interface Holding {
  /** The client is gone. */
  abandoned(holder: Holder): void;
}

/** Who calls: each process that is connected is one. */
export interface Holder {
  /** What it holds. */
  readonly held: Set<Holding>;
}

/** A call under way. */
export class Call {
  /** Who calls. */
  readonly holder: Holder;
  /** Ends what the call waits for; `null` while it waits for nothing that could be ended. */
  giveUp: (() => void) | null = null;
  /** Whether its client is gone. */
  gone = false;
  /** Whether it goes on waiting although its client has given it up. */
  must = false;
  #givenUp = false;

  constructor(holder: Holder) {
    this.holder = holder;
  }

  /** Whether there is nothing more to wait for. */
  get isOver(): boolean {
    return this.gone || (this.#givenUp && !this.must);
  }

  /** Its client has given it up, or is gone. */
  cancel(gone: boolean): void {
    this.gone ||= gone;
    this.#givenUp = true;
    if (this.isOver) this.giveUp?.();
  }
}

/** A call that waits, for a value of its kind. */
class Waiter<T> {
  readonly call: Call;
  readonly about: unknown;
  readonly settle: (value: T) => void;
  readonly fail: (error: unknown) => void;
  timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    call: Call,
    about: unknown,
    settle: (value: T) => void,
    fail: (error: unknown) => void,
  ) {
    this.call = call;
    this.about = about;
    this.settle = settle;
    this.fail = fail;
  }
}

/** Calls that wait for the same thing. */
export class Waits<T> {
  readonly #waiters = new Set<Waiter<T>>();

  /** How many wait. */
  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Waits; not for a call that was given up between two waits.
   *
   * @param timeout Milliseconds, or `Infinity`.
   * @param expired Says what the wait comes to when the time is up, or throws.
   * @param about What {@link Waits.first} tells of it.
   */
  wait(call: Call, timeout: number, expired: () => T, about?: unknown): Promise<T> {
    if (call.isOver) return Promise.reject(GIVEN_UP);
    return new Promise<T>((resolve, reject) => {
      const waiter = new Waiter<T>(call, about, resolve, reject);
      this.#waiters.add(waiter);
      call.giveUp = () => this.#end(waiter, () => reject(GIVEN_UP));
      if (timeout === Infinity) return;
      const end = performance.now() + timeout;
      const look = () => {
        const left = end - performance.now();
        if (left > 0) return void (waiter.timer = setTimeout(look, Math.min(left, MAX_TIMER_MS)));
        this.#end(waiter, () => {
          try {
            resolve(expired());
          } catch (error) {
            reject(error);
          }
        });
      };
      look();
    });
  }

  /** Who has waited longest, and what for. */
  first(): { call: Call; about: unknown } | undefined {
    for (const waiter of this.#waiters) return waiter;
    return undefined;
  }

  /** Ends the first wait; returns whether there was one. */
  grant(value: T): boolean {
    for (const waiter of this.#waiters) {
      this.#end(waiter, () => waiter.settle(value));
      return true;
    }
    return false;
  }

  /** Ends the first wait with an error. */
  refuse(error: unknown): boolean {
    for (const waiter of this.#waiters) {
      this.#end(waiter, () => waiter.fail(error));
      return true;
    }
    return false;
  }

  #end(waiter: Waiter<T>, how: () => void): void {
    if (!this.#waiters.delete(waiter)) return;
    clearTimeout(waiter.timer);
    waiter.call.giveUp = null;
    how();
  }
}

/** Resolves when a promise has settled, or the call is given up: for what cannot be called off. */
export function whileWanted<T>(
  call: Call,
  promise: Promise<T>,
  onGivenUp: () => void = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const own = call.giveUp = () => {
      call.giveUp = null;
      reject(GIVEN_UP);
      onGivenUp();
    };
    // Before the caller goes on: it may wait for something else then.
    const settled = () => void (call.giveUp === own && (call.giveUp = null));
    promise.finally(settled).then(resolve, reject);
  });
}
