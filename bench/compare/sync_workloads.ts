/**
 * The workloads of locks and shared memory: this library on any of the runtimes; CPython has the
 * same ones in `python_sync.py`.
 *
 *     sync_workloads.ts spawn|thread ROW [--quick]
 *
 * Prints one line of JSON, `{ "value": number }`, in the unit of the row.
 */

import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import {
  type Context,
  type Event,
  getContext,
  type Lock,
  type Semaphore,
  type Value,
} from "../../mod.ts";

let context: Context;
let threads = false;
let quick = false;

/** Nanoseconds of one call, the median of several rounds. */
function nanoseconds(fn: () => void): number {
  const calls = quick ? 50_000 : 500_000;
  const rounds: number[] = [];
  for (let round = 0; round < 7; round++) {
    const started = performance.now();
    for (let i = 0; i < calls; i++) fn();
    rounds.push((performance.now() - started) / calls * 1e6);
  }
  return median(rounds);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

/** Fights for the lock during a time and adds its acquisitions per second to the total. */
export function contend(
  lock: Lock,
  ready: Semaphore,
  go: Event,
  total: Value<"float64">,
  ms: number,
): void {
  ready.release();
  go.waitSync();
  const started = performance.now();
  let acquired = 0;
  while (performance.now() - started < ms) {
    for (let i = 0; i < 10; i++) {
      lock.acquireSync();
      lock.release();
    }
    acquired += 10;
  }
  const rate = acquired / (performance.now() - started) * 1000;
  using _held = total.getLock().holdSync();
  total.value += rate;
}

/** Acquisitions per second of all children together. */
async function contended(children: number): Promise<number> {
  const lock = new context.Lock();
  const ready = new context.Semaphore(0);
  const go = new context.Event();
  const total = new context.Value("float64", 0);
  const args = [lock, ready, go, total, quick ? 300 : 1_000] as const;
  const all = Array.from(
    { length: children },
    () => new context.Process({ target: contend, args: [...args] }),
  );
  for (const child of all) child.start();
  for (let i = 0; i < children; i++) await ready.acquire();
  go.set();
  for (const child of all) await child.join();
  return total.value;
}

export function answer(ping: Semaphore, pong: Semaphore, rounds: number): void {
  for (let i = 0; i < rounds; i++) {
    ping.acquireSync();
    pong.release();
  }
}

/** Microseconds from a release to the return of the other's acquire, both at it all the time. */
async function handOver(): Promise<number> {
  const ping = new context.Semaphore(0);
  const pong = new context.Semaphore(0);
  const rounds = quick ? 5_000 : 20_000;
  const child = new context.Process({ target: answer, args: [ping, pong, rounds + 1000] });
  child.start();
  const times: number[] = [];
  for (let i = 0; i < rounds + 1000; i++) {
    const started = performance.now();
    ping.release();
    pong.acquireSync();
    if (i >= 1000) times.push((performance.now() - started) * 500);
  }
  await child.join();
  return median(times);
}

export function wake(there: Event[], back: Event[], ready: Event): void {
  ready.set();
  for (let i = 0; i < there.length; i++) {
    there[i].waitSync();
    back[i].set();
  }
}

/** Microseconds from `set` to the return of a wait that sleeps. */
async function eventWake(): Promise<number> {
  const rounds = quick ? 100 : 300;
  const make = () => Array.from({ length: rounds }, () => new context.Event());
  const [there, back] = [make(), make()];
  const ready = new context.Event();
  const child = new context.Process({ target: wake, args: [there, back, ready] });
  child.start();
  await ready.wait();
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    await new Promise((resolve) => setTimeout(resolve, 4)); // the child sleeps by now
    const started = performance.now();
    there[i].set();
    back[i].waitSync();
    times.push((performance.now() - started) * 500);
  }
  await child.join();
  return median(times);
}

export async function idle(go: Event, done: Event, sync: boolean): Promise<void> {
  go.set();
  if (sync) done.waitSync();
  else await done.wait();
}

/**
 * Thousandths of a core that a child uses which waits, blocked or awaiting: the greater. A thread's
 * figure is that of the whole process, whose main thread sleeps meanwhile: one at a time.
 */
async function idleCpu(): Promise<number> {
  if (!threads) return Math.max(...await Promise.all([idleShare(true), idleShare(false)]));
  return Math.max(await idleShare(true), await idleShare(false));
}

async function idleShare(sync: boolean): Promise<number> {
  const go = new context.Event();
  const done = new context.Event();
  const child = new context.Process({ target: idle, args: [go, done, sync] });
  child.start();
  await go.wait();
  await new Promise((resolve) => setTimeout(resolve, 1000)); // its start is over
  const before = cpuTimes(child.pid!);
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, quick ? 2_000 : 5_000));
  const ms = performance.now() - started;
  let used = 0;
  for (const [thread, ns] of cpuTimes(child.pid!)) used += ns - (before.get(thread) ?? 0);
  done.set();
  await child.join();
  return used / 1e6 / ms * 1000;
}

/** Nanoseconds that each thread of a process has run. */
function cpuTimes(pid: number): Map<string, number> {
  const folder = `/proc/${pid}/task`;
  return new Map(
    readdirSync(folder).map((thread) => {
      const [ns] = readFileSync(`${folder}/${thread}/schedstat`, "utf8").split(" ");
      return [thread, Number(ns)];
    }),
  );
}

const ROWS: Record<string, () => number | Promise<number>> = {
  "lock": () => {
    const lock = new context.Lock();
    return nanoseconds(() => {
      lock.tryAcquire();
      lock.release();
    });
  },
  "hold": () => {
    const lock = new context.Lock();
    return nanoseconds(() => lock.holdSync()[Symbol.dispose]());
  },
  "value": () => {
    const value = new context.Value("int32", 0);
    const lock = value.getLock();
    return nanoseconds(() => {
      lock.acquireSync();
      value.value += 1;
      lock.release();
    });
  },
  "contended-2": () => contended(2),
  "contended-4": () => contended(4),
  "hand-over": handOver,
  "event": eventWake,
  "idle": idleCpu,
};

if (import.meta.main) {
  const [method, row] = process.argv.slice(2);
  if (ROWS[row] === undefined) {
    throw new Error(`unknown row ${row}: ${Object.keys(ROWS).join(", ")}`);
  }
  quick = process.argv.includes("--quick");
  threads = method === "thread";
  context = getContext(method as "spawn" | "thread");
  const value = await ROWS[row]();
  console.log(JSON.stringify({ value }));
}
