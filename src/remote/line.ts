/**
 * Layer 11, remote. A socket as the way in and the way out of a connection: values in, values out.
 * Owns the messages that have come and nobody has received; the socket is not read while they are
 * many.
 *
 * @module
 */

import { CHANNEL } from "../channel/channel_words.ts";
import { Arrival, dispatched, writeItem } from "../channel/items.ts";
import { construct } from "../connection/connection.ts";
import type { Connection } from "../connection/connection.ts";
import { dropMessages } from "../connection/parts.ts";
import type { Substance, WayIn, WayOut } from "../connection/ways.ts";
import { CONNECTION_WORDING } from "../connection/wording.ts";
import { ProcessError, ProtocolError, SerializationError, TimeoutError } from "../errors.ts";
import { EXPIRED as TOO_LATE } from "../park/operation.ts";
import { EXPIRED, timeoutOf, waitFor } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import type { Message } from "../wire/encode.ts";
import type { Address } from "./address.ts";
import { Mailbox } from "./mailbox.ts";
import type { RemoteChannel } from "./remote_channel.ts";
import { turns } from "./turns.ts";

/** From so many unreceived bytes on the other side has to wait, until half of them are received. */
const FULL_BYTES = 1 << 20;
/** What an unreceived message costs besides its bytes. */
const MESSAGE_BYTES = 64;

const { put: SEND, take: RECEIVE } = CONNECTION_WORDING;

/** A connection over a socket. */
export function connectionOver(line: Line): Connection {
  return construct((owner) => {
    line.owner = new WeakRef(owner);
    const substance: Substance = {
      write() {
        throw new SerializationError(
          "it is a socket of this process; send the listener's address, and connect there",
        );
      },
      close: () => line.close(),
    };
    return { substance, wayIn: line, wayOut: line };
  });
}

/** Both ways of a connection. */
export class Line implements WayIn, WayOut {
  /** The connection, which lives while somebody waits for it. */
  owner: WeakRef<object> | null = null;
  /** Called when the other side is gone. */
  onOver: (() => void) | null = null;
  readonly #channel: RemoteChannel;
  readonly #inbox = new Mailbox<Uint8Array>();
  /** Connections with something to send. */
  readonly #senders = new Map<Promise<boolean>, object | undefined>();
  #unreceived = 0;
  #paused = false;
  #fault: ProtocolError | null = null;
  /** Why it was closed here. */
  #closing: unknown = null;

  constructor(channel: RemoteChannel) {
    this.#channel = channel;
    channel.open((bytes) => this.#arrive(bytes), () => this.#over());
  }

  /** Where a TCP client connects from; else `null`. */
  get peer(): Address | null {
    return this.#channel.peer;
  }

  /** Whether the other side is gone and nothing of it is left. */
  get isSpent(): boolean {
    return this.#channel.ended && this.#inbox.length === 0;
  }

  put(
    value: unknown,
    what: string,
    options?: WaitOptions,
    transfer?: readonly object[],
  ): Promise<void> {
    try {
      timeoutOf(options, SEND);
      options?.signal?.throwIfAborted();
      const encoder = writeItem("process", value, what, transfer);
      const message = encoder.take();
      dispatched(encoder);
      return this.#post(message, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  putSync(): never {
    throw blocks(SEND, "send");
  }

  take(options?: WaitOptions): Promise<unknown> {
    try {
      const taken = this.#inbox.take(options, RECEIVE, this.owner?.deref());
      return taken instanceof Promise ? this.#readLater(taken, options) : this.#read(taken);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  takeSync(): never {
    throw blocks(RECEIVE, "recv");
  }

  ready(options: WaitOptions | undefined, action: string): Promise<boolean> {
    return this.#inbox.ready(options, action, this.owner?.deref());
  }

  abandonTakes(reason: unknown): void {
    this.#inbox.abandon(reason);
  }

  /** What is on its way may still arrive: those who wait are told whether it has left. */
  abandonPuts(reason: unknown): void {
    this.#closing = reason;
  }

  close(): void {
    this.#channel.close();
    dropMessages(this.#inbox.clear());
  }

  async #post(message: Message, options: WaitOptions | undefined): Promise<void> {
    const { written, withdraw } = this.#channel.post(message.bytes);
    this.#senders.set(written, this.owner?.deref());
    let result: boolean | typeof EXPIRED = false;
    let mayArrive = false;
    try {
      if (options?.timeout !== undefined && options.timeout <= 0) {
        const soonest = Promise.race([written, turns().then(() => EXPIRED)]);
        result = await waitFor(soonest, { signal: options.signal }, SEND) as typeof result;
      } else result = await waitFor(written, options, SEND);
      mayArrive = result === true || result === EXPIRED && !withdraw();
    } catch (error) {
      mayArrive = !withdraw();
      throw error;
    } finally {
      this.#senders.delete(written);
      if (!mayArrive) { for (const release of message.holds) release(); }
    }
    if (result === true) return;
    if (result !== EXPIRED) {
      throw this.#closing ?? CONNECTION_WORDING.failure(SEND, CHANNEL.CLOSED, 0);
    }
    if (!mayArrive) throw CONNECTION_WORDING.failure(SEND, TOO_LATE, options!.timeout!);
    throw new TimeoutError(
      `Cannot ${SEND} within ${
        options!.timeout
      } ms: a part of the message is on its way, and the rest ` +
        "follows when the other end receives; do not send it again, or close the connection",
    );
  }

  #arrive(bytes: Uint8Array): void {
    this.#unreceived += bytes.length + MESSAGE_BYTES;
    this.#inbox.add(bytes);
    if (this.#unreceived < FULL_BYTES || this.#paused) return;
    this.#paused = true;
    this.#channel.pause();
  }

  async #readLater(
    taking: Promise<Uint8Array | typeof EXPIRED>,
    options: WaitOptions | undefined,
  ): Promise<unknown> {
    const bytes = await taking;
    if (bytes === EXPIRED) throw CONNECTION_WORDING.failure(RECEIVE, TOO_LATE, options!.timeout!);
    return await this.#read(bytes);
  }

  async #read(bytes: Uint8Array): Promise<unknown> {
    this.#unreceived -= bytes.length + MESSAGE_BYTES;
    if (this.#paused && this.#unreceived <= FULL_BYTES / 2) {
      this.#paused = false;
      this.#channel.resume();
    }
    const arrival = new Arrival();
    arrival.take(bytes);
    try {
      return arrival.isRead ? arrival.value() : await arrival.valueLater();
    } catch (error) {
      if (error instanceof ProtocolError) this.#break(error);
      throw error;
    }
  }

  /** Whoever sends what is no message is not listened to any more. */
  #break(error: ProtocolError): void {
    this.#fault ??= error;
    this.close();
  }

  #over(): void {
    const fault = this.#fault ??= this.#channel.fault;
    this.#inbox.end(() => fault ?? CONNECTION_WORDING.failure(RECEIVE, CHANNEL.CLOSED, 0));
    this.onOver?.();
  }
}

function blocks(action: string, instead: string): ProcessError {
  return new ProcessError(
    `Cannot ${action} while the thread is blocked: it is a socket, which needs the event loop; use ` +
      `${instead}, without Sync`,
  );
}
