/**
 * Chapter 1. The same two tasks in three ways: async functions, threads, processes.
 *
 * Tasks that *wait* overlap everywhere: async functions are concurrent. Tasks that *compute* overlap
 * only where each has a thread of its own: threads and processes are parallel. (In Python threads
 * share one interpreter lock and are not; here every thread has its own engine.)
 *
 *     deno task example 01        node examples/01_introduction.ts        bun examples/01_introduction.ts
 */

import { currentProcess, Pool, ThreadPool } from "../mod.ts";
import { killTime } from "./helpers/time.ts";

const WAIT_MS = 200;
const ROUNDS = 2e8;
const CHART_WIDTH = 40;

/** When one task ran, and where. */
interface Span {
  started: number;
  ended: number;
  where: string;
}

type Task = () => Promise<Span>;

export async function wait(): Promise<Span> {
  const started = Date.now();
  await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  return { started, ended: Date.now(), where: currentProcess().name };
}

// deno-lint-ignore require-await -- an async function that never awaits gives nobody else a turn
export async function compute(): Promise<Span> {
  const started = Date.now();
  killTime(ROUNDS);
  return { started, ended: Date.now(), where: currentProcess().name };
}

async function main(): Promise<void> {
  await using threads = new ThreadPool({ processes: 2, name: "Thread" });
  await using processes = new Pool({ processes: 2, name: "Process" });
  // Both are up before the clock starts.
  await Promise.all([threads, processes].map((pool) => pool.map(String, [1, 2])));

  const ways: [string, (task: Task) => Promise<Span[]>][] = [
    ["one by one", async (task) => [await task(), await task()]],
    ["async", (task) => Promise.all([task(), task()])],
    ["threads", (task) => Promise.all([threads.apply(task), threads.apply(task)])],
    ["processes", (task) => Promise.all([processes.apply(task), processes.apply(task)])],
  ];
  for (const task of [wait, compute]) {
    console.log(`\nTwo tasks that ${task.name}:`);
    const runs: [string, Span[]][] = [];
    for (const [way, run] of ways) runs.push([way, await run(task)]);
    const longest = Math.max(...runs.map(([, spans]) => duration(spans)));
    for (const [way, spans] of runs) show(way, spans, longest);
  }
  console.log("\nWaiting overlaps in all three; computing only in threads and processes.");
}

function show(way: string, spans: Span[], longest: number): void {
  const [first, second] = spans;
  const overlap = Math.max(first.started, second.started) < Math.min(first.ended, second.ended);
  console.log(`  ${way.padEnd(11)} ${duration(spans)} ms, ${overlap ? "overlapping" : "in turn"}`);
  const start = Math.min(first.started, second.started);
  for (const { started, ended, where } of spans) {
    const [from, to] = [started, ended].map((at) =>
      Math.round((at - start) / longest * CHART_WIDTH)
    );
    console.log(`    ${where.padEnd(11)} ${" ".repeat(from)}${"█".repeat(Math.max(1, to - from))}`);
  }
}

function duration(spans: Span[]): number {
  return Math.max(...spans.map(({ ended }) => ended)) -
    Math.min(...spans.map(({ started }) => started));
}

if (import.meta.main) await main();
