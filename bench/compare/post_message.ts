/**
 * What threads can do with nothing but `postMessage`, on any of the runtimes: the rows of
 * `pipe_workloads.ts` that have a counterpart.
 *
 *     post_message.ts ROW [--quick]
 */

import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { cpuMicros, GROWTH, median, MEGABYTE, sample, TRIPS } from "./measure.ts";
import type { Figure, Payload } from "./measure.ts";

type Role = "echo" | "take" | "move";

/** The thread: after `null` it answers, when it has taken all that came before. */
function serve(role: Role): void {
  const port = parentPort!;
  port.on("message", (message) => {
    if (message === null || role === "echo") port.postMessage(message);
    else if (role === "move") port.postMessage(message, [message.buffer]);
  });
  port.postMessage("ready");
}

/** The side that measures. */
class Link {
  readonly #worker: Worker;
  #receive: (message: unknown) => void = () => {};

  constructor(role: Role) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: role });
    this.#worker.on("message", (message) => this.#receive(message));
  }

  /** The next message: to be asked for before it can come. */
  next(): Promise<unknown> {
    return new Promise((resolve) => this.#receive = resolve);
  }

  post(message: unknown, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  end(): Promise<unknown> {
    return this.#worker.terminate();
  }

  trip(message: unknown, transfer?: ArrayBuffer[]): Promise<unknown> {
    const back = this.next();
    this.post(message, transfer);
    return back;
  }
}

async function withThread(role: Role, measure: (link: Link) => Promise<Figure>): Promise<Figure> {
  const link = new Link(role);
  await link.next();
  const figure = await measure(link);
  await link.end();
  return figure;
}

function busy(quick: boolean): Promise<Figure> {
  return withThread("echo", async (link) => {
    const batch = async (): Promise<number> => {
      const started = performance.now();
      for (let i = 0; i < TRIPS; i++) await link.trip(i);
      return (performance.now() - started) / TRIPS * 1000;
    };
    for (let i = 0; i < (quick ? 5 : 20); i++) await batch();
    const batches: number[] = [];
    const [before, started] = [cpuMicros(), performance.now()];
    while (performance.now() - started < (quick ? 200 : 600)) batches.push(await batch());
    const cpu = cpuMicros() - before;
    return { value: median(batches), cpu: cpu / batches.length / TRIPS };
  });
}

function fromSleep(quick: boolean): Promise<Figure> {
  return withThread("echo", async (link) => {
    const times: number[] = [];
    const trips = quick ? 60 : 200;
    let before = 0;
    for (let i = -20; i < trips; i++) {
      if (i === 0) before = cpuMicros();
      await new Promise((resolve) => setTimeout(resolve, 2));
      const started = performance.now();
      await link.trip(i);
      if (i >= 0) times.push((performance.now() - started) * 1000);
    }
    return { value: median(times), cpu: (cpuMicros() - before) / trips };
  });
}

function oneWay(kind: Payload, quick: boolean, scale = 1): Promise<Figure> {
  return withThread("take", async (link) => {
    const { message, first } = GROWTH[kind];
    const { value, cpu } = await sample(
      async (count) => {
        const [before, started] = [cpuMicros(), performance.now()];
        for (let i = 0; i < count; i++) link.post(message);
        await link.trip(null);
        return { ms: performance.now() - started, cpu: cpuMicros() - before };
      },
      first,
      quick,
    );
    return { value: value * scale, cpu };
  });
}

function transfer(quick: boolean): Promise<Figure> {
  return withThread("move", async (link) => {
    let bytes = new Uint8Array(8 * MEGABYTE);
    const times: number[] = [];
    const trips = quick ? 200 : 2000;
    const before = cpuMicros();
    for (let i = 0; i < trips; i++) {
      const started = performance.now();
      bytes = await link.trip(bytes, [bytes.buffer]) as Uint8Array<ArrayBuffer>;
      times.push((performance.now() - started) * 1000);
    }
    return { value: median(times), cpu: (cpuMicros() - before) / trips };
  });
}

const ROWS: Record<string, (quick: boolean) => Promise<Figure>> = {
  "pipe-busy-async": busy,
  "pipe-sleep-async": fromSleep,
  "pipe-one-way-async": (quick) => oneWay("number", quick),
  "pipe-objects": (quick) => oneWay("object", quick),
  "pipe-megabyte": (quick) => oneWay("megabyte", quick, MEGABYTE / 1e6),
  "pipe-transfer": transfer,
};

if (isMainThread) {
  const row = process.argv[2];
  if (ROWS[row] === undefined) {
    throw new Error(`unknown row ${row}: ${Object.keys(ROWS).join(", ")}`);
  }
  console.log(JSON.stringify(await ROWS[row](process.argv.includes("--quick"))));
} else {
  serve(workerData as Role);
}
