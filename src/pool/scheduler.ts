/**
 * Layer 10, pool. Who works on what. Owns the workers, the runs that wait, the jobs that still have
 * items, and the rules of this file:
 *
 * - A run goes to the worker with the least to do. Short work is gathered: about {@link FRAME_MS}
 *   per message, of a `map` {@link MAP_FRAME_MS}, at most two messages per worker, so that it never
 *   waits for the next one.
 *   Work of unknown length goes out one item at a time, until something was measured.
 * - When there are no more tasks than idle workers, each gets one: they may wait for each other.
 * - Calls of a priority above 0 come before everything else, higher ones first.
 * - What is for one worker only goes to it alone, when it has done what it has.
 * - Jobs take turns, message by message.
 * - Work that may have to be stopped (`timeout`, `signal`) has its worker to itself. Where no worker
 *   is ever idle, one is given nothing more until it is: after {@link PASSES} others went before.
 * - A worker that has nothing to do takes over half of what another one was given and has not
 *   begun: at once where that is worth a message, otherwise when the other one is late. Where nobody
 *   is idle, what waits behind a task that takes {@link STUCK_MS} goes back to the queue.
 * - When a worker dies, the task that ran is blamed if it is known: the first item without a
 *   result of an EXACT run, or the only one left. Otherwise nobody is blamed, and what had no
 *   result is tried again in EXACT runs; then the next death has a culprit.
 *
 * What happens to workers (start, loss, replacement, stop) is in `crew.ts`.
 *
 * @module
 */

import { MAX_CLAIMED } from "../lane/claims.ts";
import { runtime } from "../runtime/mod.ts";
import { count } from "./run.ts";
import type { Job, Run, Source } from "./run.ts";
import { ReadyQueue } from "./ready_queue.ts";
import type { Frame } from "./frame.ts";
import type { Trace } from "./trace.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** Work per message, where tasks are short. */
const FRAME_MS = 2;
/** Below this, splitting evenly over the workers is not worth a message. */
const SMALL_MS = 0.2;
/** So late is one that has not begun at all: it may have to be woken, or is starting. */
const ASLEEP_MS = 200;
const HALF = 0.5;
/** Tasks longer than this answer one by one. */
const LONG_MS = 1;
/**
 * The same two of a `map` that chooses its chunks: nobody waits for a single result of it, and each
 * message costs the parent and the worker some 20 µs.
 */
const MAP_FRAME_MS = 5;
const MAP_LONG_MS = 5;
/** A worker that has said nothing for so long, or twice what its work should take, is late. */
const LATE_MS = 2;
/** So long may a task hold up what was sent with it, while others are busy. */
const STUCK_MS = 20;
/** So many messages may go before work that needs an idle worker. */
const PASSES = 4;

/** Gives work to workers. */
export class Scheduler {
  readonly workers: Set<WorkerHandle> = new Set();
  #ready = new ReadyQueue();
  #sources: Source[] = [];
  #turn = 0;
  #scheduled = false;
  /** Items of waiting runs, without the first one of each. */
  #more = 0;
  /** Is told how many tasks wait. */
  trace: Trace | null = null;
  /** Whether a worker has something that is only for it. */
  #pins = false;
  /** Messages that went before work that needs an idle worker. */
  #passes = 0;
  /** When somebody has looked who is stuck. */
  #looked = 0;
  /** Looks whether somebody is late. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Tasks that are known to wait for a worker. */
  get queued(): number {
    let sum = this.#ready.length + this.#more;
    for (const source of this.#sources) sum += source.waiting;
    for (const worker of this.workers) sum += worker.pinned.length;
    return sum;
  }

  /** Whether something was submitted in this turn. */
  get scheduled(): boolean {
    return this.#scheduled;
  }

  /** Adds a run at the end of the queue. */
  push(run: Run): void {
    this.#ready.push(run);
    this.schedule();
  }

  /** Puts runs back in front. */
  unshift(runs: readonly Run[]): void {
    for (let i = runs.length - 1; i >= 0; i--) this.#ready.unshift(runs[i]);
    this.#more += count(runs) - runs.length;
    this.schedule();
  }

  /** Adds a job that gives its items piece by piece. */
  add(source: Source): void {
    this.#sources.push(source);
    this.schedule();
  }

  /** Gives out work at the end of this turn, so that what is submitted together travels together. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.dispatch();
    });
  }

  /** Adds a run for one worker, behind what it has. */
  pin(worker: WorkerHandle, run: Run): void {
    run.pinned = true;
    run.since = performance.now();
    worker.pinned.push(run);
    this.#pins = true;
    this.schedule();
  }

  /** Gives out work now. */
  dispatch(): void {
    this.trace?.queued(this.queued);
    if (this.#pins) this.#sendPinned();
    this.#rescue();
    for (let worker = this.#next(); worker !== null; worker = this.#next()) {
      const runs = this.#fill(worker);
      if (runs.length === 0) return this.#balance(worker);
      worker.tasksLeft -= count(runs);
      worker.send(runs);
      this.trace?.queued(this.queued);
    }
  }

  /** Removes everything that waits, and returns its jobs. */
  clear(): Set<Job> {
    const jobs = new Set<Job>(this.#sources);
    for (let run = this.#ready.shift(); run !== undefined; run = this.#ready.shift()) {
      jobs.add(run.job);
    }
    this.#sources = [];
    for (const worker of this.workers) worker.pinned.length = 0;
    this.#more = 0;
    return jobs;
  }

  /** The worker with the least to do that can take more. */
  #next(): WorkerHandle | null {
    let best: WorkerHandle | null = null;
    let bestLoad = Infinity;
    for (const worker of this.workers) {
      if (!worker.ready || worker.stopping || worker.tasksLeft <= 0) continue;
      if (worker.pinned.length > 0) continue;
      if (worker.full) continue;
      if (worker.outstanding.length === 0) return worker;
      if (worker.frames >= 2 || worker.outstanding.peek()!.solo) continue;
      const load = worker.load;
      if (load < FRAME_MS && load < bestLoad) [best, bestLoad] = [worker, load];
    }
    return best;
  }

  /** There is nothing more to give to a worker that could take it: others may have too much. */
  #balance(worker: WorkerHandle): void {
    if (worker.outstanding.length > 0) return;
    let most: { worker: WorkerHandle; frame: Frame } | null = null;
    for (const other of this.workers) {
      if (other.outstanding.length === 0 && other.ready && !other.stopping) other.offerLane();
      const frame = other.laggard;
      if (frame === null || other.stopping) continue;
      if (most === null || frame.left > most.frame.left) most = { worker: other, frame };
    }
    if (most === null) return;
    const { frame } = most;
    const late = performance.now() - frame.heardAt;
    // A worker that has begun nothing will do so in a moment: its work would be taken to and fro.
    const { running } = most.worker;
    const worth = running != null && frame.costLeft > SMALL_MS;
    if (worth || late > (running === null ? ASLEEP_MS : LATE_MS)) {
      return most.worker.takeBack(frame, HALF);
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.dispatch();
    }, LATE_MS);
  }

