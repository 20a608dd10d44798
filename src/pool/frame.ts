/**
 * Layer 10, pool. A frame: the runs of one message to a worker, until it is past them. Knows which
 * of their items have begun, where worker and pool share words, and takes back those that have not.
 *
 * @module
 */

import type { Claims } from "../lane/claims.ts";
import { count } from "./run.ts";
import type { Job, Run } from "./run.ts";

/** The items of runs that are under way together, numbered from 0 in the order of the runs. */
export class Frame {
  /** Its number at the worker: that of its claim. */
  readonly number: number;
  readonly claims: Claims | null;
  /** Whether the worker was asked by message to leave what it has not begun, and has answered. */
  recall: "no" | "asked" | "answered" = "no";
  /** When it was sent, or when something of it was heard last. */
  heardAt: number = performance.now();
  /** Whether nothing of it can be sent again: what it moves is with the worker. */
  fixed: boolean;
  readonly #runs: Run[];
  readonly #cost: number;
  #items: number;
  /** Items with a result. */
  #done = 0;
  /** What its messages refer to. */
  #holds: readonly (() => void)[] = [];

  constructor(number: number, runs: readonly Run[], claims: Claims | null, fixed: boolean) {
    this.fixed = fixed;
    this.number = number;
    this.#runs = [...runs];
    this.#items = count(runs);
    this.#cost = runs.reduce((sum, run) => sum + run.cost, 0);
    this.claims = claims;
    claims?.open(number, this.#items);
  }

  /** Keeps what a message of it refers to, until it is let go. */
  hold(holds: readonly (() => void)[]): void {
    if (holds.length > 0) this.#holds = [...this.#holds, ...holds];
  }

  /** The worker has read its messages. */
  letGo(): void {
    for (const release of this.#holds) release();
    this.#holds = [];
  }

  /** Some more items have a result. */
  progress(items: number, now: number): void {
    this.#done += items;
    this.heardAt = now;
  }

  /** Milliseconds of work without a result, as far as was known when it was sent. */
  get load(): number {
    return this.#cost * (1 - this.#done / this.#items);
  }

  /** Whether everything in it was taken back. */
  get isEmpty(): boolean {
    return this.#items === 0;
  }

  /** How many items could be taken back, at most. */
  get left(): number {
    if (this.fixed) return 0;
    if (this.claims !== null) return this.claims.left(this.number);
    return this.recall !== "no" ? 0 : Math.max(0, this.#items - 1 - this.#done);
  }

  /** Milliseconds of work that could be taken back, as far as anybody knows. */
  get costLeft(): number {
    const last = this.#runs.at(-1);
    const perItem = last?.job.call.estimate.perItem ?? null;
    return perItem === null ? Infinity : perItem * this.left;
  }

  /** Takes back a part of the items that have not begun, rounded up; empty if there are none. */
  takeBack(part: number): Run[] {
    if (this.claims === null) return [];
    return this.#cut(this.claims.takeBack(this.number, part));
  }

  /** The worker says how many have begun: the others are free. */
  takeAllBut(begun: number): Run[] {
    return this.#cut(Math.max(0, this.#items - begun));
  }

  /**
   * The item that was begun last.
   *
   * @returns `null` if none was; `undefined` if nobody knows.
   */
  get begunLast(): { run: Run; offset: number } | null | undefined {
    if (this.claims === null) return undefined;
    let offset = this.claims.begun(this.number) - 1;
    if (offset < 0) return null;
    for (const run of this.#runs) {
      if (offset < run.items.length) return { run, offset };
      offset -= run.items.length;
    }
    return undefined;
  }

  /** Whether a call is in it. */
  has(job: Job): boolean {
    return this.#runs.some((run) => run.job === job);
  }

  /** Whether a call that is in it has begun, or may have: without claims nobody knows. */
  hasBegun(job: Job): boolean {
    if (this.claims === null) return true;
    let left = this.claims.begun(this.number);
    for (const run of this.#runs) {
      if (left <= 0) return false;
      if (run.job === job) return true;
      left -= run.items.length;
    }
    return false;
  }

  /** Takes the last items off, whole runs where that is possible. */
  #cut(items: number): Run[] {
    const cut: Run[] = [];
    this.#items -= items;
    while (items > 0) {
      const run = this.#runs.at(-1)!;
      const { length } = run.items;
      if (length > items) {
        cut.unshift(run.again(length - items, length, run.attempt, run.exact));
        run.items.length = length - items;
        break;
      }
      this.#runs.pop();
      cut.unshift(run);
      items -= length;
    }
    return cut;
  }
}
