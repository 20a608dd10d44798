/**
 * The workloads of pipes: this library on any of the runtimes. CPython has the same ones in
 * `python_queue.py`, and threads with nothing but `postMessage` in `post_message.ts`.
 *
 *     pipe_workloads.ts spawn|thread ROW [--quick]
 *
 * Prints one line of JSON, `{ "value": number, "cpu": number }`: the figure in the unit of the row,
 * and the microseconds of processor time that both sides together used for one message.
 */

import process from "node:process";
import { type Connection, getContext } from "../../mod.ts";
import { cpuMicros, GROWTH, median, MEGABYTE, sample, TRIPS } from "./measure.ts";
import type { Figure, Payload } from "./measure.ts";

/** What the child does with what comes: sends it back, or only takes it. */
export type Role = "echo" | "take";

let threads = false;
let quick = false;

/** Its side of the pipe, until `"end"`. After `null` it tells the processor time since the last. */
export function blocking(connection: Connection, role: Role): void {
  connection.sendSync("ready");
  let before = cpuMicros();
  for (;;) {
    const message = connection.recvSync();
    if (message === "end") return;
    if (message === null) {
      connection.sendSync(cpuMicros() - before);
      before = cpuMicros();
    } else if (role === "echo") {
      connection.sendSync(message);
    }
  }
}

export async function awaiting(connection: Connection, role: Role): Promise<void> {
  await connection.send("ready");
  let before = cpuMicros();
  for (;;) {
    const message = await connection.recv();
    if (message === "end") return;
    if (message === null) {
      await connection.send(cpuMicros() - before);
      before = cpuMicros();
    } else if (role === "echo") {
      await connection.send(message);
    }
  }
}

/** Moves every buffer that comes back to where it came from. */
export async function moving(connection: Connection): Promise<void> {
  await connection.send("ready");
  for await (const message of connection) {
    if (message === "end") return;
    await connection.send(message, { transfer: [message.buffer] });
  }
}

/** Has a child at the other end of a pipe while something is measured: it has started by then. */
async function withChild(
  target: (connection: Connection, role: Role) => unknown,
  role: Role,
  measure: (connection: Connection) => Promise<Figure>,
): Promise<Figure> {
  const context = getContext(threads ? "thread" : "spawn");
  const [here, there] = context.Pipe();
  const child = new context.Process({ target, args: [there, role] });
  child.start();
  there.close();
  try {
    await here.recv();
    const figure = await measure(here);
    await here.send("end");
    return figure;
  } finally {
    here.close();
    await child.join();
  }
}

/** The other side's processor time since it was last asked; threads share one clock. */
async function othersCpu(connection: Connection): Promise<number> {
  await connection.send(null);
  const micros = await connection.recv();
  return threads ? 0 : micros;
}

/** Microseconds there and back while both sides do nothing else. */
function busy(sync: boolean): Promise<Figure> {
  return withChild(sync ? blocking : awaiting, "echo", async (connection) => {
    const batch = async (): Promise<number> => {
      const started = performance.now();
      for (let i = 0; i < TRIPS; i++) {
        if (sync) {
          connection.sendSync(i);
          connection.recvSync();
        } else {
          await connection.send(i);
          await connection.recv();
        }
      }
      return (performance.now() - started) / TRIPS * 1000;
    };
    for (let i = 0; i < (quick ? 5 : 20); i++) await batch();
    await othersCpu(connection);
    const batches: number[] = [];
    const before = cpuMicros();
    const started = performance.now();
    while (performance.now() - started < (quick ? 200 : 600)) batches.push(await batch());
    const cpu = cpuMicros() - before + await othersCpu(connection);
    return { value: median(batches), cpu: cpu / batches.length / TRIPS };
  });
}

/** Microseconds there and back when both sides have slept for 2 ms. */
function fromSleep(sync: boolean): Promise<Figure> {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  return withChild(sync ? blocking : awaiting, "echo", async (connection) => {
    const times: number[] = [];
    const trips = quick ? 60 : 200;
    let before = 0;
    for (let i = -20; i < trips; i++) {
      if (i === 0) {
        await othersCpu(connection);
        before = cpuMicros();
      }
      if (sync) Atomics.wait(sleeper, 0, 0, 2);
      else await new Promise((resolve) => setTimeout(resolve, 2));
      const started = performance.now();
      if (sync) {
        connection.sendSync(i);
        connection.recvSync();
      } else {
        await connection.send(i);
        await connection.recv();
      }
      if (i >= 0) times.push((performance.now() - started) * 1000);
    }
    const cpu = cpuMicros() - before + await othersCpu(connection);
    return { value: median(times), cpu: cpu / trips };
  });
}

/** Messages per second to a child that takes them; it says when it has got the last one. */
function oneWay(sync: boolean, kind: Payload, bytes = false): Promise<Figure> {
  return withChild(sync ? blocking : awaiting, "take", (connection) =>
    sample(
      async (count) => {
        const message = GROWTH[kind].message;
        const [before, started] = [cpuMicros(), performance.now()];
        if (bytes) {
          for (let i = 0; i < count; i++) await connection.sendBytes(message as Uint8Array);
        } else if (sync) {
          for (let i = 0; i < count; i++) connection.sendSync(message);
        } else {
          for (let i = 0; i < count; i++) await connection.send(message);
        }
        const others = await othersCpu(connection);
        const ms = performance.now() - started;
        return { ms, cpu: cpuMicros() - before + others };
      },
      GROWTH[kind].first,
      quick,
    ));
}

/** Microseconds in which a buffer of 8 MB is moved there and back. */
function transfer(): Promise<Figure> {
  return withChild(moving, "echo", async (connection) => {
    let bytes = new Uint8Array(8 * MEGABYTE);
    const times: number[] = [];
    const trips = quick ? 200 : 2000;
    const before = cpuMicros();
    for (let i = 0; i < trips; i++) {
      const started = performance.now();
      await connection.send(bytes, { transfer: [bytes.buffer] });
      bytes = await connection.recv();
      times.push((performance.now() - started) * 1000);
    }
    if (bytes.length !== 8 * MEGABYTE) throw new Error("lost bytes");
    return { value: median(times), cpu: (cpuMicros() - before) / trips };
  });
}

const perSecond = (scale: number) => ({ value, cpu }: Figure) => ({ value: value * scale, cpu });

const ROWS: Record<string, () => Promise<Figure>> = {
  "pipe-busy": () => busy(true),
  "pipe-busy-async": () => busy(false),
  "pipe-sleep": () => fromSleep(true),
  "pipe-sleep-async": () => fromSleep(false),
  "pipe-one-way": () => oneWay(true, "number"),
  "pipe-one-way-async": () => oneWay(false, "number"),
  "pipe-objects": () => oneWay(true, "object"),
  "pipe-megabyte": () => oneWay(true, "megabyte").then(perSecond(MEGABYTE / 1e6)),
  "pipe-bytes": () => oneWay(true, "megabyte", true).then(perSecond(MEGABYTE / 1e6)),
  "pipe-transfer": transfer,
};

if (import.meta.main) {
  const [method, row] = process.argv.slice(2);
  if (ROWS[row] === undefined) {
    throw new Error(`unknown row ${row}: ${Object.keys(ROWS).join(", ")}`);
  }
  quick = process.argv.includes("--quick");
  threads = method === "thread";
  console.log(JSON.stringify(await ROWS[row]()));
}
