/**
 * Reads a file of trace events strictly: what Perfetto and `chrome://tracing` require of each event,
 * and what a pool promises beyond that.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

export interface TraceEvent {
  ph: "M" | "X" | "C" | "i";
  name: string;
  cat?: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  s?: string;
  args: Record<string, unknown>;
}

export interface TaskArgs {
  index: number;
  attempt: number;
  outcome: string;
  waitMs: number;
  error?: string;
}

export interface TraceFile {
  events: TraceEvent[];
  /** The tasks, in the order of the file. */
  tasks: (TraceEvent & { dur: number; args: Record<string, unknown> & TaskArgs })[];
  otherData: { began: string; tasks: number; dropped: number };
}

/** Times are written in whole nanoseconds; adding two of them may be off by less than one. */
const NANOSECOND = 0.001;
const FIELDS = {
  M: ["args", "name", "ph", "pid", "tid", "ts"],
  X: ["args", "cat", "dur", "name", "ph", "pid", "tid", "ts"],
  C: ["args", "name", "ph", "pid", "tid", "ts"],
  i: ["args", "cat", "name", "ph", "pid", "s", "tid", "ts"],
};

/** Reads a file, and fails unless each event is as it should be. */
export function readTrace(path: string): TraceFile {
  const file = JSON.parse(readFileSync(path, "utf8"));
  assert.deepEqual(Object.keys(file).sort(), ["displayTimeUnit", "otherData", "traceEvents"]);
  assert.equal(file.displayTimeUnit, "ms");
  assert.ok(Array.isArray(file.traceEvents));
  const events = file.traceEvents as TraceEvent[];
  events.forEach(checkEvent);
  checkNames(events);
  checkThreads(events);
  const tasks = events.filter(({ ph }) => ph === "X") as TraceFile["tasks"];
  assert.ok(!Number.isNaN(Date.parse(file.otherData.began)), file.otherData.began);
  assert.equal(file.otherData.tasks, tasks.length);
  return { events, tasks, otherData: file.otherData };
}

function checkEvent(event: TraceEvent): void {
  const text = JSON.stringify(event);
  assert.ok(Object.hasOwn(FIELDS, event.ph), text);
  assert.deepEqual(Object.keys(event).sort(), FIELDS[event.ph], text);
  assert.ok(typeof event.name === "string" && event.name !== "", text);
  assert.ok(Number.isSafeInteger(event.pid) && event.pid > 0, text);
  assert.ok(Number.isSafeInteger(event.tid) && event.tid > 0, text);
  assert.ok(Number.isFinite(event.ts) && event.ts >= 0, text);
  if (event.ph === "X") {
    assert.ok(Number.isFinite(event.dur) && event.dur! >= 0, text);
    const { index, attempt, outcome, waitMs, error } = event.args;
    assert.ok(Number.isSafeInteger(index) && Number(index) >= 0, text);
    assert.ok(Number.isSafeInteger(attempt) && Number(attempt) >= 0, text);
    assert.ok(Number.isFinite(waitMs) && Number(waitMs) >= 0, text);
    assert.ok(
      ["ok", "error", "lost", "timed out", "stopped", "terminated"].includes(String(outcome)),
      text,
    );
    assert.equal(typeof error, outcome === "error" ? "string" : "undefined", text);
  }
  if (event.ph === "C") {
    for (const value of Object.values(event.args)) assert.ok(Number.isFinite(value), text);
  }
  if (event.ph === "i") assert.ok(["t", "p", "g"].includes(event.s!), text);
  if (event.ph === "M") {
    assert.ok(["process_name", "thread_name"].includes(event.name), text);
    assert.ok(typeof event.args.name === "string", text);
  }
}

/** Every process has one name, and every thread that does anything. */
function checkNames(events: TraceEvent[]): void {
  const names = (what: string) => events.filter(({ ph, name }) => ph === "M" && name === what);
  const processes = names("process_name").map(({ pid }) => pid);
  const threads = names("thread_name").map(thread);
  assert.equal(new Set(processes).size, processes.length);
  assert.equal(new Set(threads).size, threads.length);
  for (const event of events) {
    assert.ok(processes.includes(event.pid), `process ${event.pid} has no name`);
    const named = event.ph === "C" || event.ph === "M" || threads.includes(thread(event));
    assert.ok(named, `thread ${thread(event)} has no name`);
  }
}

/** Tasks of a thread follow one another, within its worker's life; counters are in order. */
function checkThreads(events: TraceEvent[]): void {
  const busyUntil = new Map<string, number>();
  const lives = new Map<string, Record<string, number>>();
  for (const event of events.filter(({ ph }) => ph === "i")) {
    const life = lives.get(thread(event)) ?? {};
    assert.ok(!(event.name in life), `${thread(event)} had two times: ${event.name}`);
    lives.set(thread(event), { ...life, [event.name]: event.ts });
  }
  for (const event of events) {
    if (event.ph === "C") {
      assert.ok(event.ts >= (busyUntil.get("counter") ?? 0));
      busyUntil.set("counter", event.ts);
    }
    if (event.ph !== "X") continue;
    const key = thread(event);
    const text = JSON.stringify(event);
    const life = lives.get(key)!;
    assert.ok(event.ts >= (busyUntil.get(key) ?? 0) - NANOSECOND, `overlaps: ${text}`);
    assert.ok(event.ts >= life["worker started"] - NANOSECOND, `before the worker: ${text}`);
    const end = event.ts + event.dur!;
    assert.ok(end <= (life["worker ended"] ?? Infinity) + NANOSECOND, `after the worker: ${text}`);
    busyUntil.set(key, end);
  }
}

function thread({ pid, tid }: TraceEvent): string {
  return `${pid}.${tid}`;
}
