/**
 * Layer 1, runtime. Threads, the same on all three runtimes: `node:worker_threads`. Deno's own
 * `Worker` is not used, because a program whose busy `Worker` was terminated never ends.
 *
 * Deno 2.9 cannot stop a thread that does not return to its event loop. Such a thread is
 * abandoned: its `Child` ends on time, the thread runs on until it yields or the program ends, and
 * a warning recommends the `"spawn"` method, once.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { compileCacheVariables } from "./compile_cache.ts";
import { PortChannel } from "./port_channel.ts";
import type { PortLike } from "./port_channel.ts";
import { exitCodeOf } from "./signals.ts";
import type { Channel, Child, StartOptions, StopSignal } from "./types.ts";

const IS_DENO = "Deno" in globalThis;
/** How long a thread in Deno may take to notice that it is asked to end before it counts as busy. */
const NOTICE_MS = 50;
const STOP = "manycore:stop";

let abandoned = 0;

/** Threads that could not be stopped in this isolate: Deno only, see above. */
export function abandonedThreads(): number {
  return abandoned;
}

/** Starts a thread. */
export function startThread(entry: URL, options: StartOptions): Child {
  refuseWhatThreadsLack(options);
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const piped = options.stdout === "piped" || options.stderr === "piped";
  const added = { ...compileCacheVariables(entry), ...options.env };
  const worker = new Worker(entry, {
    name: options.name,
    // Deno would ask for permission to read the environment.
    env: Object.keys(added).length > 0 ? { ...process.env, ...added } : undefined,
    stdout: options.stdout !== undefined && options.stdout !== "inherit",
    stderr: options.stderr !== undefined && options.stderr !== "inherit",
    resourceLimits: options.memoryLimitMb
      ? { maxOldGenerationSizeMb: options.memoryLimitMb }
      : undefined,
  });
  worker.unref();
  let stopCode: number | null = null;
  const channel = new PortChannel(worker as unknown as PortLike, () => {});
  let ended = false;
  const exited = new Promise<number>((resolve) => {
    const end = (code: number) => {
      if (ended) return;
      ended = true;
      channel.close();
      resolve(stopCode ?? code);
    };
    worker.on("exit", end);
    worker.on("error", (error: Error) => {
      if (!IS_DENO) process.stderr.write(`${error?.stack ?? error}\n`); // Deno has printed it itself
      setTimeout(() => end(1), 100); // Bun reports some failures without an exit
    });
  });
  const toWeb = (stream: unknown) =>
    process.getBuiltinModule("node:stream").Readable.toWeb(stream as never) as ReadableStream<
      Uint8Array
    >;
  return {
    pid: process.pid,
    channel,
    exited,
    kill(signal: StopSignal) {
      if (ended || stopCode !== null) return;
      stopCode = exitCodeOf(null, signal);
      if (!IS_DENO) return void worker.terminate();
      worker.postMessage(STOP);
      const timer = setTimeout(() => {
        abandon(options.name);
        void worker.terminate();
      }, NOTICE_MS);
      worker.on("exit", () => clearTimeout(timer));
    },
    stdout: piped && options.stdout === "piped" ? toWeb(worker.stdout) : null,
    stderr: piped && options.stderr === "piped" ? toWeb(worker.stderr) : null,
  };
}

/** In a thread: the way to the parent. */
export function parentPort(): Channel {
  const port = process.getBuiltinModule("node:worker_threads").parentPort!;
  const channel = new PortChannel({
    postMessage: (value, transferList) => port.postMessage(value, transferList as never),
    on: (_event, listener) => {
      port.on("message", (value) => value === STOP ? process.exit(0) : listener(value));
      port.unref(); // whoever waits for messages holds the isolate open itself
    },
  }, () => {});
  return channel;
}

function refuseWhatThreadsLack(options: StartOptions): void {
  const refuse = (what: string, why: string) => {
    throw new ProcessError(
      `Cannot start the thread ${options.name} with ${what}: ${why}; use the "spawn" start method`,
    );
  };
  if (options.cwd !== undefined) {
    refuse("cwd", "all threads of a process share one working directory");
  }
  if (options.permissions !== undefined && options.permissions !== "inherit") {
    refuse("permissions", "threads run with the permissions of their process");
  }
  if (options.memoryLimitMb !== undefined && "Bun" in globalThis) {
    refuse("memoryLimitMb", "Bun does not limit the memory of a thread");
  }
}

function abandon(name: string): void {
  abandoned++;
  if (abandoned > 1) return;
  console.warn(
    `Warning: the busy thread ${name} cannot be stopped in Deno; it runs on until it yields or the ` +
      `program ends. Use the "spawn" start method for work that may have to be stopped`,
  );
}
