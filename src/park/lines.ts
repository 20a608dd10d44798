/**
 * Layer 4, park. Waiting without blocking the isolate: the waiters of this isolate, one line for
 * each object, first come first served. The isolate enlists once for a whole line. An ordered line
 * is first polled for some microseconds, turn by turn of the event loop, without enlisting.
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
import { soon } from "../runtime/soon.ts";
import type { Agent } from "./agent.ts";
import { phaseAfter, SLICE_MS } from "./block.ts";
import { AGAIN, EXPIRED, PHASE } from "./operation.ts";
import type { Phase, WaitOperation } from "./operation.ts";
import type { Self } from "./self.ts";
import { delist, enlist, wakeOne } from "./wait_set.ts";

/** How long until all lines are tried again, at first and at most: see `block.ts`. */
const FIRST_LOOK_MS = 50;
const MAX_TIMER_MS = 0x7fff_ffff;

interface Waiter {
  /** Not dropped while somebody waits for it. */
  readonly block: Block;
  // deno-lint-ignore no-explicit-any
  readonly operation: WaitOperation<any>;
  readonly agent: Agent;
  readonly argument: unknown;
  readonly ticket: number;
  readonly since: number;
  readonly settle: (result: number) => void;
  readonly fail: (error: unknown) => void;
  /** Ends the wait, unless it succeeds at the last moment; `end` tells the caller. */
  readonly stop: (end: () => void) => void;
  /** Set when the wait was ended by code of the user's that ran in its own attempt. */
  end: (() => void) | null;
}

