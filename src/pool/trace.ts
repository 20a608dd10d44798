/**
 * Layer 10, pool. What a pool with `trace: true` remembers: its last tasks, its workers, how many
 * tasks waited. Owns them, as columns of numbers; `trace_file.ts` writes them.
 *
 * Times are milliseconds: of a task those of its worker, which are turned into ours when they are read,
 * with all that is known of its clock by then; all others are ours.
 *
 * @module
 */

import { TimeoutError } from "../errors.ts";
import { Unreadable } from "./items.ts";
import { FAILURE } from "./messages.ts";
import { Rows } from "./rows.ts";
import type { Run } from "./run.ts";
import type { WorkerClock } from "./worker_clock.ts";

/** Bytes per task: 3 floats, 5 words. */
const TASK = { FLOATS: 3, WORDS: 5 } as const;
/** Samples of the queue's depth, at most. */
const MAX_SAMPLES = 100_000;
/** Names of functions and errors, at most; the further ones have the name {@link OTHER}. */
const MAX_NAMES = 10_000;
const MAX_NAME_LENGTH = 200;
const OTHER = "(other)";
/** Workers that have ended and have no task here, at most. */
const MAX_IDLE_TRACKS = 1000;

/** How tasks end, besides with an error. */
const OUTCOMES = ["ok", "lost", "timed out", "stopped", "terminated"] as const;
type EarlyEnd = Exclude<typeof OUTCOMES[number], "ok">;
/** How a task ended. */
export type Outcome = typeof OUTCOMES[number] | "error";

/** A worker, in the trace. */
export interface Track {
  readonly number: number;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly startedAt: number;
  /** When its initializer was done. */
  readyAt: number | null;
  endedAt: number | null;
  exitCode: number | null;
  /** Tasks of it that are remembered. */
  tasks: number;
  /** Its clock, when it has said something. */
  clock: WorkerClock | null;
}

/** What is asked of a worker. */
export interface TracedWorker {
  readonly track: Track | null;
  readonly clock: WorkerClock;
  readonly ready: boolean;
  readonly stopping: boolean;
  readonly outstanding: Iterable<Run>;
  readonly running: { run: Run; offset: number } | null | undefined;
  readonly heardAt: number;
}

/** A task, as it is remembered. */
export interface TracedTask {
  readonly track: Track;
  /** The name of its function. */
  readonly name: string;
  readonly index: number;
  readonly attempt: number;
  readonly outcome: Outcome;
  /** The name of the error, if it ended with one. */
  readonly error: string | null;
  readonly since: number;
  readonly began: number;
  readonly ended: number;
}

/** What a pool remembers. */
export class Trace {
  /** When it began. */
  readonly since: number = performance.now();
  readonly tracks: Map<number, Track> = new Map();
  /** How many tasks waited, and when. */
  readonly samples: Rows;
  #tasks: Rows;
  #threads: boolean;
  #tracksMade = 0;
  #names: string[] = [...OUTCOMES, OTHER];
  #numbers = new Map<string, number>();
  #idle: Track[] = [];
  #queued = -1;

  /** `threads` if workers share this process. */
  constructor(limit: number, threads: boolean) {
    this.#tasks = new Rows(limit, TASK.FLOATS, TASK.WORDS);
    this.samples = new Rows(Math.min(limit, MAX_SAMPLES), 1, 1);
    this.#threads = threads;
  }

  /** Tasks in all. */
  get added(): number {
    return this.#tasks.added;
  }

  /** Tasks that have made room for others. */
  get dropped(): number {
    return this.#tasks.dropped;
  }

  /** A worker has been started. */
  started(name: string, pid: number): Track {
    const number = this.#tracksMade++;
    const startedAt = performance.now();
    const track = {
      number,
      name,
      pid,
      tid: this.#threads ? pid + 1 + number : pid,
      startedAt,
      readyAt: null,
      endedAt: null,
      exitCode: null,
      tasks: 0,
      clock: null,
    };
    this.tracks.set(number, track);
    return track;
  }

  /** A worker has ended, perhaps with a task. */
  ended(worker: TracedWorker, exitCode: number): void {
    const track = worker.track!;
    track.endedAt = performance.now();
    track.exitCode = exitCode;
    const last = lastTask(worker);
    if (last !== null) {
      const { run, offset, outcome } = last;
      const [begin, end] = [worker.heardAt, track.endedAt].map((at) => worker.clock.there(at));
      this.#add(worker, run, offset, begin, end, OUTCOMES.indexOf(outcome));
    }
    if (track.tasks === 0) this.#forgetLater(track);
  }

