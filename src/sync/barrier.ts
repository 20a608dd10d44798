/**
 * Layer 5, sync. The public Barrier. The protocol is in `barrier_words.ts`.
 *
 * @module
 */

import { BrokenBarrierError, TimeoutError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { registerInternal } from "../wire/classes.ts";
import { newEnd } from "../park/adopt.ts";
import type { End } from "../park/end.ts";
import { EXPIRED } from "../park/operation.ts";
import type { StartMethod } from "../park/start_method.ts";
import { readEnd, writeEnd } from "../park/travel.ts";
import { checkTimeout } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import {
  abortBarrier,
  awaitBarrier,
  BARRIER_WORDS,
  BROKEN,
  comeToBarrier,
  enterBarrier,
  indexOf,
  initBarrier,
  isBroken,
  leaveBarrier,
  MAX_PARTIES,
  partyCount,
  resetBarrier,
  tripBarrier,
  waitingParties,
} from "./barrier_words.ts";

/** How to make a barrier. */
export interface BarrierOptions {
  /** Called by one of the parties, the last one to arrive, before any of them goes on. */
  action?: () => unknown;
  /** Milliseconds that a `wait` without a time-out of its own may take. Default: for ever. */
  timeout?: number;
}

interface Parts extends BarrierOptions {
  end: End;
}

/** What a barrier that arrives in a message is made of. */
let arrived: Parts | null = null;
let partsOf: (barrier: Barrier) => Parts;

/**
 * A barrier: so many parties wait for each other, again and again.
 *
 * It breaks for all when a party's time is up, when its wait is aborted, when the action throws, or
 * when a party is killed; `reset` makes it usable again.
 *
 * @example
 * ```ts
 * import { Barrier, Process } from "@manycore/multiprocessing";
 *
 * export async function work(barrier: Barrier, id: number) {
 *   console.log(`${id} has prepared`);
 *   await barrier.wait();
 *   console.log(`${id} goes on`);
 * }
 *
 * if (import.meta.main) {
 *   const barrier = new Barrier(2);
 *   const children = [1, 2].map((id) => new Process({ target: work, args: [barrier, id] }));
 *   for (const child of children) child.start();
 *   for (const child of children) await child.join();
 * }
 * ```
 */
export class Barrier {
  /** The context of the class; `null` follows the default start method. */
  static readonly startMethod: StartMethod | null = null;

  readonly #end: End;
  readonly #options: BarrierOptions;

  /**
   * Makes a barrier.
   *
   * @param parties How many: a whole number from 1 to 16,383.
   * @param options An action, and a time-out for every wait.
   * @throws {RangeError} If `parties` is not such a number.
   */
  constructor(parties: number, options: BarrierOptions = {}) {
    if (arrived !== null) {
      const { end, ...rest } = arrived;
      this.#end = end;
      this.#options = rest;
      return;
    }
    if (!Number.isInteger(parties) || parties < 1 || parties > MAX_PARTIES) {
      throw new RangeError(
        `Cannot make a barrier of ${parties} parties: give a whole number from 1 to ${MAX_PARTIES}`,
      );
    }
    this.#options = options;
    this.#end = newEnd(
      this.constructor as typeof Barrier,
      BARRIER_WORDS,
      (words, at) => initBarrier(words, at, parties),
    );
  }

  /** How many parties there are. */
  get parties(): number {
    return this.#end.now(partyCount, 0);
  }

  /** How many of them wait now. */
  get nWaiting(): number {
    return this.#end.now(waitingParties, 0);
  }

  /** Whether the barrier is broken. */
  get broken(): boolean {
    return this.#end.now(isBroken, 0) === 1;
  }

  /**
   * Waits until all parties wait, without blocking the event loop.
   *
   * @param options `timeout` in milliseconds, default that of the barrier; `signal`. Either breaks it.
   * @returns A number from 0 to `parties` - 1, another one for each party.
   * @throws {TimeoutError} When the time is up.
   * @throws {BrokenBarrierError} If the barrier is broken, or breaks, or is reset meanwhile.
   * @throws What the action throws, in the party that runs it; the signal's reason.
   */
  async wait(options?: WaitOptions): Promise<number> {
    const wait = this.#timed(options);
    this.#end.now(comeToBarrier, 0);
    try {
      const ticket = this.#check(await this.#end.wait(enterBarrier, 0, wait(), ACTION));
      if (indexOf(ticket) < this.parties - 1) {
        // Aborted since it has entered: it has to break the round, or it is through.
        const aborted = options?.signal?.aborted ?? false;
        const left = aborted ? { timeout: 0 } : wait();
        const result = await this.#end.wait(awaitBarrier, ticket, left, ACTION);
        if (aborted && result === EXPIRED) throw options!.signal!.reason;
        return this.#check(result);
      }
      try {
        await this.#options.action?.();
      } catch (error) {
        this.abort();
        throw error;
      }
      return this.#check(this.#end.now(tripBarrier, ticket));
    } finally {
      this.#end.now(leaveBarrier, 0);
    }
  }

  /** As {@link Barrier.wait}, blocking this thread; a promise of the action is not awaited. */
  waitSync(options?: WaitOptions): number {
    const wait = this.#timed(options);
    this.#end.now(comeToBarrier, 0);
    try {
      const ticket = this.#check(this.#end.waitSync(enterBarrier, 0, wait(), ACTION));
      if (indexOf(ticket) < this.parties - 1) {
        return this.#check(this.#end.waitSync(awaitBarrier, ticket, wait(), ACTION));
      }
      try {
        this.#options.action?.();
      } catch (error) {
        this.abort();
        throw error;
      }
      return this.#check(this.#end.now(tripBarrier, ticket));
    } finally {
      this.#end.now(leaveBarrier, 0);
    }
  }

  /** Breaks the barrier: whoever waits, or comes until it is reset, gets a {@link BrokenBarrierError}. */
  abort(): void {
    this.#end.now(abortBarrier, 0);
  }

  /** Makes the barrier as new. Whoever waits gets a {@link BrokenBarrierError}. */
  reset(): void {
    this.#end.now(resetBarrier, 0);
  }

  /** Gives what is left of the time, whenever it is called. */
  #timed(options: WaitOptions | undefined): () => WaitOptions {
    const timeout = options?.timeout ?? this.#options.timeout;
    options?.signal?.throwIfAborted();
    if (checkTimeout(timeout, ACTION) === Infinity) return () => options ?? {};
    const end = performance.now() + timeout!;
    return () => ({ ...options, timeout: end - performance.now() });
  }

  #check(result: number): number {
    if (result === EXPIRED) {
      throw new TimeoutError(
        "The other parties did not come to the barrier in time, which has broken it; call reset to " +
          "use it again",
      );
    }
    if (result !== BROKEN) return result;
    throw new BrokenBarrierError(
      "The barrier is broken: it was aborted or reset, or a party gave up, failed or died; call " +
        "reset to use it again",
    );
  }

  static {
    partsOf = (barrier) => ({ end: barrier.#end, ...barrier.#options });
  }
}

const ACTION = "wait at the barrier";

registerInternal(Barrier, "Barrier", import.meta.url, {
  encode(output, barrier) {
    const { end, action, timeout } = partsOf(barrier);
    writeEnd(output, end);
    output.value({ action, timeout }, "options");
  },
  decode(input) {
    const end = readEnd(input);
    arrived = { end, ...input.value() as BarrierOptions };
    try {
      return new Barrier(1);
    } finally {
      arrived = null;
    }
  },
});
showsAs(Barrier, ({ parties, nWaiting, broken }) => ({ parties, nWaiting, broken }));
