/**
 * Layer 10, pool. Writes what a pool remembers as a file of trace events, in the JSON form that
 * Perfetto and `chrome://tracing` open. Owns the form:
 *
 * ```text
 * M  process_name, thread_name   for the program and each worker
 * X  a task: ts and dur in microseconds, of a thread they never overlap; args say the rest
 * C  tasks waiting: how many tasks waited for a worker
 * i  worker started, ready, ended
 * ```
 *
 * @module
 */

import { createTextFile } from "../runtime/files.ts";
import { runtime } from "../runtime/mod.ts";
import type { Trace, TracedTask, Track } from "./trace.ts";

/** So many characters are written at once. */
const PIECE = 1 << 16;
const NS_PER_MS = 1e6;
const NS_PER_US = 1e3;

/** What was written. */
export interface TraceSummary {
  /** Tasks in the file. */
  tasks: number;
  /** Tasks that are not in it, because `traceLimit` newer ones have taken their place. */
  dropped: number;
}

/** Writes the trace; what is added meanwhile is not in the file. */
export async function writeTraceFile(path: string | URL, trace: Trace): Promise<TraceSummary> {
  const file = await createTextFile(path);
  try {
    const summary: TraceSummary = { tasks: 0, dropped: 0 };
    let piece = "";
    for (const text of fileOf(trace, summary)) {
      piece += text;
      if (piece.length < PIECE) continue;
      await file.write(piece);
      piece = "";
    }
    await file.write(piece);
    return summary;
  } finally {
    await file.close();
  }
}

function* fileOf(trace: Trace, summary: TraceSummary): Generator<string> {
  yield '{"displayTimeUnit":"ms","traceEvents":[\n';
  let separator = "";
  for (const event of events(trace, summary)) {
    yield separator + JSON.stringify(event);
    separator = ",\n";
  }
  const began = new Date(performance.timeOrigin + trace.since).toISOString();
  yield `\n],"otherData":${JSON.stringify({ began, ...summary })}}\n`;
}

/** Takes what is there now, and goes past what makes room while it is being written. */
function* events(trace: Trace, summary: TraceSummary): Generator<object> {
  const { added, samples } = trace;
  const sampled = samples.added;
  const pid = runtime.pid();
  const tracks = [...trace.tracks.values()];
  yield name("process_name", pid, pid, "program");
  for (const track of tracks) {
    if (track.pid !== pid) yield name("process_name", track.pid, track.tid, track.name);
    yield name("thread_name", track.pid, track.tid, track.name);
  }
  for (const track of tracks) yield* life(track, trace.since);
  for (let number = samples.dropped; number < sampled; number++) {
    if (number < samples.dropped) continue;
    const place = samples.place(number);
    const ts = microseconds(samples.floats[place] - trace.since);
    const tasks = samples.words[place];
    yield { ph: "C", name: "tasks waiting", pid, tid: pid, ts, args: { tasks } };
  }
  const busyUntil = new Map<Track, number>();
  for (let number = 0; number < added; number++) {
    number = Math.max(number, trace.dropped);
    const task = trace.at(number);
    if (task === null || number >= added) break;
    summary.tasks++;
    const { track } = task;
    const latest = track.endedAt ?? performance.now();
    const began = between(busyUntil.get(track) ?? track.startedAt, task.began, latest);
    const ended = between(began, task.ended, latest);
    busyUntil.set(track, ended);
    const since = Math.min(task.since, began);
    yield slice({ ...task, since, began, ended }, trace.since);
  }
  summary.dropped = added - summary.tasks;
}

function* life(track: Track, since: number): Generator<object> {
  const instant = (what: string, time: number, args: object = {}) => ({
    ph: "i",
    s: "t",
    cat: "worker",
    name: what,
    pid: track.pid,
    tid: track.tid,
    ts: microseconds(time - since),
    args: { worker: track.name, ...args },
  });
  yield instant("worker started", track.startedAt);
  if (track.readyAt !== null) yield instant("worker ready", track.readyAt);
  if (track.endedAt !== null) {
    yield instant("worker ended", track.endedAt, { exitCode: track.exitCode });
  }
}

function slice(
  { track, name, outcome, error, since, began, ended, ...task }: TracedTask,
  zero: number,
): object {
  const ts = microseconds(began - zero);
  const { index, attempt } = task;
  const args = {
    index,
    attempt,
    outcome,
    waitMs: Math.round((began - since) * NS_PER_MS) / NS_PER_MS,
  };
  return {
    ph: "X",
    cat: "task",
    name,
    pid: track.pid,
    tid: track.tid,
    ts,
    dur: microseconds(ended - zero, ts),
    args: error === null ? args : { ...args, error },
  };
}

function name(what: string, pid: number, tid: number, name: string): object {
  return { ph: "M", name: what, pid, tid, ts: 0, args: { name } };
}

/** A value within bounds; the lower one if it is no number. */
function between(least: number, value: number, most: number): number {
  return value > least ? Math.min(value, most) : least;
}

/** Whole nanoseconds, as microseconds; from another such time on. */
function microseconds(milliseconds: number, from = 0): number {
  return Math.round(milliseconds * NS_PER_MS - from * NS_PER_US) / NS_PER_US;
}
