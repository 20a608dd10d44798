/**
 * Layer 1, runtime. A {@link Channel} over a message port: between a program and its threads.
 *
 * The bytes of a message move to the other thread; attachments ride beside them.
 *
 * @module
 */

import type { Channel, Message } from "./types.ts";

/** What is posted: a buffer, where its bytes begin, how many they are, then the attachments. */
export type Posted = [ArrayBuffer, number, number, ...unknown[]];

const FIXED = 3;
const NOTHING: readonly unknown[] = [];

/** The part of a worker or of `parentPort` that a channel needs. */
export interface PortLike {
  /** Sends a value. */
  postMessage(value: unknown, transferList?: readonly unknown[]): void;
  /** Listens. */
  on(event: "message", listener: (value: Posted) => void): unknown;
}

/** A channel over a port. */
export class PortChannel implements Channel {
  #port: PortLike;
  #closed = false;
  #ended: (() => void) | null = null;
  #dispose: () => void;

  /** `dispose` is called once, on close. */
  constructor(port: PortLike, dispose: () => void) {
    this.#port = port;
    this.#dispose = dispose;
  }

  /** Posts a message. */
  send(message: Message): void {
    if (this.#closed) return;
    const { transferList } = message;
    if (!transferList.some((object) => object instanceof MessagePort)) return this.#post(message);
    // A port may have been closed since it was written down. Deno has emptied the buffers by then.
    const bytes = message.bytes.slice();
    try {
      this.#post(message);
    } catch {
      this.#post({ bytes, attachments: NOTHING, transferList: [] }); // what needs them is not read
    }
  }

  /** Starts delivery. */
  open(
    onMessage: (bytes: Uint8Array, attachments: readonly unknown[]) => void,
    onClose: () => void,
  ): void {
    this.#ended = onClose;
    this.#port.on("message", (value) => {
      if (this.#closed || !Array.isArray(value)) return; // others are a thread's output
      const bytes = new Uint8Array(value[0], value[1], value[2]);
      onMessage(bytes, value.length === FIXED ? NOTHING : value.slice(FIXED));
    });
    if (this.#closed) this.#end();
  }

  /** A posted message is already in the other thread's queue. */
  flush(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends the channel. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dispose();
    this.#end();
  }

  #post({ bytes, attachments, transferList }: Message): void {
    // The buffer, not the view: Deno walks through a typed array element by element, 50 ms for a
    // megabyte, but moves a bare buffer at once.
    this.#port.postMessage(
      [bytes.buffer, bytes.byteOffset, bytes.length, ...attachments],
      [bytes.buffer, ...transferList],
    );
  }

  #end(): void {
    const ended = this.#ended;
    this.#ended = null;
    ended?.();
  }
}
