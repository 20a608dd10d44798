/**
 * The workloads of locks and shared memory: this library in either context, CPython in
 * `python_sync.py`. Called as `sync_workloads.ts spawn|thread ROW [--quick]`.
 */

import process from "node:process";
import { type Context, type Event, getContext, type Lock, type Semaphore } from "../../mod.ts";

const quick = process.argv.includes("--quick");
let context: Context;

/** Nanoseconds of one call, from the quickest of several rounds: whatever else runs only adds. */
function nanoseconds(calls: number, fn: () => void): number {
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

export function contend(lock: Lock, ready: Semaphore, go: Event, rounds: number): void {
  ready.release();
  go.waitSync();
  for (let i = 0; i < rounds; i++) {
    lock.acquireSync();
    lock.release();
  }
}

/** Acquisitions per second of all children together. */
async function contended(children: number): Promise<number> {
  const lock = new context.Lock();
  const ready = new context.Semaphore(0);
  const go = new context.Event();
  const rounds = quick ? 20_000 : 200_000;
  const all = Array.from(
    { length: children },
    () => new context.Process({ target: contend, args: [lock, ready, go, rounds] }),
  );
  for (const child of all) child.start();
  for (let i = 0; i < children; i++) await ready.acquire();
  const started = performance.now();
  go.set();
  for (const child of all) await child.join();
  return children * rounds / (performance.now() - started) * 1000;
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
  const rounds = quick ? 5_000 : 50_000;
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

export function wake(there: Event[], back: Event[]): void {
  for (let i = 0; i < there.length; i++) {
    there[i].waitSync();
    back[i].set();
  }
}

/** Microseconds from `set` to the return of a wait that sleeps. */
async function eventWake(): Promise<number> {
  const rounds = quick ? 100 : 500;
  const make = () => Array.from({ length: rounds }, () => new context.Event());
  const [there, back] = [make(), make()];
  const child = new context.Process({ target: wake, args: [there, back] });
  child.start();
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

/** Thousandths of a core that a process uses which waits, blocked and then awaiting. */
async function idleCpu(): Promise<number> {
  const shares: number[] = [];
  for (const sync of [true, false]) {
    const go = new context.Event();
    const done = new context.Event();
    const child = new context.Process({ target: idle, args: [go, done, sync] });
    child.start();
    await go.wait();
    await new Promise((resolve) => setTimeout(resolve, 1000)); // its start is over
    const first = cpuOf(child.pid!);
    const ms = quick ? 2_000 : 10_000;
    await new Promise((resolve) => setTimeout(resolve, ms));
    shares.push((cpuOf(child.pid!) - first) * 10 / ms * 1000);
    done.set();
    child.kill();
    await child.join();
  }
  return Math.max(...shares);
}

/** Hundredths of a second that a process has used. */
function cpuOf(pid: number): number {
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

const ROWS: Record<string, () => number | Promise<number>> = {
  "lock": () => {
    const lock = new context.Lock();
    return nanoseconds(quick ? 50_000 : 500_000, () => {
      lock.tryAcquire();
      lock.release();
    });
  },
  "hold": () => {
    const lock = new context.Lock();
    return nanoseconds(quick ? 50_000 : 500_000, () => lock.holdSync()[Symbol.dispose]());
  },
  "value": () => {
    const value = new context.Value("int32", 0);
    const lock = value.getLock();
    return nanoseconds(quick ? 50_000 : 500_000, () => {
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
  context = getContext(method as "spawn" | "thread");
  const value = await ROWS[row]();
  console.log(JSON.stringify({ value }));
}
