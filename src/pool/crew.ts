/**
 * Layer 6, pool. The workers' lives: start, loss, replacement, limits, stop. Owns who is to blame
 * for a death and what becomes of the work; the scheduler owns who works on what.
 *
 * @module
 */

import { BrokenPoolError, TimeoutError, WorkerLostError } from "../errors.ts";
import { launch } from "../process/launcher.ts";
import type { LaunchOptions } from "../process/launcher.ts";
import { join, leave, nextIdentity } from "../process/family.ts";
import type { Member, StartMethod } from "../process/family.ts";
import type { Encoder } from "../wire/encode.ts";
import type { Job, Run } from "./run.ts";
import type { Scheduler } from "./scheduler.ts";
import { WorkerHandle } from "./worker_handle.ts";
import type { WorkerEvents } from "./worker_handle.ts";

/** So many workers in a row that die before they are ready break the pool. */
const MAX_FALSE_STARTS = 3;
/** How long a worker may take to end after a polite signal. */
const TERMINATE_MS = 1000;

/** How workers are made. */
export interface CrewOptions extends LaunchOptions {
  method: StartMethod;
  size: number;
  name: string;
  maxTasks: number;
  /** Writes the initializer into a start record. */
  initializer: (encoder: Encoder) => void;
}

/** A pool's workers. */
export class Crew implements WorkerEvents {
  /** Tasks that ended well. */
  completed = 0;
  /** Tasks that ended badly. */
  failed = 0;
  /** Workers that replaced a lost one. */
  replaced = 0;
  /** Tasks that were sent again after a loss. */
  retried = 0;
  #options: CrewOptions;
  #scheduler: Scheduler;
  #onBroken: (error: BrokenPoolError) => void;
  #members = new Map<WorkerHandle, Member>();
  #falseStarts = 0;
  #dismissed = false;
  #gone: (() => void)[] = [];

  constructor(
    options: CrewOptions,
    scheduler: Scheduler,
    onBroken: (error: BrokenPoolError) => void,
  ) {
    this.#options = options;
    this.#scheduler = scheduler;
    this.#onBroken = onBroken;
  }

