/**
 * Layer 10, pool. Who works on what. Owns the workers, and these rules:
 *
 * - Work goes to the worker with the least to do: at most two messages per worker, so that it never waits
 *   for the next one. What goes into a message is for `backlog.ts` to say.
 * - What is for one worker only goes to it alone, when it has done what it has.
 * - A worker that has nothing to do takes over half of what another one was given and has not
 *   begun: at once where that is worth a message, otherwise when the other one is late. Where nobody
 *   is idle, what waits behind a task that takes {@link STUCK_MS} goes back to the queue.
 * - When a worker dies, the task that ran is blamed if it is known: the first item without a
 *   result of an EXACT run, or the only one left. Otherwise nobody is blamed, and what had no
 *   result is tried again in EXACT runs; then the next death has a culprit.
 *
 * What happens to workers (start, loss, replacement) is in `crew.ts`.
 *
 * @module
 */

import { Backlog, FRAME_MS, SMALL_MS } from "./backlog.ts";
import type { Frame } from "./frame.ts";
import { count } from "./run.ts";
import type { Job, Run, Source } from "./run.ts";
import type { Trace } from "./trace.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** So late is one that has not begun at all: it may have to be woken, or is starting. */
const ASLEEP_MS = 200;
const HALF = 0.5;
/** A worker that has said nothing for so long, or twice what its work should take, is late. */
const LATE_MS = 2;
/** So long may a task hold up what was sent with it, while others are busy. */
const STUCK_MS = 20;

/** Gives work to workers. */
export class Scheduler {
  readonly workers: Set<WorkerHandle> = new Set();
  readonly #backlog = new Backlog(this.workers);
  #scheduled = false;
  /** Is told how many tasks wait. */
  trace: Trace | null = null;
  /** Whether a worker has something that is only for it. */
  #pins = false;
  /** When somebody has looked who is stuck. */
  #looked = 0;
  /** Looks whether somebody is late. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Tasks that are known to wait for a worker. */
  get queued(): number {
    let sum = this.#backlog.queued;
    for (const worker of this.workers) sum += worker.pinned.length + worker.forNext.length;
    return sum;
  }

  /** Whether something was submitted in this turn. */
  get scheduled(): boolean {
    return this.#scheduled;
  }

  /** Adds a run at the end of the queue. */
  push(run: Run): void {
    this.#backlog.push(run);
    this.schedule();
  }

  /** Puts runs back in front. */
  unshift(runs: readonly Run[]): void {
    this.#backlog.unshift(runs);
    this.schedule();
  }

  /** Adds a job that gives its items piece by piece. */
  add(source: Source): void {
    this.#backlog.add(source);
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

  /** Adds a run for one worker, behind what it has; if it is about to end, for the one after it. */
  pin(worker: WorkerHandle, run: Run): void {
    run.pinned = true;
    run.since = performance.now();
    if (worker.stopping) return void worker.forNext.push(run);
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
      const runs = this.#backlog.take(worker.outstanding.length === 0, worker.tasksLeft);
      if (runs.length === 0) return this.#balance(worker);
      worker.tasksLeft -= count(runs);
      worker.send(runs);
      this.trace?.queued(this.queued);
    }
  }

  /** Removes everything that waits. */
  clear(): void {
    for (const worker of this.workers) worker.pinned.length = worker.forNext.length = 0;
    this.#backlog.clear();
  }

  /** A job has ended: what waits of it is not wanted. */
  forget(job: Job): void {
    this.#backlog.forget(job);
  }

  /** The worker with the least to do that can take more. */
  #next(): WorkerHandle | null {
    let best: WorkerHandle | null = null;
    let bestLoad = Infinity;
    let stuck: WorkerHandle | null = null;
    for (const worker of this.workers) {
      if (!worker.ready || worker.stopping || worker.tasksLeft <= 0) continue;
      if (worker.pinned.length > 0) continue;
      if (worker.full) continue;
      const head = worker.outstanding.peek();
      if (head === undefined) {
        if (!worker.isStuck) return worker;
        stuck ??= worker;
        continue;
      }
      // One that is about to be ended would take its next task with it.
      if (worker.frames >= 2 || head.solo || head.stopped) continue;
      const load = worker.load;
      if (load < FRAME_MS && load < bestLoad) [best, bestLoad] = [worker, load];
    }
    return best ?? stuck;
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
      while (isFree(worker) && worker.pinned.length > 0) {
        const run = worker.pinned.shift()!;
        if (!run.job.settled) worker.send([run]);
      }
      this.#pins ||= worker.pinned.length > 0;
    }
  }
}

/** Whether a worker can be sent what is to run alone. */
function isFree(worker: WorkerHandle): boolean {
  return worker.ready && !worker.full && worker.outstanding.length === 0;
}
