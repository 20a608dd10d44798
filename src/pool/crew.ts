/**
 * Layer 10, pool. The workers' lives: start, loss, replacement, end. The scheduler owns who works on
 * what; `stops.ts` ends tasks; `blame.ts` decides what becomes of the work of a worker that has died.
 *
 * @module
 */

import { BrokenPoolError, TimeoutError, WorkerLostError } from "../errors.ts";
import type { StartMethod } from "../park/start_method.ts";
import { join, leave, nextIdentity } from "../process/family.ts";
import type { Member } from "../process/family.ts";
import { launch } from "../process/launcher.ts";
import type { LaunchOptions } from "../process/launcher.ts";
import { keepSpares } from "../process/spares.ts";
import type { Encoder } from "../wire/encode.ts";
import type { WorkerEvents } from "./answers.ts";
import { causeOf, howEnded, lostError, settleEstate } from "./blame.ts";
import { FalseStarts } from "./false_starts.ts";
import { logEnd, logEstate } from "./log_lines.ts";
import type { Meter } from "./meter.ts";
import { count } from "./run.ts";
import type { Job, Run } from "./run.ts";
import type { Scheduler } from "./scheduler.ts";
import { Stops } from "./stops.ts";
import { WaitingRuns } from "./waiting_runs.ts";
import { WorkerHandle } from "./worker_handle.ts";

/** How long a worker may take to end after a polite signal. */
const TERMINATE_MS = 1000;
/** How workers are made. */
export interface CrewOptions extends LaunchOptions {
  method: StartMethod;
  size: number;
  name: string;
  maxTasks: number;
  /** So many spares to take replacements from. */
  warm: number;
  meter: Meter;
  /** Writes the initializer into a start record. */
  initializer: (encoder: Encoder) => void;
}

/** A pool's workers. */
export class Crew implements WorkerEvents<WorkerHandle> {
  /** Tasks that ended well. */
  completed = 0;
  /** Tasks that ended badly. */
  failed = 0;
  /** Workers that replaced one that was lost, or had to be ended. */
  replaced = 0;
  /** Tasks that were sent again after a loss. */
  retried = 0;
  readonly meter: Meter;
  /** Ends tasks of it before their time. */
  readonly stops: Stops;
  #options: CrewOptions;
  #scheduler: Scheduler;
  #onBroken: (error: BrokenPoolError) => void;
  #members = new Map<WorkerHandle, Member>();
  readonly #falseStarts = new FalseStarts();
  #dismissed = false;
  /** Lets the spares go. */
  #release: (() => Promise<void>) | null = null;
  #sparesGone: Promise<void> = Promise.resolve();
  #gone: (() => void)[] = [];
  #waiting = new WaitingRuns((run) => this.#scheduler.unshift([run]));

  constructor(
    options: CrewOptions,
    scheduler: Scheduler,
    onBroken: (error: BrokenPoolError) => void,
  ) {
    this.#options = options;
    this.meter = options.meter;
    this.#scheduler = scheduler;
    this.stops = new Stops(scheduler.workers);
    this.#onBroken = onBroken;
  }

