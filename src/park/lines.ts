/**
 * Layer 4, park. Waiting without blocking the isolate: the waiters of this isolate, one line for
 * each object, first come first served. The isolate enlists once for a whole line.
 *
 * Wake-up: LISTENING is set before a line enlists and tries, and again before a ring is answered, so
 * that no ring falls between (see `self.ts`). Now and then all lines are tried again,
 * to find those who were killed. Waiting keeps the isolate alive.
 *
 * @module
 */

import type { Block } from "../memory/arena.ts";
import { load } from "../memory/atomics.ts";
import type { Words } from "../memory/atomics.ts";
import { WAIT_SET } from "../memory/layout.ts";
import { runtime } from "../runtime/mod.ts";
import type { Agent } from "./agent.ts";
import { phaseAfter, SLICE_MS } from "./block.ts";
import { AGAIN, EXPIRED, PHASE } from "./operation.ts";
import type { WaitOperation } from "./operation.ts";
import type { Self } from "./self.ts";
import { delist, enlist, wakeOne } from "./wait_set.ts";

/** How long until all lines are tried again, at first and at most: see `block.ts`. */
const FIRST_LOOK_MS = 50;
const MAX_TIMER_MS = 0x7fff_ffff;

interface Waiter {
  /** Not dropped while somebody waits for it. */
  readonly block: Block;
  readonly operation: WaitOperation;
  readonly agent: Agent;
  readonly argument: number;
  readonly ticket: number;
  readonly since: number;
  readonly settle: (result: number) => void;
  /** Ends the wait at its deadline, or on a signal. */
  stop: () => void;
}

interface Line {
  readonly words: Words;
  readonly at: number;
  /** Where the wait set is. */
  readonly set: number;
  waiters: Waiter[];
}

/** The lines of this isolate in one arena. */
export class Lines {
  readonly #self: Self;
  readonly #lines = new Map<Words, Map<number, Line>>();
  #count = 0;
  #release: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = FIRST_LOOK_MS;
  #awaiting = false;

  constructor(self: Self) {
    this.#self = self;
    self.onRing = () => this.#answer();
  }

