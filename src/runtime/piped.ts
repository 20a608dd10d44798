/**
 * Layer 1, runtime. What a child writes, as a stream. Like all that is ours the stream holds nothing
 * open: only a read that waits keeps the program alive, until there is something for it.
 *
 * @module
 */

import { keepAlive } from "./keep_alive.ts";

/** Where the pieces come from. */
export interface PieceSource {
  /** A read waits: all that was pushed has been read. */
  pull(): void;
  /** Nobody reads any more. */
  cancel(): void;
}

/** The stream of what is pushed. */
export class PipedOutput {
  /** The stream. */
  readonly readable: ReadableStream<Uint8Array>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #release: (() => void) | null = null;
  #open = true;

  constructor(source: PieceSource) {
    this.readable = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
      pull: () => {
        this.#release ??= keepAlive();
        source.pull();
      },
      cancel: () => {
        this.#close();
        source.cancel();
      },
    }, { highWaterMark: 0 }); // nothing is pulled ahead
  }

  /** Adds a piece. */
  push(bytes: Uint8Array): void {
    if (!this.#open) return;
    this.#letGo();
    this.#controller.enqueue(bytes);
  }

  /** Ends the stream, after what was pushed. */
  end(): void {
    if (this.#close()) this.#controller.close();
  }

  /** Ends the stream with an error. */
  fail(error: Error): void {
    if (this.#close()) this.#controller.error(error);
  }

  #close(): boolean {
    const wasOpen = this.#open;
    this.#open = false;
    this.#letGo();
    return wasOpen;
  }

  #letGo(): void {
    this.#release?.();
    this.#release = null;
  }
}

type NodeReadable = import("node:stream").Readable & {
  /** The socket of a child process has it. */
  unref(): void;
};

/** An output of a process of `node:child_process`. */
export function pipedFrom(stream: NodeReadable): ReadableStream<Uint8Array> {
  const output = new PipedOutput({
    pull: () => void stream.resume(),
    cancel: () => void stream.destroy(),
  });
  stream.pause();
  stream.on("data", (piece: Uint8Array) => {
    stream.pause();
    output.push(new Uint8Array(piece)); // a copy: the buffer may be part of a larger one
  });
  stream.on("end", () => output.end());
  stream.on("close", () => output.end());
  stream.on("error", (error) => output.fail(error));
  stream.unref();
  return output.readable;
}
