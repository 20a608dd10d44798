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
import { programArguments } from "./arguments.ts";
import { compileCacheVariables } from "./compile_cache.ts";
import { workerEntry } from "./worker_entry.ts";
import { watchMemory } from "./deno_thread.ts";
import { heapFlag, QUIET, splitOptions } from "./node_flags.ts";
import { PortChannel } from "./port_channel.ts";
import type { Posted } from "./port_channel.ts";
import { stopCode } from "./signals.ts";
import { redirectOutput, ThreadOutput } from "./thread_output.ts";
import type { OutputMessage, TakenMessage } from "./thread_output.ts";
import type { Channel, Child, Output, StartOptions, StopSignal } from "./types.ts";

const IS_DENO = "Deno" in globalThis;
const IS_NODE = !IS_DENO && !("Bun" in globalThis);
/** How long a thread in Deno may take to end when it is asked to, before it counts as ended. */
const NOTICE_MS = 50;
/** How long until it counts as busy, which is a warning: on a full machine an idle one takes a while. */
const BUSY_MS = 1000;
const STOP = "manycore:stop";
let stopping = false;

/** Whether this thread ends because its parent said so. */
export function isStopping(): boolean {
  return stopping;
}

/** How long the parent may take to read what a thread says at last. */
const LAST_WORDS_MS = 1000;
/** How long to wait for an exit that should follow an error. */
const EXIT_MS = 100;

let abandoned = 0;

/**
 * None beside those of the program, which threads get anyway: Node refuses a list with one that threads
 * do not have. But of a program that is a text they must not get what sort of text it is.
 */
function flagsOfThread(): string[] | undefined {
  const { execArgv } = process;
  const isText = execArgv.some((flag) => flag.startsWith("--input-type"));
  return execArgv.length === 0 || isText ? [...QUIET] : undefined;
}

/** What a thread is told of itself, as its `workerData`. */
interface ThreadSettings {
  stdout: Output;
  stderr: Output;
  /** Its heap limit in megabytes, where it has to watch it itself. */
  memoryLimitMb: number | null;
}

/** Starts a thread. */
export function startThread(entry: URL, options: StartOptions): Child {
  refuseWhatThreadsLack(options);
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const { name, stdout = "inherit", stderr = "inherit" } = options;
  const settings: ThreadSettings = {
    stdout,
    stderr,
    memoryLimitMb: IS_DENO ? options.memoryLimitMb ?? null : null,
  };
  const added = { ...compileCacheVariables(), ...options.env };
  const worker = new Worker(workerEntry(entry), {
    name,
    argv: [...programArguments()],
    // Deno would ask for permission to read the environment.
    env: Object.keys(added).length > 0 ? { ...process.env, ...added } : undefined,
    workerData: settings,
    execArgv: IS_NODE ? flagsOfThread() : undefined,
    resourceLimits: options.memoryLimitMb
      ? { maxOldGenerationSizeMb: options.memoryLimitMb }
      : undefined,
  });
  worker.unref();
  let stopped: number | null = null;
  let failed = false;
  let ended = false;
  const output = openOutput(worker, settings);
  const channel = new PortChannel({
    postMessage: (value, transferList) => worker.postMessage(value, transferList as never),
    on: (event, listener) => {
      worker.on(event, listener as never);
      worker.unref(); // Node and Bun hold the program open from the first listener on
    },
  }, () => {});
  channel.send(options.first);
  const { promise: exited, resolve } = Promise.withResolvers<number>();
  const end = (code: number) => {
    if (ended) return;
    ended = true;
    output.end();
    channel.close();
    resolve(stopped ?? (code === 0 && failed ? 1 : code));
  };
  worker.on("exit", end);
  worker.on("error", (error: Error) => {
    failed = true; // Bun reports some failures with exit code 0, and some without an exit
    setTimeout(() => end(1), EXIT_MS);
    output.complain(`${error?.stack ?? error}\n`);
  });
  return {
    pid: process.pid,
    channel,
    exited,
    kill(signal: StopSignal) {
      if (ended || stopped !== null) return;
      stopped = stopCode(signal);
      if (!IS_DENO) return void worker.terminate();
      worker.postMessage(STOP);
      let timer = setTimeout(() => {
        end(stopped!);
        timer = setTimeout(() => {
          abandon(name); // `options` would be kept with its first message
          void worker.terminate();
        }, BUSY_MS);
        Deno.unrefTimer(timer); // a program that ends meanwhile ends the thread
      }, NOTICE_MS);
      worker.on("exit", () => clearTimeout(timer));
    },
    stdout: output.stdout,
    stderr: output.stderr,
  };
}

