/**
 * Layer 11, remote. The public Listener. Owns the clients that nobody has accepted.
 *
 * @module
 */

import type { Connection } from "../connection/connection.ts";
import { ProcessError, TimeoutError } from "../errors.ts";
import { showsAs } from "../inspect.ts";
import { takeUntil } from "../park/take_until.ts";
import { EXPIRED } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import { checkOptionNames } from "../process/option_names.ts";
import type { OptionNames } from "../process/option_names.ts";
import { show } from "../show.ts";
import { checkAddress } from "./address.ts";
import type { Address } from "./address.ts";
import { keyBytes } from "./key.ts";
import { connectionOver, Line } from "./line.ts";
import { Mailbox } from "./mailbox.ts";
import { listenFor } from "./server.ts";
import type { RemoteServer } from "./server.ts";

/** Options of {@link Listener}. */
export interface ListenerOptions {
  /**
   * The key that clients must know: the same one on both sides. Default: the key that a program and
   * its children have in common, so that nobody else can connect.
   */
  authKey?: string | Uint8Array;
  /** Milliseconds that a client has to prove that it knows the key. Default 10,000. */
  handshakeTimeout?: number;
  /** How many clients the system lets wait while this program is busy. Default 511. */
  backlog?: number;
}

const OPTIONS: OptionNames = new Set(["authKey", "handshakeTimeout", "backlog"]);
const ACCEPT = "accept a connection";
const MAX_NUMBER = 0x7fff_ffff;

/**
 * Waits for clients that {@link connect} to it: other programs, also on other machines. A client that
 * does not know the key never gets as far as `accept`, and cannot hold up those who do.
 *
 * A listener keeps the program alive only while somebody waits in `accept`.
 *
 * @example
 * ```ts
 * import { connect, Listener, Process } from "@manycore/multiprocessing";
 * import type { Address } from "@manycore/multiprocessing";
 *
 * export async function ask(address: Address, x: number) {
 *   using line = await connect<number, number>(address); // children know the key
 *   await line.send(x);
 *   console.log(await line.recv()); // 42
 * }
 *
 * if (import.meta.main) {
 *   using listener = new Listener<number, number>();
 *   const child = new Process({ target: ask, args: [await listener.listening, 21] });
 *   child.start();
 *   using line = await listener.accept();
 *   await line.send(2 * await line.recv());
 *   await child.join();
 * }
 * ```
 */
// deno-lint-ignore no-explicit-any
export class Listener<S = any, R = any> {
  /**
   * Resolves to the address when clients can connect.
   *
   * Rejects with a {@link ProcessError} if it cannot listen there, as `accept` does then.
   */
  readonly listening: Promise<Address>;
  readonly #arrivals = new Mailbox<Line>();
  #address: Address | null;
  #server: RemoteServer | null = null;
  #lastAccepted: Address | null = null;
  #closed = false;

  static {
    showsAs(this, (listener) => ({ address: listener.#address, closed: listener.#closed }));
  }

  /**
   * Begins to listen.
   *
   * @param address A path, on Linux also `"\0name"`, which leaves no file; or `{ hostname, port }`,
   * where a missing `hostname` is `"127.0.0.1"` and port 0 any free one. Default: one that is free and
   * that only this machine reaches.
   * @param options `authKey`, `handshakeTimeout`, `backlog`.
   * @throws {TypeError} If the address or the key is none, or an option is unknown.
   * @throws {RangeError} If a number or the length of the path is out of range.
   */
  constructor(address?: Address | { port: number }, options: ListenerOptions = {}) {
    checkOptionNames("listen", options, OPTIONS);
    const place = address === undefined ? undefined : checkAddress(address, "listen on");
    const key = keyBytes(options.authKey, "listen");
    checkCount("handshakeTimeout", options.handshakeTimeout);
    checkCount("backlog", options.backlog);
    const known = typeof place === "string" || place !== undefined && place.port !== 0;
    this.#address = known ? place! : null;
    const { handshakeTimeout, backlog } = options;
    const server = listenFor(place, key, (channel) => this.#arrive(channel), {
      handshakeTimeout,
      backlog,
    });
    this.listening = server.then((server) => {
      if (this.#closed) server.close();
      else this.#server = server;
      return this.#address = server.address;
    });
    this.listening.catch((error) => this.#arrivals.end(() => error));
  }

  /**
   * Where clients connect to.
   *
   * @throws {ProcessError} If it was not given, or has port 0, before `listening` has resolved.
   */
  get address(): Address {
    if (this.#address !== null) return this.#address;
    throw new ProcessError(
      "Cannot tell the address of a listener that has not begun to listen: await its listening first",
    );
  }

  /** Where the client connected from that was accepted last; `null` if it has no address. */
  get lastAccepted(): Address | null {
    return this.#lastAccepted;
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Waits for the next client that knows the key. One that is gone again without a word is left out.
   *
   * @param options `timeout` in milliseconds, default for ever, 0 or less only looks; `signal`.
   * @returns The connection: `S` is what is sent to the client, `R` what is received.
   * @throws {TimeoutError} If the time is up.
   * @throws {ProcessError} If the listener was closed, also meanwhile, or cannot listen.
   * @throws The signal's reason.
   */
  async accept(options?: WaitOptions): Promise<Connection<S, R>> {
    const line = await this.#arrivals.take(options, ACCEPT, this);
    if (line === EXPIRED) {
      throw new TimeoutError(
        `Cannot ${ACCEPT} within ${
          options!.timeout
        } ms: nobody came who knows the key; wait longer`,
      );
    }
    line.onOver = null;
    this.#lastAccepted = line.peer;
    return connectionOver(line);
  }

  /**
   * Stops listening, removes the socket's file, and turns those away who were not accepted.
   * Connections that were accepted stay. Calling it again does nothing.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server?.close();
    this.#arrivals.end(closed);
    for (const line of this.#arrivals.clear()) line.close();
  }

  /** As {@link Listener.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Accepts client after client until the listener is closed. */
  [Symbol.asyncIterator](): AsyncGenerator<Connection<S, R>, void, undefined> {
    return takeUntil(() => this.accept(), () => this.#closed);
  }

  #arrive(channel: ConstructorParameters<typeof Line>[0]): void {
    const line = new Line(channel);
    if (this.#closed) return line.close();
    line.onOver = () => {
      if (line.isSpent) this.#arrivals.remove(line);
    };
    if (!line.isSpent) this.#arrivals.add(line);
  }
}

function closed(): ProcessError {
  return new ProcessError(`Cannot ${ACCEPT}: the listener was closed; make another one`);
}

function checkCount(name: string, value: number | undefined): void {
  if (value === undefined || Number.isInteger(value) && value > 0 && value <= MAX_NUMBER) return;
  throw new RangeError(
    `Cannot listen with ${name} ${show(value)}: give a whole number from 1 to ${MAX_NUMBER}`,
  );
}
