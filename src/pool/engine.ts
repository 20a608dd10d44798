/**
 * Layer 10, pool. What is behind a `Pool`: takes calls, checks them, turns them into jobs. Owns the
 * jobs that have not ended, and whether the pool is open. Leaves the work to the scheduler and the
 * workers to the crew.
 *
 * @module
 */

import { BrokenPoolError, CancelledError, PoolTerminatedError, ProcessError } from "../errors.ts";
import type { StartMethod } from "../park/start_method.ts";
import { refuseToStart } from "../process/launcher.ts";
import { checkOptionNames } from "../process/option_names.ts";
import { logger } from "../process/logging.ts";
import { runtime } from "../runtime/mod.ts";
import type { Encoder } from "../wire/encode.ts";
import { AsyncResult, withCallbacks } from "./async_result.ts";
import type { Call } from "./call.ts";
import type { TaskOptions } from "./call.ts";
import { APPLY_OPTIONS, checkOptional, IMAP_OPTIONS, MAP_OPTIONS } from "./checks.ts";
import { Crew } from "./crew.ts";
import { ImapJob } from "./imap.ts";
import { openInput } from "./input.ts";
import { Intake, NO_OPTIONS } from "./intake.ts";
import { openColumns } from "./columns.ts";
import { ApplyJob, BroadcastJob, MapJob } from "./jobs.ts";
import type { Ledger, Outcome } from "./jobs.ts";
import type { Meter } from "./meter.ts";
import { OpenJobs } from "./open_jobs.ts";
import type {
  ApplyOptions,
  CallbackOptions,
  ImapOptions,
  MapOptions,
  PoolOptions,
  PoolStats,
} from "./options.ts";
import { planOf } from "./plan.ts";
import { progressOf } from "./progress.ts";
import { MOVED, Run } from "./run.ts";
import type { Job } from "./run.ts";
import { Scheduler } from "./scheduler.ts";
import { statsOf } from "./stats.ts";
import { writeTraceFile } from "./trace_file.ts";
import type { TraceSummary } from "./trace_file.ts";
import { Withdrawal } from "./withdrawal.ts";

/** A call that was taken. */
export interface Ticket {
  /** What works on it. */
  job: Job;
  /** Its result. */
  promise: Promise<unknown>;
}

/** The machinery of one pool. */
export class Engine implements Ledger {
  #state: "open" | "closed" | "terminated" = "open";
  #broken: BrokenPoolError | null = null;
  #scheduler = new Scheduler();
  #crew: Crew;
  #meter: Meter;
  #jobs: OpenJobs;
  readonly #intake: Intake;
  /** Gives up what has not begun. */
  readonly withdrawal: Withdrawal;
  #size: number;
  #action: string;
  /** Writes the initializer into a start record. */
  #initializer: (encoder: Encoder) => void;

  /**
   * Checks the options.
   *
   * @param action Such as `make a pool`, for messages.
   */
  constructor(options: PoolOptions, method: StartMethod, action: string) {
    this.#action = action;
    const plan = planOf(options, method, action);
    this.#size = plan.size;
    this.#meter = plan.meter;
    this.#scheduler.trace = plan.meter.trace;
    this.#intake = new Intake(method === "thread" ? "thread" : "process");
    this.#initializer = plan.initializer;
    this.#crew = new Crew(plan, this.#scheduler, (error) => this.#break(error));
    this.#jobs = new OpenJobs((job, reason) => this.#crew.stops.stop(job, reason));
    this.withdrawal = new Withdrawal(this.#crew, this.#jobs);
  }

  /** Checks that the initializer can travel, where the workers start later. */
  tryInitializer(): void {
    this.#intake.tryOut(this.#initializer);
  }

  /** Starts the workers. */
  start(): void {
    refuseToStart(this.#action);
    try {
      this.#crew.start();
    } catch (error) {
      const { message } = error as Error;
      this.#broken = new BrokenPoolError(`No worker could be started: ${message}`, {
        cause: error,
      });
      throw error;
    }
  }

  /** Takes one call. */
  apply(
    action: string,
    fn: unknown,
    args: unknown,
    options: ApplyOptions,
  ): Ticket {
    const outcome = Promise.withResolvers<unknown>();
    const { promise } = outcome;
    return { job: this.submit(action, fn, args, options, outcome), promise };
  }

