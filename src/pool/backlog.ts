/**
 * Layer 10, pool. What waits for a worker, and how much of it goes out in one message. Owns the runs that
 * wait, the jobs that still have items, and these rules:
 *
 * - Short work is gathered: about {@link FRAME_MS} per message, of a `map` {@link MAP_FRAME_MS}. Work of
 *   unknown length goes out one item at a time, until something was measured.
 * - When there are no more tasks than idle workers, each gets one: they may wait for each other.
 * - Calls of a priority above 0 come before everything else, higher ones first.
 * - Jobs take turns, message by message.
 * - Work that may have to be stopped (`timeout`, `signal`) has its worker to itself. Where no worker
 *   is ever idle, one is given nothing more until it is: after {@link PASSES} others went before.
 *
 * @module
 */

import { MAX_CLAIMED } from "../lane/claims.ts";
import { runtime } from "../runtime/mod.ts";
import { ReadyQueue } from "./ready_queue.ts";
import type { Job, Run, Source } from "./run.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** Work per message, where tasks are short. */
export const FRAME_MS = 2;
/** Below this, splitting evenly over the workers is not worth a message. */
export const SMALL_MS = 0.2;
/** Tasks longer than this answer one by one. */
const LONG_MS = 1;
/**
 * The same two of a `map` that chooses its chunks: nobody waits for a single result of it, and each
 * message costs the parent and the worker some 20 µs.
 */
const MAP_FRAME_MS = 5;
const MAP_LONG_MS = 5;
/** So many messages may go before work that needs an idle worker. */
const PASSES = 4;
/** So many jobs that have ended may lie here, or items of such; and as many as there are others. */
const TIDY_AT = 16;

/** What waits for a worker. */
export class Backlog {
  readonly #workers: ReadonlySet<WorkerHandle>;
  readonly #ready = new ReadyQueue();
  #sources: Source[] = [];
  /** With so many jobs it is time to forget those that have ended. */
  #tidyAt = TIDY_AT;
  #turn = 0;
  /** Items of waiting runs, without the first one of each. */
  #more = 0;
  /** Items of waiting runs that nobody wants any more. */
  #unwanted = 0;
  /** Messages that went before work that needs an idle worker. */
  #passes = 0;

  /** Those who are there to do it. */
  constructor(workers: ReadonlySet<WorkerHandle>) {
    this.#workers = workers;
  }

