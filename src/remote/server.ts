/**
 * Layer 11, remote. Listening: every client that proves that it knows the key is called back with.
 * Owns the clients until then; each has its own state and its own deadline, and cannot hurt others.
 *
 * @module
 */

import { AuthenticationError, ProcessError } from "../errors.ts";
import { later } from "../runtime/later.ts";
import { listenOn } from "../runtime/net.ts";
import type { NetServer, NetStream } from "../runtime/net.ts";
import { checkAddress, newAddress, showAddress } from "./address.ts";
import type { Address } from "./address.ts";
import { admit, importKey } from "./challenge.ts";
import { RemoteChannel } from "./remote_channel.ts";

/** A listener. */
export interface RemoteServer {
  /** Where it listens; the port is the real one. */
  readonly address: Address;
  /** Stops listening and removes the socket's file; clients that were called back with stay. */
  close(): void;
}

/** How to listen. */
export interface ServerOptions {
  /** Milliseconds that a client has for the handshake. Default 10,000. */
  handshakeTimeout?: number;
  /** How many clients the system lets wait while this program is busy. Default 511. */
  backlog?: number;
  /** How many clients can be in the handshake at once: of more, the slowest goes. Default 1024. */
  handshakes?: number;
}

/** How long a handshake may take. */
export const HANDSHAKE_MS = 10_000;
const BACKLOG = 511;
const HANDSHAKES = 1024;

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: "somebody listens there already; take another address",
  EACCES: "this program may not; take another address",
  ENOENT: "its folder does not exist; make it first",
  EADDRNOTAVAIL: "this machine does not have it; take one of its own addresses",
};

const FILE_THERE = "somebody listens there already, or the file of a program that was killed is " +
  "still there; take another address, or remove that file";

/**
 * Listens, and calls back with a channel for every client that has proved that it knows the key.
 *
 * @param address Default: an address that nobody uses, and only this machine reaches.
 * @throws {ProcessError} If it cannot listen there.
 */
export async function listenFor(
  address: Address | undefined,
  key: Uint8Array,
  onClient: (channel: RemoteChannel) => void,
  options?: ServerOptions,
): Promise<RemoteServer> {
  const place = address === undefined ? newAddress() : checkAddress(address, "listen on");
  const hall = new Hall(await importKey(key), onClient, options);
  let server: NetServer;
  try {
    server = await listenOn(place, options?.backlog ?? BACKLOG, (stream) => hall.enter(stream));
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const isLeft = code === "EADDRINUSE" && typeof place === "string" && !place.startsWith("\0");
    const hint = isLeft ? FILE_THERE : HINTS[code ?? ""] ?? message;
    throw new ProcessError(`Cannot listen on ${showAddress(place)}: ${hint}`, { cause: error });
  }
  return {
    address: server.address,
    close() {
      server.close();
      hall.close();
    },
  };
}

/** Where clients are until they have proved that they know the key. */
class Hall {
  readonly #key: CryptoKey;
  readonly #onClient: (channel: RemoteChannel) => void;
  readonly #limitMs: number;
  readonly #room: number;
  /** In the order in which they came. */
  readonly #clients = new Set<NetStream>();
  #open = true;

  constructor(
    key: CryptoKey,
    onClient: (channel: RemoteChannel) => void,
    options: ServerOptions = {},
  ) {
    this.#key = key;
    this.#onClient = onClient;
    this.#limitMs = options.handshakeTimeout ?? HANDSHAKE_MS;
    this.#room = options.handshakes ?? HANDSHAKES;
  }

  enter(stream: NetStream): void {
    if (!this.#open) return stream.destroy();
    if (this.#clients.size >= this.#room) {
      // Who knows the key needs a moment only: who has been here longest is the least likely to.
      const [slowest] = this.#clients;
      this.#clients.delete(slowest);
      slowest.destroy();
    }
    this.#clients.add(stream);
    void this.#admit(stream);
  }

  close(): void {
    this.#open = false;
    for (const stream of this.#clients) stream.destroy();
    this.#clients.clear();
  }

  async #admit(stream: NetStream): Promise<void> {
    const cancel = later(this.#limitMs, () => stream.destroy());
    let early: Uint8Array | null = null;
    try {
      early = await admit(stream, this.#key);
    } catch (error) {
      if (error instanceof AuthenticationError) return this.#seeOut(stream);
      stream.destroy();
    } finally {
      cancel();
    }
    const wasHere = this.#clients.delete(stream); // else there was no room for it
    if (wasHere && early !== null) this.#onClient(new RemoteChannel(stream, early));
  }

  /** Lets it hear why it is turned away; it takes room until it is gone. */
  #seeOut(stream: NetStream): void {
    stream.start(() => {}, () => this.#clients.delete(stream));
    stream.close();
  }
}
