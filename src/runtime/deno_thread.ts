/**
 * Layer 1, runtime. What Deno's threads lack, on both sides of the port:
 *
 * - output: Deno prints whatever a thread writes, also if its worker was made with streams of its
 *   own. A thread whose output is redirected gets a `console` and a `process.stdout` that post the
 *   text to the parent (or drop it). `Deno.stdout` cannot be redirected.
 * - memory: in a thread that reaches its limit Deno stops the code that runs, and then goes on
 *   waiting for timers and messages. Here such a thread ends, with an error.
 *
 * @module
 */

import type { Output } from "./types.ts";

const LOOK_MS = 50;

/** What a thread is told of itself, as its `workerData`. */
export interface ThreadSettings {
  /** Where its standard output goes. */
  stdout: Output;
  /** Where its standard error goes. */
  stderr: Output;
  /** Its heap limit in megabytes. */
  memoryLimitMb: number | null;
}

/** A piece of output on its way to the parent. */
export interface OutputMessage {
  /** Which stream it was written to. */
  stream: "stdout" | "stderr";
  /** What was written. */
  bytes: Uint8Array;
}

/** In the parent: a stream of the pieces that a thread posts. */
export class ThreadOutput {
  /** The stream. */
  readonly readable: ReadableStream<Uint8Array>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;

  constructor() {
    this.readable = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
    });
  }

  /** Adds a piece. */
  push(bytes: Uint8Array): void {
    try {
      this.#controller.enqueue(bytes);
    } catch {
      // The reader has cancelled.
    }
  }

  /** Ends the stream. */
  end(): void {
    try {
      this.#controller.close();
    } catch {
      // The reader has cancelled.
    }
  }
}

/** In a thread: applies its settings. */
export function settleThread(
  settings: ThreadSettings,
  post: (message: OutputMessage) => void,
  fail: (message: string) => void,
): void {
  if (settings.stdout !== "inherit") redirect("stdout", settings.stdout, post);
  if (settings.stderr !== "inherit") redirect("stderr", settings.stderr, post);
  if (settings.stdout !== "inherit" || settings.stderr !== "inherit") replaceConsole();
  if (settings.memoryLimitMb !== null) watchMemory(settings.memoryLimitMb, fail);
}

function redirect(
  stream: "stdout" | "stderr",
  output: Output,
  post: (message: OutputMessage) => void,
): void {
  const encoder = new TextEncoder();
  process[stream].write = (
    chunk: string | Uint8Array,
    encoding?: unknown,
    callback: unknown = encoding,
  ) => {
    const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk.slice();
    if (output === "piped") post({ stream, bytes });
    if (typeof callback === "function") queueMicrotask(callback as () => void);
    return true;
  };
}

/** Deno's own `console` prints without asking `process.stdout`. */
function replaceConsole(): void {
  const { Console } = process.getBuiltinModule("node:console");
  const through = new Console(process.stdout, process.stderr) as unknown as Console;
  for (const name of Object.keys(console) as (keyof Console)[]) {
    if (typeof through[name] === "function") console[name] = through[name] as never;
  }
}

/** Deno raises the limit a little when it is reached, and so lets a timer run once more. */
function watchMemory(limitMb: number, fail: (message: string) => void): void {
  const { getHeapStatistics } = process.getBuiltinModule("node:v8");
  const limit = getHeapStatistics().heap_size_limit;
  const timer = setInterval(() => {
    if (getHeapStatistics().heap_size_limit <= limit) return;
    clearInterval(timer);
    fail(`Out of memory: this thread has used up its ${limitMb} MB\n`);
  }, LOOK_MS);
  timer.unref();
}
