/**
 * Layer 7, connection. The public Connection: an end of a pipe, or of a socket. What it does is in
 * its ways; here are its names, its life, and how an end of a pipe crosses to another isolate.
 *
 * @module
 */

import { Channel } from "../channel/channel.ts";
import { registerReadable } from "../channel/readable.ts";
import { BufferTooShort, EOFError, ProtocolError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { takeUntil } from "../park/take_until.ts";
import { timeoutOf } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import { registerInternal } from "../wire/classes.ts";
import { partOf } from "./bytes.ts";
import type { Bytes } from "./bytes.ts";
import { closeParts, drop, openParts, readParts, writeParts } from "./parts.ts";
import type { Parts } from "./parts.ts";
import { watchReceiver } from "./unreceived.ts";
import type { Make, Substance, WayIn, WayOut } from "./ways.ts";
import { closed, CONNECTION_WORDING, wrongWay } from "./wording.ts";

/** How long {@link Connection.send} may wait, and what it moves. */
export interface SendOptions extends WaitOptions {
  /**
   * Buffers that are given away rather than kept: they are empty here as soon as the message is written
   * down, also if it cannot be sent then. Between threads they are moved without a copy, and ports
   * can be named as well.
   */
  transfer?: readonly object[];
}

const POLL = "poll the connection";
/** Closes the ends of connections that nobody can reach any more. */
const forgotten = new FinalizationRegistry<Substance>((substance) => substance.close());

let substanceOf: (connection: Connection, action: string) => Substance;
let takesFrom: (connection: Connection) => WayIn | null;
/** Made by {@link construct} only. */
let maker: Make | null = null;

/**
 * An end of a pipe, or of the way between a listener and who connected to it. Messages arrive whole,
 * once, in the order in which they were sent.
 *
 * An end that was sent to another process is there as well as here: a side counts as closed when
 * everybody who has it has closed it, has ended, or cannot reach it any more. Then the other side
 * receives what is left, and is told.
 *
 * The methods that end in `Sync` block this thread; the others do not. One end is meant for one
 * process at a time: if several receive from it, each message goes to one of them. The end of a way
 * to a listener stays in its process, and has no methods that block.
 */
// deno-lint-ignore no-explicit-any
export class Connection<S = any, R = any> {
  readonly #substance: Substance;
  readonly #in: WayIn | null;
  readonly #out: WayOut | null;
  #closed = false;

  static {
    substanceOf = (connection, action) => {
      if (connection.#closed) throw closed(action);
      return connection.#substance;
    };
    takesFrom = (connection) => connection.#closed ? null : connection.#in;
  }

  /** Connections are made by `Pipe`, `connect` and `Listener`, or arrive in messages. */
  private constructor() {
    if (maker === null) {
      throw new TypeError("Cannot construct a Connection: call Pipe(), which makes both ends");
    }
    const make = maker;
    maker = null;
    const { substance, wayIn, wayOut } = make(this);
    this.#substance = substance;
    this.#in = wayIn;
    this.#out = wayOut;
    forgotten.register(this, substance, this);
  }

  /** Whether it can receive. */
  get readable(): boolean {
    return this.#in !== null;
  }

  /** Whether it can send. */
  get writable(): boolean {
    return this.#out !== null;
  }

  /** Whether it was closed here. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Sends a message. The value is written down before this returns: later changes to it do not matter.
   *
   * @param message Anything that can travel, also connections. Between threads, one that was in a
   * message that could not be sent, say within its `timeout`, carries no ports and no shared memory any
   * more: make another pipe.
   * @param options `timeout` in milliseconds for the other end to make room, default for ever;
   * `signal`; `transfer`.
   * @returns A promise that resolves when the message is on its way; it arrives also if this process
   * ends then.
   * @throws {SerializationError} If the value cannot travel.
   * @throws {BrokenPipeError} If the other end is closed.
   * @throws {TimeoutError} If the time is up.
   * @throws {ProcessError} If the connection was closed here, or only receives.
   */
  send(message: S, options?: SendOptions): Promise<void> {
    try {
      return this.#sender().put(message, "message", options, options?.transfer);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * As {@link Connection.send}, blocking this thread. A signal counts only before the wait begins.
   *
   * @throws {ProcessError} Also on the way to a listener: use `send`.
   */
  sendSync(message: S, options?: SendOptions): void {
    this.#sender().putSync(message, "message", options, options?.transfer);
  }

  /**
   * Receives a message, without blocking the event loop.
   *
   * @param options `timeout` in milliseconds for a message to come, default for ever; `signal`.
   * @throws {EOFError} If the other end is closed and everything was received.
   * @throws {ProtocolError} If what came is no message of this library: nothing more can be received.
   * @throws {TimeoutError} If the time is up.
   * @throws {ProcessError} If the connection was closed here, or only sends.
   */
  recv(options?: WaitOptions): Promise<R> {
    try {
      return this.#receiver().take(options) as Promise<R>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * As {@link Connection.recv}, blocking this thread. A signal counts only before the wait begins.
   *
   * @throws {ProcessError} Also if the message holds a function whose module this program has not
   * imported: it stays for the next `recv`. And on the way to a listener: use `recv`.
   */
  recvSync(options?: WaitOptions): R {
    return this.#receiver().takeSync(options) as R;
  }

  /**
   * Whether there is something to receive, also the end: then `recv` does not wait.
   *
   * @param options `timeout` in milliseconds to wait for it. Default 0; `Infinity` for ever.
   */
  async poll(options?: WaitOptions): Promise<boolean> {
    timeoutOf(options, POLL); // a number would be taken for no options at all
    const waiting = options?.timeout === undefined ? { ...options, timeout: 0 } : options;
    return await this.#receiver().ready(waiting, POLL);
  }

  /**
   * Sends bytes as one message; the other end receives a `Uint8Array`.
   *
   * @param bytes A buffer or a view.
   * @param options `timeout` and `signal` as for {@link Connection.send}; `offset` and `size` in bytes,
   * default all.
   * @throws {RangeError} If `offset` or `size` is out of range.
   */
  sendBytes(
    bytes: Bytes,
    options?: WaitOptions & { offset?: number; size?: number },
  ): Promise<void> {
    try {
      const part = partOf(bytes, options?.offset ?? 0, options?.size, "send bytes");
      const own = part.buffer instanceof ArrayBuffer ? part : part.slice();
      return this.#sender().put(own, "bytes", options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Receives bytes.
   *
   * @throws {ProtocolError} If the message that came is another value: it is lost.
   */
  async recvBytes(options?: WaitOptions): Promise<Uint8Array<ArrayBuffer>> {
    const message = await this.#receiver().take(options);
    if (message instanceof Uint8Array) return message as Uint8Array<ArrayBuffer>;
    throw new ProtocolError(
      `Cannot receive bytes: a message of type ${typeof message} came; use recv, or send with sendBytes`,
    );
  }

  /**
   * Receives bytes into a buffer.
   *
   * @param into A buffer or a view.
   * @param options As for {@link Connection.recv}; `offset` in bytes, default 0.
   * @returns How many bytes came.
   * @throws {BufferTooShort} If they do not fit: they are in its `bytes`.
   */
  async recvBytesInto(into: Bytes, options?: WaitOptions & { offset?: number }): Promise<number> {
    const room = partOf(into, options?.offset ?? 0, undefined, "receive bytes");
    const bytes = await this.recvBytes(options);
    if (bytes.length > room.length) {
      const error = new BufferTooShort(
        `Cannot receive ${bytes.length} bytes into ${room.length}; take them from this error, or ` +
          "give a larger buffer",
      );
      error.bytes = bytes;
      throw error;
    }
    room.set(bytes);
    return bytes.length;
  }

  /**
   * Closes this end here. When nobody has it any more, the other end is told. Calls that wait end
   * with an error; calling it again does nothing.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    forgotten.unregister(this);
    this.#in?.abandonTakes(closed(CONNECTION_WORDING.take));
    this.#out?.abandonPuts(closed(CONNECTION_WORDING.put));
    this.#substance.close();
  }

  /** As {@link Connection.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Receives message after message until the other end is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<R, void, undefined> {
    return takeUntil(() => this.recv(), (error) => error instanceof EOFError);
  }

  #sender(): WayOut {
    if (this.#closed) throw closed(CONNECTION_WORDING.put);
    if (this.#out === null) throw wrongWay(CONNECTION_WORDING.put);
    return this.#out;
  }

  #receiver(): WayIn {
    if (this.#closed) throw closed(CONNECTION_WORDING.take);
    if (this.#in === null) throw wrongWay(CONNECTION_WORDING.take);
    return this.#in;
  }
}

/** Makes a connection that has its sides from now on. */
export function connect(parts: Parts): Connection {
  openParts(parts);
  return constructEnd(parts);
}

/** Makes a connection of anything that has ways. */
export function construct(make: Make): Connection {
  maker = make;
  return new (Connection as unknown as new () => Connection)();
}

function constructEnd(parts: Parts): Connection {
  const { reader, writer, port } = parts;
  return construct((owner) => ({
    substance: {
      write: (output) => writeParts(output, parts),
      close: () => closeParts(parts),
    },
    wayIn: reader && new Channel(reader, CONNECTION_WORDING, port, owner),
    wayOut: writer && new Channel(writer, CONNECTION_WORDING, port, owner, {
      closed: () => drop(writer, null),
      carries: () => watchReceiver(writer),
    }),
  }));
}

registerInternal(Connection as never, "Connection", import.meta.url, {
  encode(output, connection: Connection) {
    substanceOf(connection, "send the connection").write(output);
  },
  decode: (input) => constructEnd(readParts(input)),
  drop: (connection) => connection.close(),
});
registerReadable((object) => object instanceof Connection ? takesFrom(object) : null);
showsAs<Connection>(
  Connection as never,
  ({ readable, writable, closed }) => ({ readable, writable, closed }),
);