interface Line {
  readonly words: Words;
  readonly at: number;
  /** Where the wait set is. */
  readonly set: number;
  readonly waiters: Waiter[];
  /** Whether this isolate is, or was, in the wait set for it. */
  listed: boolean;
  /** Which of its waiters is being tried. */
  trying: Waiter | null;
  /** Until when the line is polled; 0 if it is not. */
  pollUntil: number;
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
  /** What {@link Self.deaths} was when all lines were tried. */
  #deaths = 0;

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
  async wait<A>(
    operation: WaitOperation<A>,
    block: Block,
    agent: Agent,
    argument: A,
    timeout: number,
    signal?: AbortSignal,
  ): Promise<number> {
    signal?.throwIfAborted();
    const { words, at } = block;
    const ticket = operation.begin?.(words, at, agent, argument) ?? 0;
    if (!operation.ordered || !this.isWaiting(words, at + operation.waitSet)) {
      const result = operation.attempt(words, at, agent, argument, ticket, PHASE.FIRST, block);
      if (result !== AGAIN) return result;
    }
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
        fail: (error) => (done(), reject(error)),
        stop: (end) => this.#stop(line, waiter, end),
        end: null,
      };
      const onAbort = () => waiter.stop(() => waiter.fail(signal!.reason));
      const arm = () => {
        const left = since + timeout - performance.now();
        if (left <= 0) {
          // Without a timer it was tried just now.
          if (timer !== undefined || operation.insistsAtLast) this.#lookAtLast(line, waiter);
          waiter.stop(() => waiter.settle(EXPIRED));
        } else if (left !== Infinity) {
          timer = setTimeout(arm, Math.min(left, MAX_TIMER_MS));
        }
      };
      // Before it is tried for the first time: an attempt may run code that aborts it.
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#join(line, waiter, timeout > 0 && operation.ordered === true);
      if (line.waiters.includes(waiter)) arm();
    });
  }

  /** Whether somebody of this isolate waits in a wait set. */
  isWaiting(words: Words, set: number): boolean {
    return this.#count > 0 && this.#lines.get(words)?.has(set) === true;
  }

  /** Ends the waits of an end that is closed, in one of its wait sets. */
  abandon(block: Block, set: number, reason: unknown): void {
    for (const waiter of [...this.#lines.get(block.words)?.get(set)?.waiters ?? []]) {
      if (waiter.block === block) waiter.stop(() => waiter.fail(reason));
    }
  }

  /**
   * Tries those who wait in a wait set, for one who comes after them. Returns whether none is left.
   *
   * @param phase That of the one who comes after them: if it is DESPERATE, so are they.
   */
  goAhead(words: Words, set: number, phase: Phase): boolean {
    const line = this.#lines.get(words)?.get(set);
    if (line === undefined || line.waiters.length === 0) return true;
    this.#tryWaiters(line, performance.now(), phase === PHASE.DESPERATE ? phase : null);
    if (line.waiters.length > 0) return false;
    this.#endLine(line);
    return true;
  }

  /** Tries the lines again: the isolate was blocked, and rings may have been meant for them. */
  recheck(): void {
    if (this.#count > 0) this.#answer();
  }

  #lineOf(words: Words, at: number, set: number): Line {
    let lines = this.#lines.get(words);
    if (lines === undefined) this.#lines.set(words, lines = new Map());
    let line = lines.get(set);
    if (line === undefined) {
      lines.set(
        set,
        line = { words, at, set, waiters: [], listed: false, trying: null, pollUntil: 0 },
      );
    }
    return line;
  }

  #join(line: Line, waiter: Waiter, polls: boolean): void {
    line.waiters.push(waiter);
    if (this.#count++ === 0) {
      this.#release = runtime.keepAlive();
    }
    if (polls && !line.listed) this.#pollLine(line);
    else this.#tryListed(line);
  }

  /** Tries a line, and has this isolate woken for it from now on. */
  #tryListed(line: Line): void {
    this.#lookSoon();
    this.#self.listen();
    this.#tryLine(line);
    this.#awaitBell();
  }

  /** Tries a line for a moment, turn by turn, before it costs anybody a wake-up. */
  #pollLine(line: Line): void {
    if (line.pollUntil !== 0) return;
    const patience = this.#self.patience();
    if (patience === 0) return this.#tryListed(line);
    line.pollUntil = performance.now() + patience;
    const poll = () => {
      if (line.waiters.length === 0 || line.listed) return void (line.pollUntil = 0);
      const now = performance.now();
      this.#tryWaiters(line, now, PHASE.FIRST);
      if (line.waiters.length === 0) {
        line.pollUntil = 0;
        this.#endLine(line);
      } else if (now < line.pollUntil) {
        soon(poll);
      } else {
        line.pollUntil = 0;
        this.#tryListed(line);
      }
    };
    soon(poll);
  }

  /** Takes waiters out whose operation has succeeded. */
  #tryLine(line: Line): void {
    do {
      line.listed = true;
      enlist(line.words, line.set, this.#self);
      // A ring that was for another waiter of the line may have been used up.
    } while (this.#tryWaiters(line, performance.now(), null) && line.waiters.length > 0);
    if (line.waiters.length === 0) this.#endLine(line);
  }

  /** Tries a line for one whose time is up: an isolate that was busy may not have heard its ring. */
  #lookAtLast(line: Line, waiter: Waiter): void {
    const phase = waiter.operation.insistsAtLast ? PHASE.DESPERATE : null;
    this.#tryWaiters(line, performance.now(), phase, waiter);
    if (line.waiters.length === 0) this.#endLine(line);
  }

  /**
   * Tries the waiters of a line. Returns whether one has succeeded.
   *
   * @param phase How far they have come, all of them; `null` for each as long as it has waited.
   * @param whom Whom it is for: others are tried only where it would have to wait for them.
   */
  #tryWaiters(line: Line, now: number, phase: Phase | null, whom?: Waiter): boolean {
    // An attempt may read an item with code of the user's, which may wait for another one.
    if (line.trying !== null) return false;
    try {
      return this.#tryEach(line, now, phase, whom);
    } finally {
      line.trying = null;
    }
  }

  #tryEach(line: Line, now: number, phaseOfAll: Phase | null, whom?: Waiter): boolean {
    const { words, at, waiters } = line;
    let succeeded = false;
    for (let i = 0; i < waiters.length; i++) {
      const waiter = waiters[i];
      if (whom !== undefined && waiter !== whom && !waiter.operation.inTurn) continue;
      line.trying = waiter;
      const { operation, agent, argument, ticket, block } = waiter;
      const phase = phaseOfAll ?? phaseAfter(now - waiter.since);
      let result = AGAIN;
      let failure: { error: unknown } | null = null;
      try {
        result = operation.attempt(words, at, agent, argument, ticket, phase, block);
      } catch (error) {
        failure = { error }; // memory that cannot be mapped: the error of whoever waits
      }
      if (waiters[i] !== waiter) i = waiters.indexOf(waiter); // its attempt has ended others
      if (result === AGAIN && failure === null) {
        if (waiter.end === null) {
          if (operation.inTurn) break;
          continue;
        }
        result = operation.giveUp?.(words, at, agent, argument, ticket) ?? EXPIRED;
      }
      succeeded = true;
      waiters.splice(i--, 1);
      this.#left();
      this.#self.succeeded();
      if (failure !== null) waiter.fail(failure.error);
      else if (result === EXPIRED) waiter.end!();
      else waiter.settle(result);
    }
    return succeeded;
  }

  #stop(line: Line, waiter: Waiter, end: () => void): void {
    if (line.trying === waiter) {
      waiter.end ??= end; // it may have what it waits for already: see `#tryEach`
      return;
    }
    const place = line.waiters.indexOf(waiter);
    if (place < 0) return; // it has ended
    line.waiters.splice(place, 1);
    const { operation, agent, argument, ticket } = waiter;
    const late = operation.giveUp?.(line.words, line.at, agent, argument, ticket) ?? EXPIRED;
    this.#left();
    if (line.waiters.length === 0) this.#endLine(line);
    else if (line.listed) this.#tryLine(line);
    if (late === EXPIRED) end();
    else waiter.settle(late);
  }

  #endLine(line: Line): void {
    const { words, set } = line;
    if (line.listed && !delist(words, set, this.#self)) {
      wakeOne(words, set, this.#self); // it was not for us
    }
    line.listed = false;
    const lines = this.#lines.get(words);
    if (lines?.delete(set) && lines.size === 0) this.#lines.delete(words);
  }

  #left(): void {
    if (--this.#count > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#release?.();
    this.#self.unlisten();
  }

  #answer(): void {
    if (this.#count === 0) return;
    this.#self.listen();
    this.#tryAll(false);
  }

  /** Somebody new waits. A first look that is due stays due, however many come until then. */
  #lookSoon(): void {
    if (this.#timer !== undefined && this.#pauseMs === FIRST_LOOK_MS) return;
    clearTimeout(this.#timer);
    this.#pauseMs = FIRST_LOOK_MS;
    this.#lookLater();
  }

  #lookLater(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pauseMs = Math.min(2 * this.#pauseMs, SLICE_MS);
      this.#self.listen(); // who has rung in vain thinks that this isolate listens no more
      this.#tryAll(true);
      if (this.#count > 0 && this.#timer === undefined) this.#lookLater();
    }, this.#pauseMs);
  }

  /**
   * Tries the lines whose wait set says that somebody woke us; all of them after a death, since that
   * concerns whoever waits for the dead one, and once in a while.
   */
  #tryAll(whetherWokenOrNot: boolean): void {
    const { seat } = this.#self;
    const bit = 1 << (seat & 31);
    const deaths = this.#self.deaths();
    const all = whetherWokenOrNot || deaths !== this.#deaths;
    this.#deaths = deaths;
    for (const lines of [...this.#lines.values()]) {
      for (const line of [...lines.values()]) {
        if (!line.listed) continue; // it is polled
        const asleep = load(line.words, line.set + WAIT_SET.BITS + (seat >> 5)) & bit;
        if (all || asleep === 0) this.#tryLine(line);
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