  /** A task has ended with a result or a failure: an entry and its value. Times are the worker's. */
  task(
    worker: TracedWorker,
    run: Run,
    offset: number,
    began: number,
    milliseconds: number,
    entry: number,
    value: unknown,
  ): void {
    const unreadable = value instanceof Unreadable;
    const outcome = run.stopped
      ? OUTCOMES.indexOf(whyStopped(run))
      : unreadable || entry === FAILURE
      ? this.#number(nameOf(unreadable ? value.error : value))
      : 0;
    this.#add(worker, run, offset, began, began + milliseconds, outcome);
  }

  /** So many tasks wait now. */
  queued(tasks: number): void {
    if (tasks === this.#queued) return;
    this.#queued = tasks;
    const at = this.samples.add();
    this.samples.floats[at] = performance.now();
    this.samples.words[at] = tasks;
  }

  /** A task by its number, its times in ours; `null` if it has made room for another one. */
  at(number: number): TracedTask | null {
    if (number < this.dropped || number >= this.added) return null;
    const { floats, words } = this.#tasks;
    const place = this.#tasks.place(number);
    const time = place * TASK.FLOATS;
    const word = place * TASK.WORDS;
    const outcome = words[word + 4];
    const known = outcome < OUTCOMES.length;
    const track = this.tracks.get(words[word])!;
    const clock = track.clock!;
    return {
      track,
      name: this.#names[words[word + 1]],
      index: words[word + 2],
      attempt: words[word + 3],
      outcome: known ? OUTCOMES[outcome] : "error",
      error: known ? null : this.#names[outcome],
      since: floats[time],
      began: clock.here(floats[time + 1]),
      ended: clock.here(floats[time + 2]),
    };
  }

  #add(
    worker: TracedWorker,
    run: Run,
    offset: number,
    began: number,
    ended: number,
    outcome: number,
  ): void {
    const track = worker.track!;
    track.clock = worker.clock;
    const place = this.#tasks.add((oldest) => this.#release(oldest));
    const name = this.#number(nameOf(run.job.call.fn));
    const { floats, words } = this.#tasks;
    track.tasks++;
    const time = place * TASK.FLOATS;
    const word = place * TASK.WORDS;
    floats[time] = run.since;
    floats[time + 1] = began;
    floats[time + 2] = ended;
    words[word] = track.number;
    words[word + 1] = name;
    words[word + 2] = run.first + offset;
    words[word + 3] = run.attempt;
    words[word + 4] = outcome;
  }

  /** The task at this place makes room. */
  #release(place: number): void {
    const track = this.tracks.get(this.#tasks.words[place * TASK.WORDS])!;
    if (--track.tasks === 0 && track.endedAt !== null) this.#forgetLater(track);
  }

  #forgetLater(track: Track): void {
    this.#idle.push(track);
    if (this.#idle.length > MAX_IDLE_TRACKS) this.tracks.delete(this.#idle.shift()!.number);
  }

  #number(name: string): number {
    let number = this.#numbers.get(name);
    if (number !== undefined) return number;
    if (this.#names.length > MAX_NAMES) return OUTCOMES.length;
    number = this.#names.push(name) - 1;
    this.#numbers.set(name, number);
    return number;
  }
}

/** What a worker that has ended was doing; `null` if nothing, or if nobody knows. */
function lastTask(worker: TracedWorker): { run: Run; offset: number; outcome: EarlyEnd } | null {
  const [head, ...others] = worker.outstanding;
  if (head === undefined || head.left === 0 || !worker.ready) return null;
  if (head.stopped) return { run: head, offset: head.done, outcome: whyStopped(head) };
  const outcome = worker.stopping ? "terminated" : "lost";
  const { running } = worker;
  if (running !== undefined) return running === null ? null : { ...running, outcome };
  const known = head.exact || others.length === 0 && head.left === 1;
  return known ? { run: head, offset: head.done, outcome } : null;
}

function whyStopped(run: Run): "timed out" | "stopped" {
  return run.reason instanceof TimeoutError ? "timed out" : "stopped";
}

/** The name of a function or an error: programs may have put anything there. */
export function nameOf(value: unknown): string {
  try {
    const { name } = value as { name: unknown };
    if (typeof name === "string") return name.slice(0, MAX_NAME_LENGTH) || "(anonymous)";
  } catch {
    // It has none.
  }
  return value === null ? "null" : typeof value;
}
