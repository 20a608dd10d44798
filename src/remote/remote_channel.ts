/**
 * Layer 11, remote. Messages over a socket, after the handshake. Owns what is not yet written, and
 * when the socket is read.
 *
 * Writes are gathered: while one is under way, whatever is sent joins the next one.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { frame, FrameReader, joined } from "../runtime/frames.ts";
import type { NetStream } from "../runtime/net.ts";
import type { Channel, Message } from "../runtime/mod.ts";
import type { Address } from "./address.ts";

const GATHER_BYTES = 65536;
/** How much is still written when the channel is closed. */
const LAST_BYTES = 1 << 20;

/** A message that is not yet written. */
interface Outgoing {
  readonly pieces: Uint8Array<ArrayBuffer>[];
  readonly size: number;
  /** Called once: whether the system has all of it. */
  readonly settle: (written: boolean) => void;
}

/** A message on its way out. */
export interface Posted {
  /** Whether the system has got it; `false` if the channel has ended before. */
  readonly written: Promise<boolean>;
  /** Takes it back, if nothing of it has been written. */
  withdraw(): boolean;
}

/** A channel over a socket. */
export class RemoteChannel implements Channel {
  /** Where a TCP client connects from; else `null`. */
  readonly peer: Address | null;
  readonly #stream: NetStream;
  #early: Uint8Array[];
  #reader: FrameReader | null = null;
  #onClose: (() => void) | null = null;
  #queue: Outgoing[] = [];
  #queued = 0;
  #writing = false;
  #ended = false;
  #fault: ProtocolError | null = null;
  #flushed: (() => void)[] = [];

  /** `early` was read already. */
  constructor(stream: NetStream, early: Uint8Array) {
    this.peer = stream.peer;
    this.#stream = stream;
    this.#early = [early];
    stream.pause();
    stream.start((bytes) => this.#hear(bytes), () => this.#end());
  }

  /** Why nothing can be read any more, if the other side has broken the protocol. */
  get fault(): ProtocolError | null {
    return this.#fault;
  }

  /** Whether nothing can be sent any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes that the system has not got yet. */
  get queued(): number {
    return this.#queued;
  }

  /** Queues a message. */
  send(message: Message): void {
    this.#enqueue(message.bytes, () => {});
  }

  /** Queues a message, and tells what becomes of it. */
  post(bytes: Uint8Array): Posted {
    let outgoing: Outgoing | null = null;
    const written = new Promise<boolean>((resolve) => {
      outgoing = this.#enqueue(bytes, resolve);
    });
    const withdraw = () => {
      const at = outgoing === null ? -1 : this.#queue.indexOf(outgoing);
      if (at < 0) return false;
      this.#queue.splice(at, 1);
      this.#queued -= outgoing!.size;
      outgoing!.settle(false);
      return true;
    };
    return { written, withdraw };
  }

  /** Starts delivery. A `ProtocolError` that `onMessage` throws ends the channel. */
  open(
    onMessage: (bytes: Uint8Array, attachments: readonly unknown[]) => void,
    onClose: () => void,
  ): void {
    this.#reader = new FrameReader((bytes) => onMessage(bytes, []));
    const early = this.#early.splice(0);
    for (const bytes of early) this.#hear(bytes);
    if (this.#ended) return onClose();
    this.#onClose = onClose;
    this.#stream.resume();
  }

  /** Lets the other side wait. What has been read already may still be delivered. */
  pause(): void {
    this.#stream.pause();
  }

  /** Goes on. */
  resume(): void {
    this.#stream.resume();
  }

  /** Resolves when everything sent so far has left this process, or the channel has ended. */
  flush(): Promise<void> {
    if (this.#queued === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  /** Ends the channel on this side. What was sent still arrives, if the other side takes it soon. */
  close(): void {
    if (this.#ended) return;
    void this.#writeAll();
    this.#stream.close();
    this.#end();
  }

  /** Hands what is queued to the stream at once, up to a limit. */
  async #writeAll(): Promise<void> {
    const last: Outgoing[] = [];
    let bytes = 0;
    while (this.#queue.length > 0 && (bytes += this.#queue[0].size) <= LAST_BYTES) {
      last.push(this.#queue.shift()!);
    }
    if (last.length > 0) await this.#write(last);
  }

  #enqueue(bytes: Uint8Array, settle: (written: boolean) => void): Outgoing | null {
    if (this.#ended) {
      settle(false);
      return null;
    }
    const outgoing = { pieces: frame(bytes), size: bytes.length, settle };
    this.#queue.push(outgoing);
    this.#queued += outgoing.size;
    if (!this.#writing) void this.#pump();
    return outgoing;
  }

  async #pump(): Promise<void> {
    this.#writing = true;
    while (this.#queue.length > 0) {
      if (await this.#write(this.#takeBatch())) continue;
      // The other side is gone. What it has said before may still be unread: the reader ends this.
      this.#dropQueue();
    }
    this.#writing = false;
    for (const resolve of this.#flushed.splice(0)) resolve();
  }

  async #write(batch: Outgoing[]): Promise<boolean> {
    let written = false;
    try {
      await Promise.all(gather(batch).map((bytes) => this.#stream.write(bytes)));
      written = true;
    } catch {
      // Not all of it.
    }
    for (const { size, settle } of batch) {
      this.#queued -= size;
      settle(written);
    }
    return written;
  }

  /** As many messages as go into one write. */
  #takeBatch(): Outgoing[] {
    let count = 0;
    for (let bytes = 0; count < this.#queue.length && bytes < GATHER_BYTES; count++) {
      bytes += this.#queue[count].size;
    }
    return this.#queue.splice(0, count);
  }

  #hear(bytes: Uint8Array): void {
    if (this.#reader === null) return void this.#early.push(bytes.slice());
    if (this.#ended) return;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      // A length that no memory can hold is no length of ours.
      const known = error instanceof ProtocolError || error instanceof RangeError;
      this.#fault = error instanceof ProtocolError
        ? error
        : new ProtocolError(`Cannot read from the other side: ${String(error)}`, { cause: error });
      this.#stream.destroy();
      this.#end();
      if (!known) throw error;
    }
  }

  #dropQueue(): void {
    for (const { size, settle } of this.#queue.splice(0)) {
      this.#queued -= size;
      settle(false);
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#dropQueue();
    const onClose = this.#onClose;
    this.#onClose = null;
    onClose?.();
  }
}

/** The pieces of messages, small ones joined. */
function gather(batch: Outgoing[]): Uint8Array<ArrayBuffer>[] {
  const pieces = batch.flatMap((outgoing) => outgoing.pieces);
  if (pieces.length === 1) return pieces;
  const writes: Uint8Array<ArrayBuffer>[] = [];
  let small: Uint8Array<ArrayBuffer>[] = [];
  const join = () => {
    if (small.length > 0) writes.push(small.length === 1 ? small[0] : joined(small));
    small = [];
  };
  for (const piece of pieces) {
    if (piece.length < GATHER_BYTES) small.push(piece);
    else {
      join();
      writes.push(piece);
    }
  }
  join();
  return writes;
}
