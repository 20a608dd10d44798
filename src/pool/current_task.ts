/**
 * Layer 10, pool. What a running task knows of itself. Owns the one task that this isolate runs.
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
  readonly report: (value: unknown) => void;
}

/** Which task: the item of a run. */
export interface TaskPlace {
  /** Id of the run. */
  readonly run: number;
  /** Position in the run. */
  readonly offset: number;
}

/** How a task reaches its pool. */
export interface TaskLink {
  /** Where the task that runs now sits. */
  place(): TaskPlace;
  /** Says that the task reads its signal. */
  listens(place: TaskPlace): void;
  /** Sends a value to `onReport`. */
  report(place: TaskPlace, value: unknown): void;
}

class RunningTask implements CurrentTask {
  readonly taskIndex: number;
  readonly attempt: number;
  #link: TaskLink;
  #place: TaskPlace;
  #controller: AbortController | null = null;

  constructor(taskIndex: number, attempt: number, link: TaskLink) {
    this.taskIndex = taskIndex;
    this.attempt = attempt;
    this.#link = link;
    this.#place = link.place();
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      this.#link.listens(this.#place);
    }
    return this.#controller.signal;
  }

  // Bound, so that it may be taken out of the description.
  readonly report = (value: unknown): void => this.#link.report(this.#place, value);

  abort(reason: unknown): void {
    this.#controller?.abort(reason);
  }
}

let index = 0;
let attempts = 0;
let way: TaskLink | null = null;
let running: RunningTask | null = null;

/** Says which task runs from now on; the description is made only if the task asks. */
export function enterTask(taskIndex: number, attempt: number, link: TaskLink): void {
  running = null;
  index = taskIndex;
  attempts = attempt;
  way = link;
}

/** Says that no task runs. */
export function leaveTask(): void {
  running = null;
  way = null;
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
  return way === null ? null : running ??= new RunningTask(index, attempts, way);
}
