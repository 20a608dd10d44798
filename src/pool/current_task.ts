/**
 * Layer 6, pool. What a running task knows of itself. Owns the one task that this isolate runs.
 *
 * @module
 */

/** The task that runs, as {@link currentTask} describes it. */
export interface CurrentTask {
  /** Aborts when the caller's `timeout` or `signal` asks the task to stop. */
  readonly signal: AbortSignal;
  /** Position of the task's item in the input of its `map`; 0 for `apply`. */
  readonly taskIndex: number;
  /** 0 for the first try, then counting the retries. */
  readonly attempt: number;
  /** Sends a value to the caller's `onReport`. */
  report(value: unknown): void;
}

/** How a task reaches its pool. */
export interface TaskLink {
  /** Says that the task reads its signal. */
  listens(): void;
  /** Sends a value to `onReport`. */
  report(value: unknown): void;
}

class RunningTask implements CurrentTask {
  readonly taskIndex: number;
  readonly attempt: number;
  #link: TaskLink;
  #controller: AbortController | null = null;

  constructor(taskIndex: number, attempt: number, link: TaskLink) {
    this.taskIndex = taskIndex;
    this.attempt = attempt;
    this.#link = link;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      this.#link.listens();
    }
    return this.#controller.signal;
  }

  report(value: unknown): void {
    this.#link.report(value);
  }

  abort(reason: unknown): void {
    this.#controller?.abort(reason);
  }
}

let begin: (() => RunningTask) | null = null;
let running: RunningTask | null = null;

/** Says which task runs from now on; the description is made only if the task asks. */
export function enterTask(taskIndex: number, attempt: number, link: TaskLink): void {
  running = null;
  begin = () => new RunningTask(taskIndex, attempt, link);
}

/** Says that no task runs. */
export function leaveTask(): void {
  running = null;
  begin = null;
}

/** Aborts the signal of the running task, if it has read it. */
export function abortTask(reason: unknown): void {
  running?.abort(reason);
}

/**
 * Describes the task that runs in this worker: its signal, its position, a way to report.
 *
 * Call it in the synchronous part of the task, and keep what it returns.
 *
 * @returns `null` outside a pool's worker.
 *
 * @example
 * ```ts
 * import { currentTask } from "@manycore/multiprocessing";
 *
 * export async function download(url: string) {
 *   const { signal } = currentTask()!;
 *   return (await fetch(url, { signal })).status; // stops when the caller gives up
 * }
 * ```
 */
export function currentTask(): CurrentTask | null {
  return running ??= begin?.() ?? null;
}