  /** Starts all workers; if one cannot be started, ends the others and throws. */
  start(): void {
    try {
      for (let i = 0; i < this.#options.size; i++) this.#hire();
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
    this.#dismissed = true;
    for (const worker of this.#members.keys()) if (!worker.stopping) worker.stop();
  }

  /** Ends every worker now. */
  terminate(): void {
    this.#dismissed = true;
    for (const worker of this.#members.keys()) {
      worker.stopping = true;
      worker.child.kill("SIGTERM");
      const timer = setTimeout(() => worker.child.kill("SIGKILL"), TERMINATE_MS);
      worker.child.exited.then(() => clearTimeout(timer));
    }
  }

  /** Resolves when the last worker has ended. */
  gone(): Promise<void> {
    if (this.#members.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#gone.push(resolve));
  }

  /** Stops the tasks of a job that run: by their signal if they listen, else with their worker. */
  stop(job: Job, reason: unknown): void {
    for (const worker of this.#members.keys()) {
      const run = worker.outstanding[0];
      // Short tasks that share a message are not worth a worker: their results are ignored.
      if (run?.job === job && worker.outstanding.length === 1) this.#stopRun(worker, run, reason);
    }
  }

  // -- What workers say --

  ready(): void {
    this.#falseStarts = 0;
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
    clearTimeout(run.timer);
    this.completed++;
    run.job.deliver(run.first + offset, value);
  }

  failure(run: Run, offset: number, error: unknown): void {
    clearTimeout(run.timer);
    this.#fail(run.job, run.first + offset, error);
  }

  progress(worker: WorkerHandle, run: Run, items: number, milliseconds: number): void {
    run.job.call.estimate.learn(milliseconds, items);
    worker.tasksDone += items;
    worker.busyMs += milliseconds;
  }

  idle(worker: WorkerHandle): void {
    if (worker.tasksLeft <= 0 && worker.outstanding.length === 0 && !worker.stopping) worker.stop();
    this.#scheduler.dispatch();
  }

  started(worker: WorkerHandle, run: Run, offset: number): void {
    const { timeout } = run.job.call;
    if (timeout === Infinity || run.stopped) return;
    run.timer = setTimeout(() => {
      const index = run.first + offset;
      const error = new TimeoutError(
        `Task ${index} was stopped: it ran longer than its timeout of ${timeout} ms`,
      );
      this.#fail(run.job, index, error);
      this.#stopRun(worker, run, error);
    }, Math.max(0, timeout));
  }

  report(run: Run, offset: number, value: unknown): void {
    if (run.stopped || run.job.settled) return;
    try {
      run.job.call.onReport?.(value, run.first + offset);
    } catch (error) {
      this.#fail(run.job, run.first + offset, error);
    }
  }

  exited(worker: WorkerHandle, code: number): void {
    const member = this.#members.get(worker);
    this.#members.delete(worker);
    this.#scheduler.workers.delete(worker);
    if (member) leave(member);
    if (!worker.ready && !worker.stopping) this.#falseStart(worker, code);
    this.#reassign(worker, code);
    if (!this.#dismissed) {
      if (worker.ready && !worker.stopping) this.replaced++;
      this.#replace();
    }
    if (this.#members.size === 0) { for (const resolve of this.#gone.splice(0)) resolve(); }
  }

  // -- Inside --

  #hire(): void {
    const { method, name, maxTasks, initializer } = this.#options;
    const identity = nextIdentity(name);
    const child = launch({
      ...this.#options,
      identity: { ...identity, daemon: true },
      kind: "worker",
      body: initializer,
    });
    const worker = new WorkerHandle(identity.name, child, method, maxTasks, this);
    const member = { daemon: true, terminate: () => child.kill("SIGTERM") };
    join(member);
    this.#members.set(worker, member);
    this.#scheduler.workers.add(worker);
  }

  #replace(): void {
    try {
      this.#hire();
    } catch (error) {
      this.#break(`A lost worker cannot be replaced: ${(error as Error).message}`, error);
    }
  }

  #falseStart(worker: WorkerHandle, code: number): void {
    if (++this.#falseStarts < MAX_FALSE_STARTS) return;
    this.#break(
      `${this.#falseStarts} workers in a row ended before they were ready, the last one, ` +
        `${worker.name}, with exit code ${code}; standard error says why`,
      undefined,
    );
  }

  #break(message: string, cause: unknown): void {
    if (this.#dismissed) return;
    this.terminate();
    this.#onBroken(new BrokenPoolError(message, cause === undefined ? undefined : { cause }));
  }

  #stopRun(worker: WorkerHandle, run: Run, reason: unknown): void {
    if (run.stopped) return;
    run.stopped = true;
    clearTimeout(run.timer);
    if (!run.listening) return worker.kill();
    worker.abort(run, reason);
    const { grace } = run.job.call;
    if (grace !== Infinity) run.timer = setTimeout(() => worker.kill(), Math.max(0, grace));
  }

  /** Decides what becomes of the work of a worker that has ended. */
  #reassign(worker: WorkerHandle, code: number): void {
    const runs = [...worker.outstanding];
    for (const run of runs) worker.forget(run);
    const wasStopped = runs.some((run) => run.stopped);
    const live = runs.filter((run) => !run.stopped && !run.job.settled && run.left > 0);
    if (live.length === 0) return;
    const again: Run[] = [];
    const head = live[0];
    const known = head.exact || (live.length === 1 && head.left === 1);
    if (wasStopped || !worker.ready) {
      for (const run of live) {
        again.push(run.again(run.done, run.items.length, run.attempt, run.exact));
      }
    } else if (known) {
      const next = head.done + 1;
      if (head.attempt < head.job.call.retries) {
        again.push(head.again(head.done, next, head.attempt + 1, true));
      } else {this.#fail(
          head.job,
          head.first + head.done,
          lost(worker, code, head.first + head.done),
        );}
      if (next < head.items.length) again.push(head.again(next, head.items.length, 0, head.exact));
      for (const run of live.slice(1)) {
        again.push(run.again(run.done, run.items.length, run.attempt, run.exact));
      }
    } else {
      for (const run of live) again.push(run.again(run.done, run.items.length, run.attempt, true));
    }
    this.retried += again.length;
    this.#scheduler.unshift(again.filter((run) => !run.job.settled));
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
    job.fail(index, error);
  }
}

function lost(worker: WorkerHandle, code: number, index: number): WorkerLostError {
  const how = code < 0 ? `was killed by signal ${-code}` : `exited with code ${code}`;
  const error = new WorkerLostError(
    `Task ${index} was lost: its worker ${worker.name} (pid ${worker.child.pid}) ${how}; ` +
      "pass { retries } if the task may run again",
  );
  error.pid = worker.child.pid;
  error.exitCode = code;
  error.taskIndex = index;
  return error;
}