  /**
   * Waits until an operation succeeds.
   *
   * @param agent Who acts: this isolate, or one that it stands in for.
   * @param timeout Milliseconds in all; 0 or less tries once.
   * @returns The operation's result, or {@link EXPIRED}. Rejects with the signal's reason.
   */
  async wait(
    operation: WaitOperation,
    block: Block,
    agent: Agent,
    argument: number,
    timeout: number,
    signal?: AbortSignal,
  ): Promise<number> {
    signal?.throwIfAborted();
    const { words, at } = block;
    const ticket = operation.begin?.(words, at, agent, argument) ?? 0;
    const result = operation.attempt(words, at, agent, argument, ticket, PHASE.FIRST);
    if (result !== AGAIN) return result;
    return await new Promise((resolve, reject) => {
      const line = this.#lineOf(words, at, at + operation.waitSet);
      const since = performance.now();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const waiter: Waiter = {
        block,
        operation,
        agent,
        argument,
        ticket,
        since,
        settle: (result) => (done(), resolve(result)),
        stop: () => (done(), reject(signal?.reason)),
      };
      const onAbort = () => {
        const late = this.#giveUp(line, waiter);
        if (late === EXPIRED) waiter.stop();
        else waiter.settle(late);
      };
      const arm = () => {
        const left = since + timeout - performance.now();
        if (left <= 0) waiter.settle(this.#giveUp(line, waiter));
        else if (left !== Infinity) timer = setTimeout(arm, Math.min(left, MAX_TIMER_MS));
      };
      this.#join(line, waiter);
      if (!line.waiters.includes(waiter)) return;
      signal?.addEventListener("abort", onAbort, { once: true });
      arm();
    });
  }

  /** Tries the lines again: the isolate was blocked, and rings may have been meant for them. */
  recheck(): void {
    if (this.#count > 0) this.#answer();
  }

  #lineOf(words: Words, at: number, set: number): Line {
    let lines = this.#lines.get(words);
    if (lines === undefined) this.#lines.set(words, lines = new Map());
    let line = lines.get(set);
    if (line === undefined) lines.set(set, line = { words, at, set, waiters: [] });
    return line;
  }

  #join(line: Line, waiter: Waiter): void {
    line.waiters.push(waiter);
    if (this.#count++ === 0) {
      this.#release = runtime.keepAlive();
    }
    // Somebody new waits: look soon again.
    this.#pauseMs = FIRST_LOOK_MS;
    clearTimeout(this.#timer);
    this.#lookLater();
    this.#self.listen();
    this.#tryLine(line);
    this.#awaitBell();
  }

  /** Takes waiters out whose operation has succeeded. */
  #tryLine(line: Line): void {
    const { words, at, set } = line;
    for (let again = true; again && line.waiters.length > 0;) {
      again = false;
      enlist(words, set, this.#self);
      const now = performance.now();
      for (let i = 0; i < line.waiters.length; i++) {
        const waiter = line.waiters[i];
        const { operation, agent, argument, ticket } = waiter;
        const phase = phaseAfter(now - waiter.since);
        const result = operation.attempt(words, at, agent, argument, ticket, phase);
        if (result === AGAIN) {
          if (operation.inTurn) break;
          continue;
        }
        again = true; // a ring that was for another waiter of the line may have been used up
        line.waiters.splice(i--, 1);
        this.#left();
        waiter.settle(result);
      }
    }
    if (line.waiters.length === 0) this.#endLine(line);
  }

  #giveUp(line: Line, waiter: Waiter): number {
    const { operation, agent, argument, ticket } = waiter;
    const late = operation.giveUp?.(line.words, line.at, agent, argument, ticket) ?? EXPIRED;
    line.waiters.splice(line.waiters.indexOf(waiter), 1);
    this.#left();
    if (line.waiters.length === 0) this.#endLine(line);
    else this.#tryLine(line);
    return late;
  }

  #endLine({ words, set }: Line): void {
    if (!delist(words, set, this.#self)) wakeOne(words, set, this.#self); // it was not for us
    const lines = this.#lines.get(words);
    if (lines?.delete(set) && lines.size === 0) this.#lines.delete(words);
  }

  #left(): void {
    if (--this.#count > 0) return;
    clearTimeout(this.#timer);
    this.#release?.();
    this.#self.unlisten();
  }

  #answer(): void {
    if (this.#count === 0) return;
    this.#self.listen();
    this.#tryAll(false);
  }

  #lookLater(): void {
    this.#timer = setTimeout(() => {
      this.#pauseMs = Math.min(2 * this.#pauseMs, SLICE_MS);
      this.#tryAll(true);
      if (this.#count > 0) this.#lookLater();
    }, this.#pauseMs);
  }

  /** Tries the lines whose wait set says that somebody woke us; all of them, once in a while. */
  #tryAll(whetherWokenOrNot: boolean): void {
    const { seat } = this.#self;
    const bit = 1 << (seat & 31);
    for (const lines of [...this.#lines.values()]) {
      for (const line of [...lines.values()]) {
        const listed = load(line.words, line.set + WAIT_SET.BITS + (seat >> 5)) & bit;
        if (whetherWokenOrNot || listed === 0) this.#tryLine(line);
      }
    }
  }

  /** In a `SharedArrayBuffer` the bell itself can be awaited. */
  #awaitBell(): void {
    if (this.#awaiting || this.#count === 0 || !this.#self.canAwait) return;
    this.#awaiting = true;
    const seen = this.#self.bell();
    this.#tryAll(false);
    const rung = this.#count > 0 ? this.#self.awaitBell(seen) ?? Promise.resolve() : null;
    if (rung === null) return void (this.#awaiting = false);
    rung.then(() => {
      this.#awaiting = false;
      this.#answer();
      this.#awaitBell();
    });
  }
}
