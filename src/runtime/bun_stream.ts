/**
 * Layer 1, runtime. A connection of Bun's own as a byte stream: the way of a child to its parent. It
 * is there within a millisecond or two, where `node:net` takes nearly ten to be loaded and to connect.
 *
 * @module
 */

import type { FrameReader } from "./frames.ts";
import type { ByteStream } from "./socket_channel.ts";

/** What is used of a socket of Bun. */
interface BunSocket {
  /** Bytes that the system has taken; negative if the connection is gone. */
  write(bytes: Uint8Array): number;
  terminate(): void;
  unref(): void;
}

interface Bun {
  connect(options: {
    unix: string;
    socket: {
      data(socket: BunSocket, piece: Uint8Array): void;
      drain(socket: BunSocket): void;
      close(socket: BunSocket): void;
      error(socket: BunSocket, error: Error): void;
    };
  }): Promise<BunSocket>;
}

/** Connects to a unix socket, which may be one in Linux's abstract namespace. Rejects if it cannot. */
export async function connectInBun(path: string): Promise<ByteStream> {
  const stream = new BunStream();
  const { Bun } = globalThis as unknown as { Bun: Bun };
  stream.begin(await Bun.connect({ unix: path, socket: stream.handlers }));
  return stream;
}

class BunStream implements ByteStream {
  #socket!: BunSocket;
  #closed = false;
  #reader: FrameReader | null = null;
  #onEnd = () => {};
  /** What has come before there was a reader. */
  #early: Uint8Array[] = [];
  /** The write that the system has not taken all of. */
  #rest: { bytes: Uint8Array; resolve: () => void; reject: (error: Error) => void } | null = null;

  readonly handlers: Parameters<Bun["connect"]>[0]["socket"] = {
    data: (_, piece) => {
      if (this.#reader === null) this.#early.push(piece.slice());
      else this.#reader.push(piece);
    },
    drain: () => this.#drain(),
    close: () => this.#end(),
    error: () => {}, // "close" follows
  };

  begin(socket: BunSocket): void {
    this.#socket = socket;
    socket.unref();
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#rest = { bytes, resolve, reject };
      this.#drain();
    });
  }

  read(reader: FrameReader, onEnd: () => void): void {
    for (const piece of this.#early.splice(0)) reader.push(piece);
    this.#reader = reader;
    this.#onEnd = onEnd;
    if (this.#closed) onEnd();
  }

  close(): void {
    this.#socket.terminate();
    this.#end();
  }

  #drain(): void {
    const rest = this.#rest;
    if (rest === null) return;
    const taken = this.#closed ? -1 : this.#socket.write(rest.bytes);
    if (taken < 0) {
      this.#rest = null;
      return rest.reject(new Error("the connection is gone"));
    }
    rest.bytes = rest.bytes.subarray(taken);
    if (rest.bytes.length > 0) return; // until it drains
    this.#rest = null;
    rest.resolve();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#drain();
    this.#onEnd();
  }
}
