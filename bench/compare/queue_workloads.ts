/**
 * The workloads of queues: this library on any of the runtimes; CPython has the same ones in
 * `python_queue.py`.
 *
 *     queue_workloads.ts spawn|thread ROW [--quick]
 *
 * Prints one line of JSON as `pipe_workloads.ts`. Producers put for a fixed time, then `null`, which
 * ends one consumer each; the clock runs until the last consumer is done.
 */

import process from "node:process";
import { type Event, getContext, type Queue, type Semaphore, type Value } from "../../mod.ts";
import { cpuMicros, type Figure, MEGABYTE } from "./measure.ts";

/** What the children have beside the queue. */
export interface Control {
  ready: Semaphore;
  go: Event;
  done: Semaphore;
  items: Value<"uint32">;
  cpu: Value<"uint32">;
}

const PUTS_PER_LOOK = 10;

export function produce(queue: Queue, control: Control, bytes: number, ms: number): void {
  const item = bytes === 0 ? 42 : new Uint8Array(bytes).fill(1);
  const puts = bytes === 0 ? PUTS_PER_LOOK : 1;
  begin(control);
  const [before, started] = [cpuMicros(), performance.now()];
  while (performance.now() - started < ms) {
    for (let i = 0; i < puts; i++) queue.putSync(item);
  }
  queue.putSync(null);
  control.cpu.add(cpuMicros() - before);
}

export function consume(queue: Queue, control: Control): void {
  begin(control);
  const before = cpuMicros();
  let items = 0;
  while (queue.getSync() !== null) items++;
  control.items.add(items);
  control.cpu.add(cpuMicros() - before);
  control.done.release();
}

export async function produceAsync(
  queue: Queue,
  control: Control,
  _bytes: number,
  ms: number,
): Promise<void> {
  begin(control);
  const [before, started] = [cpuMicros(), performance.now()];
  while (performance.now() - started < ms) {
    for (let i = 0; i < PUTS_PER_LOOK; i++) await queue.put(42);
  }
  await queue.put(null);
  control.cpu.add(cpuMicros() - before);
}

export async function consumeAsync(queue: Queue, control: Control): Promise<void> {
  begin(control);
  const before = cpuMicros();
  let items = 0;
  while (await queue.get() !== null) items++;
  control.items.add(items);
  control.cpu.add(cpuMicros() - before);
  control.done.release();
}

function begin({ ready, go }: Control): void {
  ready.release();
  go.waitSync();
}

interface Setting {
  pairs: number;
  maxSize?: number;
  bytes?: number;
  sync?: boolean;
}

async function through(
  method: "spawn" | "thread",
  quick: boolean,
  { pairs, maxSize = 0, bytes = 0, sync = true }: Setting,
): Promise<Figure> {
  const context = getContext(method);
  const queue = new context.Queue(maxSize);
  const control: Control = {
    ready: new context.Semaphore(0),
    go: new context.Event(),
    done: new context.Semaphore(0),
    items: new context.Value("uint32", 0),
    cpu: new context.Value("uint32", 0),
  };
  const ms = quick ? 200 : 600;
  const [producer, consumer] = sync ? [produce, consume] : [produceAsync, consumeAsync];
  const children = Array.from({ length: pairs }, () => [
    new context.Process({ target: producer, args: [queue, control, bytes, ms] }),
    new context.Process({ target: consumer, args: [queue, control] }),
  ]).flat();
  for (const child of children) child.start();
  for (let i = 0; i < children.length; i++) await control.ready.acquire();
  const [before, started] = [cpuMicros(), performance.now()];
  control.go.set();
  for (let i = 0; i < pairs; i++) await control.done.acquire();
  const taken = performance.now() - started;
  const ownCpu = cpuMicros() - before;
  for (const child of children) await child.join();
  const items = control.items.value;
  return {
    value: items / taken * 1000 * (bytes > 0 ? bytes / 1e6 : 1),
    cpu: (method === "thread" ? ownCpu : control.cpu.value) / items,
  };
}

const ROWS: Record<string, Setting> = {
  "queue-1": { pairs: 1 },
  "queue-1-async": { pairs: 1, sync: false },
  "queue-2": { pairs: 2 },
  "queue-4": { pairs: 4 },
  "queue-megabyte": { pairs: 1, maxSize: 16, bytes: MEGABYTE },
};

if (import.meta.main) {
  const [method, row] = process.argv.slice(2);
  if (ROWS[row] === undefined) {
    throw new Error(`unknown row ${row}: ${Object.keys(ROWS).join(", ")}`);
  }
  const quick = process.argv.includes("--quick");
  console.log(JSON.stringify(await through(method as "spawn" | "thread", quick, ROWS[row])));
}