  /** Takes one call, and tells `outcome` what it comes to, later. */
  submit(
    action: string,
    fn: unknown,
    args: unknown,
    options: ApplyOptions,
    outcome: Outcome<unknown>,
  ): Job {
    if (options !== NO_OPTIONS) checkOptionNames(action, options, APPLY_OPTIONS);
    const call = this.#call(action, fn, true, options);
    if (!Array.isArray(args)) {
      throw new TypeError(
        `Cannot ${action} with args ${String(args)}: give an array, such as [${String(args)}]`,
      );
    }
    const encoded = this.#intake.encode(args, options.transfer);
    const job = new ApplyJob(call, outcome, this);
    // The arguments themselves are kept only where they may have to be encoded again, and can be.
    const again = encoded.attachments.length > 0 && !options.transfer?.length;
    const run = new Run(job, 0, [again ? args : MOVED]);
    run.encoded = encoded;
    if (encoded.holds) job.encoded = [encoded];
    run.since = this.#meter.submission(!this.#scheduler.scheduled);
    if (this.#admit(action, job)) this.#scheduler.push(run);
    return job;
  }

  /** Takes a call for each worker. */
  broadcast(action: string, fn: unknown, args: unknown[]): Ticket {
    const call = this.#call(action, fn, true, NO_OPTIONS);
    const workers = [...this.#crew.workers];
    const outcome = Promise.withResolvers<unknown>();
    const { promise } = outcome;
    const encoded = workers.map(() => this.#intake.encode(args));
    const job = new BroadcastJob(call, encoded, outcome, this);
    if (workers.length === 0) outcome.resolve([]); // a log handler has called, as the only one is replaced
    if (workers.length === 0 || !this.#admit(action, job)) return { job, promise };
    for (const [i, worker] of workers.entries()) {
      const run = new Run(job, i, [args]);
      run.encoded = encoded[i];
      this.#scheduler.pin(worker, run);
    }
    return { job, promise };
  }

  /** Takes a call for each item of an input. */
  map(action: string, fn: unknown, items: unknown, star: boolean, options: MapOptions): Ticket {
    checkOptionNames(action, options, MAP_OPTIONS);
    const call = this.#call(action, fn, star, options);
    const chunkSize = checkOptional(action, "chunkSize", options.chunkSize);
    // deno-lint-ignore prefer-const -- the input's callback refers to it
    let job!: MapJob<unknown>;
    const input = openInput(items, action, () => {
      job.wake();
      this.#scheduler.schedule();
    });
    const { bar, onProgress } = progressOf(options);
    const outcome = Promise.withResolvers<unknown>();
    const { promise } = outcome;
    const { settle = false } = options;
    job = new MapJob(call, input, { chunkSize, settle, onProgress }, outcome, this);
    if (bar !== null) {
      bar.update(0, input.total);
      promise.then(bar.stop, bar.stop);
    }
    if (this.#admit(action, job)) {
      this.#scheduler.add(job);
      job.wake();
    }
    return { job, promise };
  }

  /**
   * Takes a call for each item of an input that is read lazily; with several inputs, one argument from
   * each. Where nobody wants the rest of the results any more, what runs is stopped, or `spared`.
   */
  imap(
    action: string,
    fn: unknown,
    inputs: readonly unknown[],
    ordered: boolean,
    options: ImapOptions,
    spared: boolean = false,
  ): ImapJob<unknown> {
    checkOptionNames(action, options, IMAP_OPTIONS);
    const call = this.#call(action, fn, inputs.length > 1, options);
    const chunkSize = checkOptional(action, "chunkSize", options.chunkSize);
    const buffer = checkOptional(action, "buffer", options.buffer);
    const schedule = () => this.#scheduler.schedule();
    // deno-lint-ignore prefer-const -- the input's callback refers to it
    let job!: ImapJob<unknown>;
    const input = openColumns(inputs, action, () => {
      job.wake();
      schedule();
    });
    job = new ImapJob(call, input, {
      ordered,
      chunkSize,
      buffer,
      settle: options.settle ?? false,
      processes: this.#size,
      draining: () => this.#state === "closed",
      onRoom: schedule,
      onEnd: (early, reason = new CancelledError("The loop over the results has ended")) => {
        if (early && !this.#isOver) {
          if (spared) this.#crew.stops.drop(job);
          else this.#crew.stops.stop(job, reason);
        }
        this.ended(job);
      },
    });
    if (this.#admit(action, job)) {
      this.#scheduler.add(job);
      job.wake();
    }
    return job;
  }

  /** Makes a handle on a call. */
  handle<R>(ticket: Ticket, options: CallbackOptions<R>): AsyncResult<R> {
    const { job } = ticket;
    return new AsyncResult(withCallbacks(ticket.promise as Promise<R>, options), () => {
      if (job.settled) return false;
      const error = new CancelledError("The call was cancelled");
      job.abandon(error);
      this.#crew.stops.stop(job, error);
      return true;
    });
  }

  /** Takes no more calls; the workers end when the last job has. */
  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closed";
    logger.info(() => `a pool of ${this.#size} was closed with ${this.#jobs.size} calls to end`);
    this.#scheduler.schedule();
    this.#dismissWhenDone();
  }

  /** Gives up every job and ends the workers, politely first or at once. */
  terminate(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): void {
    if (this.#state === "terminated") {
      if (signal === "SIGKILL") this.#crew.terminate(signal);
      return;
    }
    this.#state = "terminated";
    logger.info(() => `a pool of ${this.#size} was terminated: ${this.#jobs.size} calls given up`);
    this.#abandonAll(
      new PoolTerminatedError(
        "The pool was terminated before this call had ended: await its result first, inside of the " +
          "block if the pool is disposed of at its end",
      ),
    );
    this.#crew.terminate(signal);
  }

  /** Waits until the last worker has ended. */
  async join(): Promise<void> {
    if (this.#state === "open") {
      throw new ProcessError("Cannot join a pool that is open: call close() or terminate() first");
    }
    const release = runtime.keepAlive();
    try {
      await this.#crew.gone();
    } finally {
      release();
    }
  }

  /** Counts what the pool and its workers do and did. */
  stats(): PoolStats {
    return statsOf(this.#size, this.#crew, this.#scheduler);
  }

  /** What to show of the pool. */
  summary(): Record<string, unknown> {
    const { processes, running, queued } = this.stats();
    return { state: this.#broken === null ? this.#state : "broken", processes, running, queued };
  }

  /** Writes what was recorded. */
  async writeTrace(path: string | URL): Promise<TraceSummary> {
    const { trace } = this.#meter;
    if (trace === null) {
      throw new ProcessError(
        "Cannot write a trace: nothing was recorded; make the pool with { trace: true }",
      );
    }
    if (typeof path !== "string" && !(path instanceof URL)) {
      throw new TypeError(`Cannot write a trace to ${String(path)}: give a path or a file URL`);
    }
    return await writeTraceFile(path, trace);
  }

  /** A job has ended, well or badly. */
  ended(job: Job): void {
    this.#jobs.delete(job);
    this.#scheduler.forget(job);
    this.#crew.forget(job);
    for (const one of job.encoded ?? []) if (!one.sent) one.release();
    if (this.#state === "closed") this.#dismissWhenDone();
  }

  /** What has not begun of a job that has ended by itself is not to begin. */
  overtaken(job: Job): void {
    this.#crew.stops.drop(job);
  }

  // -- Inside --

  /** Whether the workers are being ended, with what they have. */
  get #isOver(): boolean {
    return this.#state === "terminated" || this.#broken !== null;
  }

  /** Why nothing is taken any more; `null` while the pool is open. */
  #refusal(action: string): Error | null {
    if (this.#broken !== null) return this.#broken;
    if (this.#state === "open") return null;
    return new ProcessError(`Cannot ${action}: the pool is ${this.#state}; make a new one`);
  }

  /**
   * Counts a job in, and returns whether there is something to do. The caller's code that has run since
   * the call was checked, such as a getter, may have ended the pool.
   */
  #admit(action: string, job: Job): boolean {
    this.#jobs.add(job);
    const refusal = this.#refusal(action);
    if (refusal !== null) job.abandon(refusal);
    return !job.settled;
  }

  #call(action: string, fn: unknown, star: boolean, options: TaskOptions): Call {
    const refusal = this.#refusal(action);
    if (refusal !== null) throw refusal;
    const call = this.#intake.call(action, fn, star, options);
    call.signal?.throwIfAborted();
    return call;
  }

  #dismissWhenDone(): void {
    if (this.#jobs.size === 0) this.#crew.dismiss();
  }

  #abandonAll(error: unknown): void {
    this.#scheduler.clear();
    for (const job of this.#jobs.toArray()) job.abandon(error);
  }

  #break(error: BrokenPoolError): void {
    this.#broken = error;
    logger.error(() => `a pool of ${this.#size} is broken: ${error.message}`);
    if (this.#state === "open") this.#state = "closed";
    this.#abandonAll(error);
  }
}