  /** Takes everything back that waits behind a task which takes long. */
  #rescue(): void {
    const now = performance.now();
    if (now - this.#looked < STUCK_MS || this.workers.size < 2) return;
    this.#looked = now;
    for (const worker of this.workers) {
      const frame = worker.laggard;
      if (frame === null || worker.stopping || worker.running === null) continue;
      if (now - worker.heardAt > STUCK_MS) worker.takeBack(frame, 1);
    }
  }

  /** Sends idle workers what is only for them. */
  #sendPinned(): void {
    this.#pins = false;
    for (const worker of this.workers) {
      while (worker.ready && worker.pinned.length > 0 && worker.outstanding.length === 0) {
        const run = worker.pinned.shift()!;
        if (!run.job.settled) worker.send([run]);
      }
      this.#pins ||= worker.pinned.length > 0;
    }
  }

  #idleWorkers(): number {
    let idle = 0;
    for (const worker of this.workers) {
      if (worker.ready && !worker.stopping && worker.outstanding.length === 0) idle++;
    }
    return idle;
  }

  #fill(worker: WorkerHandle): Run[] {
    const idle = worker.outstanding.length === 0;
    const first = this.#ready.peek();
    if (first !== undefined && first.job.call.priority > 0) {
      const urgent = this.#fromQueue(idle, worker.tasksLeft);
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
        ? this.#fromQueue(idle, worker.tasksLeft)
        : this.#fromSource(this.#turn - 1, idle, worker.tasksLeft);
      if (idle) this.#passes = 0;
      if (runs.length > 0) return runs;
    }
    this.#sources = this.#sources.filter((source) => !source.exhausted && !source.settled);
    return [];
  }

  /** Whether what comes next of a lane waits for an idle worker. */
  #needsIdle(lane: number): boolean {
    if (lane > 0) {
      const source = this.#sources[lane - 1];
      return needsIdle(source) && !source.settled && !source.exhausted;
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
    const share = Math.ceil(this.#ready.length / (2 * this.workers.size));
    while (items < limit) {
      const run = this.#ready.peek();
      if (run === undefined || runs.length > 0 && items + run.items.length > MAX_CLAIMED) break;
      if (run.job.settled) {
        this.#shift(run);
        continue;
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
    this.#more -= run.items.length - 1;
  }

  /** Takes the next items of a job, as many as make a message. */
  #fromSource(index: number, idle: boolean, limit: number): Run[] {
    const source = this.#sources[index];
    if (source.settled || source.exhausted) return [];
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
    const share = Math.ceil(available / (2 * this.workers.size));
    const byTime = Math.floor(MAP_FRAME_MS / perItem);
    const small = Math.floor(SMALL_MS / perItem);
    return Math.max(1, Math.min(byTime, Math.max(share, small)));
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