  /** Starts all workers; if one cannot be started, ends the others and throws. */
  start(): void {
    try {
      for (let i = 0; i < this.#options.size && !this.#dismissed; i++) this.#hire();
    } catch (error) {
      this.terminate();
      throw error;
    }
  }

  /** The workers that live. */
  get workers(): Iterable<WorkerHandle> {
    return this.#members.keys();
  }

  /** Lets every worker finish what it has, then exit. Nobody is replaced any more. */
  dismiss(): void {
    this.#dismiss();
    for (const worker of this.#members.keys()) if (!worker.stopping) worker.stop();
  }

  /** Ends every worker now: politely first, or at once. */
  terminate(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): void {
    this.#dismiss();
    for (const worker of this.#members.keys()) {
      worker.stopping = true;
      worker.child.kill(signal);
      if (signal === "SIGKILL") continue;
      const timer = setTimeout(() => worker.child.kill("SIGKILL"), TERMINATE_MS);
      worker.child.exited.then(() => clearTimeout(timer));
    }
  }

  /** Resolves when the last worker has ended, and the spares. */
  async gone(): Promise<void> {
    if (this.#members.size > 0) {
      await new Promise<void>((resolve) => this.#gone.push(resolve));
    }
    await this.#sparesGone;
  }

  /** The worker that was given a call and has not answered. */
  holderOf(job: Job): WorkerHandle | null {
    for (const worker of this.#members.keys()) if (worker.has(job)) return worker;
    return null;
  }

  /** Runs that are tried again a little later. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** A job has ended: nothing of it is tried again. */
  forget(job: Job): void {
    this.#waiting.drop(job);
  }

  // -- What workers say --

  ready(): void {
    this.#falseStarts.forget();
    // Not before: what the first workers need goes first.
    if (!this.#dismissed) this.#release ??= keepSpares(this.#options.method, this.#options.warm);
    this.#scheduler.schedule();
  }

  broken(worker: WorkerHandle, error: unknown): void {
    this.#break(
      `The initializer of the pool failed in ${worker.name}: ${
        error instanceof Error ? error.message : error
      }`,
      error,
    );
  }

  result(run: Run, offset: number, value: unknown): void {
    if (run.timer !== undefined) clearTimeout(run.timer);
    this.completed++;
    run.job.deliver(run.first + offset, value);
  }

  failure(run: Run, offset: number, error: unknown): void {
    if (run.timer !== undefined) clearTimeout(run.timer);
    this.#fail(run.job, run.first + offset, error);
  }

  progress(
    worker: WorkerHandle,
    run: Run,
    items: number,
    milliseconds: number,
    began: number,
  ): void {
    this.meter.group(worker.clock, run, items, milliseconds, began);
    const { estimate } = run.job.call;
    // A new worker's first tasks run cold: they say little, where more is known.
    if (worker.tasksDone > 0 || estimate.perItem === null) estimate.learn(milliseconds, items);
    worker.tasksDone += items;
    worker.busyMs += milliseconds;
  }

  returned(worker: WorkerHandle, runs: Run[]): void {
    worker.tasksLeft += count(runs);
    this.#scheduler.unshift(runs.filter((run) => !run.job.settled));
  }

  idle(worker: WorkerHandle): void {
    while (worker.pinned[0]?.job.settled) worker.pinned.shift();
    const { tasksLeft, outstanding, pinned, stopping } = worker;
    if (tasksLeft <= 0 && outstanding.length + pinned.length === 0 && !stopping) worker.stop();
    this.#scheduler.dispatch();
  }

  started(worker: WorkerHandle, run: Run, offset: number): void {
    const index = run.first + offset;
    this.stops.guard(worker, run, offset, (error) => {
      if (!run.hasFailed(offset)) this.#fail(run.job, index, error);
    });
  }

  report(run: Run, offset: number, value: unknown): void {
    if (run.stopped || run.job.settled || run.hasFailed(offset)) return;
    try {
      run.job.call.onReport?.(value, run.first + offset);
    } catch (error) {
      run.setFailed(offset); // what it comes to does not matter any more
      this.#fail(run.job, run.first + offset, error);
    }
  }

  exited(worker: WorkerHandle, code: number): void {
    const member = this.#members.get(worker);
    this.#members.delete(worker);
    this.#scheduler.workers.delete(worker);
    if (member) leave(member);
    this.meter.trace?.ended(worker, code);
    logEnd(worker, code, !this.#dismissed);
    const ended = !worker.stopping || [...worker.outstanding].some((run) => run.stopped);
    if (!worker.ready && !worker.stopping) this.#falseStart(worker, code);
    this.#reassign(worker, code);
    if (!this.#dismissed) {
      if (worker.ready && ended) this.replaced++;
      this.#replace(worker);
    }
    if (this.#members.size === 0) { for (const resolve of this.#gone.splice(0)) resolve(); }
  }

  // -- Inside --

  #hire(): WorkerHandle {
    const { method, name, maxTasks, initializer } = this.#options;
    const identity = nextIdentity(name);
    const child = launch({
      ...this.#options,
      identity: { ...identity, daemon: true },
      kind: "worker",
      body: initializer,
    });
    const worker = new WorkerHandle(identity.name, child, method, maxTasks, this);
    worker.track = this.meter.trace?.started(identity.name, child.pid) ?? null;
    const member = { daemon: true, terminate: () => child.kill("SIGTERM") };
    join(member);
    this.#members.set(worker, member);
    this.#scheduler.workers.add(worker);
    if (this.#dismissed) {
      // A log handler, or what the initializer is given, has ended the pool meanwhile.
      worker.stopping = true;
      child.kill("SIGKILL");
    }
    return worker;
  }

  #dismiss(): void {
    this.#dismissed = true;
    if (this.#release === null) return;
    this.#sparesGone = this.#release();
    this.#release = null;
  }

  #replace(worker: WorkerHandle): void {
    try {
      const next = this.#hire();
      for (const run of worker.forNext.splice(0)) this.#scheduler.pin(next, run);
    } catch (error) {
      this.#break(`A lost worker cannot be replaced: ${(error as Error).message}`, error);
    }
  }

  #falseStart(worker: WorkerHandle, code: number): void {
    const times = this.#falseStarts.add(code);
    if (times === null) return;
    this.#break(
      `${times} workers in a row ended before they were ready; the last one, ${worker.name}, ` +
        `${howEnded(worker, code)}`,
      causeOf(worker),
    );
  }

  #break(message: string, cause: unknown): void {
    if (this.#dismissed) return;
    this.terminate();
    this.#onBroken(new BrokenPoolError(message, cause === undefined ? undefined : { cause }));
  }

  /** Deals with the work of a worker that has ended. */
  #reassign(worker: WorkerHandle, code: number): void {
    const { again, later, lost } = settleEstate(worker);
    if (lost !== null) {
      const index = lost.run.first + lost.offset;
      this.#fail(lost.run.job, index, lostError(worker, code, lost));
    }
    if (later !== null) this.#waiting.add(later.run, later.wait);
    const wanted = again.filter((run) => !run.job.settled);
    const free = wanted.filter((run) => !run.pinned);
    this.retried += free.length + (later === null ? 0 : 1);
    this.#scheduler.unshift(free);
    logEstate(worker, { again: wanted, later, lost });
    // Nobody else can do what was for this worker.
    for (const run of [...wanted.filter((run) => run.pinned), ...worker.pinned.splice(0)]) {
      this.#fail(run.job, run.first, lostError(worker, code, { run, offset: 0 }));
    }
  }

  #fail(job: Job, index: number, error: unknown): void {
    this.failed++;
    if (error instanceof TimeoutError || error instanceof WorkerLostError) error.taskIndex = index;
    else if (error instanceof Error && Object.isExtensible(error)) {
      Object.defineProperty(error, "taskIndex", {
        value: index,
        configurable: true,
        writable: true,
      });
    }
    const before = job.settled;
    job.fail(index, error);
    if (before || !job.settled || !("take" in job)) return;
    this.stops.drop(job);
  }
}