/** What a thread writes, where somebody asked for it. */
interface ThreadStreams {
  stdout: ReadableStream<Uint8Array> | null;
  stderr: ReadableStream<Uint8Array> | null;
  /** Shows an error of the thread that the thread could not show itself. */
  complain(text: string): void;
  /** Takes note that the thread has ended. */
  end(): void;
}

type Thread = InstanceType<typeof import("node:worker_threads").Worker>;

function openOutput(worker: Thread, settings: ThreadSettings): ThreadStreams {
  const open = (stream: "stdout" | "stderr") =>
    settings[stream] === "piped"
      ? new ThreadOutput(stream, (message) => worker.postMessage(message))
      : null;
  const stdout = open("stdout");
  const stderr = open("stderr");
  if (stdout !== null || stderr !== null) {
    worker.on("message", (value: OutputMessage | unknown[]) => {
      if (Array.isArray(value)) return; // for the channel
      (value.stream === "stdout" ? stdout : stderr)?.push(new Uint8Array(value.bytes));
    });
    worker.unref(); // as below, at the channel
  }
  return {
    stdout: stdout?.readable ?? null,
    stderr: stderr?.readable ?? null,
    complain: (text) => {
      if (IS_DENO) return; // it has shown it
      if (settings.stderr === "inherit") process.stderr.write(text);
      stderr?.push(new TextEncoder().encode(text));
    },
    end: () => (stdout?.end(), stderr?.end()),
  };
}

/** In a thread: the way to the parent. */
export function parentPort(): Channel {
  const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
  const port = parentPort!;
  const settings = workerData as ThreadSettings;
  const taken = redirectOutput(settings, (message) => port.postMessage(message));
  if (settings.memoryLimitMb !== null) {
    watchMemory(
      settings.memoryLimitMb,
      (message) => void writeThreadError(message).then(() => process.exit(1)),
    );
  }
  return new PortChannel({
    postMessage: (value, transferList) => port.postMessage(value, transferList as never),
    on: (_event, listener) => {
      port.on("message", (value: Posted | TakenMessage | typeof STOP) => {
        if (Array.isArray(value)) return listener(value);
        if (value !== STOP) return taken(value);
        stopping = true;
        process.exit(0);
      });
      port.unref(); // whoever waits for messages holds the isolate open itself
    },
  }, () => {});
}

let listens = false;

/** Writes on the standard error of this isolate; resolves when it is out, or nobody reads it. */
export function writeThreadError(text: string): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LAST_WORDS_MS);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    try {
      // A closed pipe is no reason for another error.
      if (!listens) process.stderr.on("error", () => {});
      listens = true;
      process.stderr.write(text, done);
    } catch {
      done(); // the program has put something else in its place
    }
  });
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
  const { permission } = process as { permission?: { has(scope: string): boolean } };
  if (permission?.has("worker") === false) {
    throw new ProcessError(
      `Cannot start the thread ${options.name}: this process runs with Node's --permission, under ` +
        "which a thread can lift its own restrictions; if this program may, run it with " +
        "--allow-worker",
    );
  }
  if (options.memoryLimitMb !== undefined && "Bun" in globalThis) {
    refuse("memoryLimitMb", "Bun does not limit the memory of a thread");
  }
  if (options.memoryLimitMb !== undefined && IS_NODE) {
    const flag = heapFlag([...splitOptions(process.env.NODE_OPTIONS ?? ""), ...process.execArgv]);
    if (flag === undefined) return;
    refuse(
      `memoryLimitMb: ${options.memoryLimitMb}`,
      `this process runs with ${flag}, which goes before the limit of a thread`,
    );
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