  /** Tasks that are known to wait. */
  get queued(): number {
    let sum = this.#ready.length + this.#more - this.#unwanted;
    for (const source of this.#sources) sum += source.waiting;
    return sum;
  }

  /** Adds a run at the end. */
  push(run: Run): void {
    this.#ready.push(run);
    this.#count(run, 1);
  }

  /** Puts runs back in front. */
  unshift(runs: readonly Run[]): void {
    for (let i = runs.length - 1; i >= 0; i--) {
      this.#ready.unshift(runs[i]);
      this.#count(runs[i], 1);
    }
  }

  /** A job has ended: what waits of it is not wanted. */
  forget(job: Job): void {
    if (!job.settled) return; // all of it is done: it waits for who takes the results
    this.#unwanted += job.queued;
    if (this.#unwanted <= TIDY_AT || 2 * this.#unwanted <= this.#ready.length + this.#more) return;
    for (const run of this.#ready.sweep((run) => !run.job.settled)) this.#count(run, -1);
  }

  /** A run has come into the queue, or has left it. */
  #count({ job, items: { length } }: Run, sign: 1 | -1): void {
    this.#more += sign * (length - 1);
    job.queued += sign * length;
    if (job.settled) this.#unwanted += sign * length;
  }

  /** Adds a job that gives its items piece by piece. */
  add(source: Source): void {
    // A pool that is never idle would keep those that have ended.
    if (this.#sources.length >= this.#tidyAt) this.#tidy();
    this.#sources.push(source);
  }

  /** Forgets the jobs that give nothing any more. */
  #tidy(): void {
    this.#sources = this.#sources.filter((source) => !source.exhausted && !source.settled);
    this.#tidyAt = 2 * this.#sources.length + TIDY_AT;
    this.#turn %= this.#sources.length + 1;
  }

  /** Removes everything. */
  clear(): void {
    for (let run = this.#ready.peek(); run !== undefined; run = this.#ready.peek()) {
      this.#shift(run);
    }
    this.#sources = [];
  }

  /**
   * Takes what goes out in the next message to a worker: nothing if there is nothing for it.
   *
   * @param idle Whether it has nothing to do.
   * @param limit So many tasks, at most.
   */
  take(idle: boolean, limit: number): Run[] {
    const first = this.#ready.peek();
    if (first !== undefined && first.job.call.priority > 0) {
      const urgent = this.#fromQueue(idle, limit);
      if (urgent.length > 0) return urgent;
    }
    const lanes = this.#sources.length + 1;
    for (let i = 0; i < lanes; i++) {
      this.#turn = (this.#turn + 1) % lanes;
      if (!idle && this.#needsIdle(this.#turn)) {
        if (++this.#passes <= PASSES) continue;
        this.#turn = (this.#turn + lanes - 1) % lanes;
        return [];
      }
      const runs = this.#turn === 0
        ? this.#fromQueue(idle, limit)
        : this.#fromSource(this.#turn, idle, limit);
      if (idle) this.#passes = 0;
      if (runs.length > 0) return runs;
    }
    this.#tidy();
    return [];
  }

  /** Whether what comes next of a lane waits for an idle worker. */
  #needsIdle(lane: number): boolean {
    if (lane > 0) {
      const source = this.#source(lane);
      return source !== undefined && needsIdle(source);
    }
    const run = this.#ready.peek();
    return run !== undefined && !run.job.settled && isAlone(run);
  }

  /** Takes single tasks, as many as make a message. */
  #fromQueue(idle: boolean, limit: number): Run[] {
    const runs: Run[] = [];
    let cost = 0;
    let items = 0;
    const spread = this.#ready.length <= this.#idleWorkers();
    const share = Math.ceil(this.#ready.length / (2 * this.#workers.size));
    while (items < limit) {
      let run = this.#ready.peek();
      if (run === undefined || runs.length > 0 && items + run.items.length > MAX_CLAIMED) break;
      if (run.job.settled) {
        this.#shift(run);
        continue;
      }
      if (items + run.items.length > limit) {
        if (runs.length > 0) break;
        run = this.#split(run, limit);
      }
      const alone = isAlone(run);
      if (alone && (!idle || runs.length > 0)) break;
      if (
        runs.length > 0 &&
        (spread || cost + run.cost > FRAME_MS || (runs.length >= share && cost > SMALL_MS))
      ) break;
      this.#shift(run);
      run.exact ||= alone || run.cost > LONG_MS;
      runs.push(run);
      items += run.items.length;
      if (alone) break;
      cost += run.cost;
    }
    return runs;
  }

  /** Takes the first waiting run away. */
  #shift(run: Run): void {
    this.#ready.shift();
    this.#count(run, -1);
  }

  /** Makes two of the first waiting run, and returns the one that is then the first. */
  #split(run: Run, items: number): Run {
    const { attempt, exact, items: { length } } = run;
    this.#shift(run);
    const first = run.again(0, items, attempt, exact);
    this.unshift([first, run.again(items, length, attempt, exact)]);
    return first;
  }

  /** The job whose turn it is; none if it has ended, or an input that was read has ended the pool. */
  #source(lane: number): Source | undefined {
    const source = this.#sources[lane - 1] as Source | undefined;
    return source === undefined || source.settled || source.exhausted ? undefined : source;
  }

  /** Takes the next items of a job, as many as make a message. */
  #fromSource(lane: number, idle: boolean, limit: number): Run[] {
    const source = this.#source(lane);
    if (source === undefined) return [];
    const { call } = source;
    const { perItem } = call.estimate;
    if (needsIdle(source) && !idle) return [];
    const wanted = Math.min(this.#runLength(source, perItem), limit, MAX_CLAIMED);
    const run = source.take(wanted);
    if (run === null) return [];
    run.since = performance.now();
    const long = source.chunkSize === null ? MAP_LONG_MS : LONG_MS;
    run.exact = perItem === null || perItem > long;
    return [run];
  }

  #runLength(source: Source, perItem: number | null): number {
    if (source.call.timeout !== Infinity) return 1; // each task has its own time
    if (source.chunkSize !== null) return source.chunkSize;
    if (perItem === null) return 1;
    const available = source.available();
    if (available <= this.#idleWorkers()) return 1;
    const share = Math.ceil(available / (2 * this.#workers.size));
    const byTime = Math.floor(MAP_FRAME_MS / perItem);
    const small = Math.floor(SMALL_MS / perItem);
    return Math.max(1, Math.min(byTime, Math.max(share, small)));
  }

  #idleWorkers(): number {
    let idle = 0;
    for (const worker of this.#workers) {
      if (worker.ready && !worker.stopping && worker.outstanding.length === 0) idle++;
    }
    return idle;
  }
}

/** Whether a run has a message and a worker to itself. */
function isAlone(run: Run): boolean {
  return run.solo || (run.exact && runtime.losesLastWords) || run.cost === Infinity ||
    Boolean(run.encoded?.attachments.length);
}

/** Whether the items of a job go to idle workers only. */
function needsIdle({ call }: Source): boolean {
  return call.guarded || call.estimate.perItem === null;
}
