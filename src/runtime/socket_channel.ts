/**
 * Layer 1, runtime. A {@link Channel} over a byte stream: the part that Deno's connections and
 * Node's sockets share. Owns the queue of what is not yet written and the reader of what arrives.
 *
 * Writes are gathered: while one write is under way, whatever is sent joins the next one.
 *
 * @module
 */

import { frame, FrameReader, joined } from "./frames.ts";
import type { Channel, Message } from "./types.ts";

/** A connected byte stream, as far as a channel needs it. */
export interface ByteStream {
  /** Writes all of `bytes`; the first attempt happens before it returns. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Calls `reader` with what arrives and `onEnd` once at the end. */
  read(reader: FrameReader, onEnd: () => void): void;
  /** Ends the stream. */
  close(): void;
}

const GATHER_BYTES = 65536;

/** A channel over a byte stream that may still be on its way. */
export class SocketChannel implements Channel {
  #stream: ByteStream | null = null;
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #writing = false;
  #closed = false;
  #broken = false;
  #ended: (() => void) | null = null;
  #reader: FrameReader | null = null;
  #drained: (() => void) | null = null;
  #flushed: (() => void)[] = [];

  /** Gives the channel its stream. What was sent before goes out now. */
  connect(stream: ByteStream): void {
    if (this.#closed) return stream.close();
    this.#stream = stream;
    if (this.#reader !== null) stream.read(this.#reader, () => this.close());
    if (this.#queue.length > 0) void this.#pump();
  }

  /** Queues a message. */
  send(message: Message): void {
    if (this.#closed || this.#broken) return;
    this.#queue.push(...frame(message.bytes));
    if (!this.#writing && this.#stream !== null) void this.#pump();
  }

  /** Starts delivery. */
  open(
    onMessage: (bytes: Uint8Array, attachments: readonly unknown[]) => void,
    onClose: () => void,
  ): void {
    this.#reader = new FrameReader((bytes) => onMessage(bytes, []));
    this.#ended = onClose;
    if (this.#closed) return this.#end();
    this.#stream?.read(this.#reader, () => this.close());
  }

  /** Resolves when the queue is empty or the channel is closed. */
  flush(): Promise<void> {
    if (this.#closed || (!this.#writing && this.#queue.length === 0)) return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  /** Ends the channel; what is queued is dropped. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.length = 0;
    this.#stream?.close();
    this.#settleFlushes();
    this.#end();
  }

  /** Resolves when the peer's last message was delivered, or after `limitMs`. */
  drained(limitMs: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.close(), limitMs);
      this.#drained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #pump(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#queue.length > 0 && this.#stream !== null) {
        await this.#stream.write(this.#gather());
      }
    } catch {
      // The peer is gone. What it said before may still be unread, so the reader ends the channel.
      this.#queue.length = 0;
      this.#broken = true;
      if (this.#reader === null) this.close();
    }
    this.#writing = false;
    this.#settleFlushes();
  }

  /** Takes queued pieces, joining small ones into one write. */
  #gather(): Uint8Array<ArrayBuffer> {
    const queue = this.#queue;
    if (queue.length === 1 || queue[0].length >= GATHER_BYTES) return queue.shift()!;
    let count = 0;
    let total = 0;
    while (count < queue.length && total < GATHER_BYTES) total += queue[count++].length;
    return joined(queue.splice(0, count));
  }

  #settleFlushes(): void {
    const waiting = this.#flushed.splice(0);
    for (const resolve of waiting) resolve();
  }

  #end(): void {
    this.#drained?.();
    const ended = this.#ended;
    this.#ended = null;
    ended?.();
  }
}
