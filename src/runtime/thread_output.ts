/**
 * Layer 1, runtime. The redirected output of a thread, on both sides of its port. The thread has a
 * `console` and a `process.stdout` that post to the parent, or drop what is written. `Deno.stdout`
 * cannot be redirected.
 *
 * The runtimes' own ways do not do: Deno prints whatever a thread writes, also if its worker was
 * made with streams of its own. In Node and Bun, reading such a stream holds the program open, and
 * nothing can take that back; and a thread that wrote more than was read does not end.
 *
 * @module
 */

import { PipedOutput } from "./piped.ts";
import type { Output } from "./types.ts";

const IS_NODE = !("Deno" in globalThis) && !("Bun" in globalThis);
/** How many bytes a thread may be ahead of its reader before it is asked to wait. */
const AHEAD = 65_536;

/** Which of a thread's streams. */
export type StreamName = "stdout" | "stderr";

/** A piece of output on its way to the parent. */
export interface OutputMessage {
  /** Which stream it was written to. */
  stream: StreamName;
  /** What was written. */
  bytes: ArrayBuffer;
}

/** On its way to the thread: how much was read. */
export interface TakenMessage {
  /** Of which stream. */
  stream: StreamName;
  /** So many bytes more; null: nobody reads any more. */
  taken: number | null;
}

/** In the parent: what a thread posts, as a stream. */
export class ThreadOutput {
  readonly #output: PipedOutput;
  #untold = 0;
  #ended = false;

  constructor(stream: StreamName, tell: (message: TakenMessage) => void) {
    const say = (taken: number | null) => {
      if (!this.#ended) tell({ stream, taken });
    };
    this.#output = new PipedOutput({
      pull: () => {
        if (this.#untold > 0) say(this.#untold);
        this.#untold = 0;
      },
      cancel: () => say(null),
    });
  }

  /** The stream. */
  get readable(): ReadableStream<Uint8Array> {
    return this.#output.readable;
  }

  /** Adds a piece. */
  push(bytes: Uint8Array): void {
    this.#untold += bytes.length;
    this.#output.push(bytes);
  }

  /** Ends the stream: the thread has ended. */
  end(): void {
    this.#ended = true;
    this.#output.end();
  }
}

/** In a thread: redirects its output. Returns what to do when the parent says how much was read. */
export function redirectOutput(
  outputs: Record<StreamName, Output>,
  post: (message: OutputMessage) => void,
): (message: TakenMessage) => void {
  const redirected = (["stdout", "stderr"] as const)
    .filter((stream) => outputs[stream] !== "inherit")
    .map((stream) => [stream, redirect(stream, outputs[stream], post)] as const);
  // The `console` of Deno and that of Bun print without asking `process.stdout`.
  if (redirected.length > 0 && !IS_NODE) replaceConsole();
  const byName = new Map(redirected);
  return ({ stream, taken }) => byName.get(stream)?.(taken);
}

function redirect(
  stream: StreamName,
  output: Output,
  post: (message: OutputMessage) => void,
): (taken: number | null) => void {
  const { Buffer } = process.getBuiltinModule("node:buffer");
  const target = process[stream];
  let wanted = output === "piped";
  let ahead = 0;
  let asked = false;
  const waiting: (() => void)[] = [];
  target.write = (
    chunk: string | Uint8Array,
    encoding?: unknown,
    callback: unknown = encoding,
  ) => {
    const { buffer, length } = typeof chunk === "string"
      ? new Uint8Array(
        Buffer.from(chunk, typeof encoding === "string" ? encoding as "utf8" : "utf8"),
      )
      : new Uint8Array(chunk);
    if (wanted) {
      ahead += length;
      post({ stream, bytes: buffer });
    }
    const mayGoOn = ahead <= AHEAD;
    asked ||= !mayGoOn;
    if (typeof callback === "function") {
      if (mayGoOn) queueMicrotask(callback as () => void);
      else waiting.push(callback as () => void);
    }
    return mayGoOn;
  };
  Object.defineProperty(target, "isTTY", { value: false, configurable: true });
  return (taken) => {
    if (taken === null) wanted = false;
    ahead = taken === null ? 0 : ahead - taken;
    if (ahead > AHEAD) return;
    for (const callback of waiting.splice(0)) callback();
    if (!asked) return;
    asked = false;
    target.emit("drain");
  };
}

function replaceConsole(): void {
  const { Console } = process.getBuiltinModule("node:console");
  const through = new Console(process.stdout, process.stderr) as unknown as Console;
  for (const name of Object.keys(console) as (keyof Console)[]) {
    if (typeof through[name] === "function") console[name] = through[name] as never;
  }
}
