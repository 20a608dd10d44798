/**
 * Layer 11, remote. The public connect.
 *
 * @module
 */

import type { Connection } from "../connection/connection.ts";
import type { WaitOptions } from "../park/wait.ts";
import { checkAddress } from "./address.ts";
import type { Address } from "./address.ts";
import { dial } from "./dial.ts";
import { keyBytes } from "./key.ts";
import { connectionOver, Line } from "./line.ts";

/** Options of {@link connect}. */
export interface ConnectOptions extends WaitOptions {
  /** The listener's key. Default: the key that a program and its children have in common. */
  authKey?: string | Uint8Array;
}

/**
 * Connects to a {@link Listener} of another program, also on another machine. Both sides prove that
 * they know the key before anything else is said.
 *
 * What travels over the connection is not encrypted: between machines use a network in which nobody
 * listens in, or a tunnel. Who has the key can have your program import any module that it may read.
 *
 * @param address Where the listener is: a path, or `{ hostname, port }`, without `hostname` on this machine.
 * @param options `authKey`; `timeout` in milliseconds in all, default as long as the system tries, and
 * 10 seconds for the proofs; `signal`.
 * @returns The connection. `S` is what is sent, `R` what is received.
 * @throws {AuthenticationError} If the listener has another key.
 * @throws {TimeoutError} If the time is up.
 * @throws {ProcessError} If nobody listens there.
 * @throws {ProtocolError} If what answers there is no listener of this library.
 * @throws {TypeError} If the address or the key is none.
 * @throws The signal's reason.
 * @example
 * ```ts
 * import { connect, Listener } from "@manycore/multiprocessing";
 *
 * using listener = new Listener({ port: 0 }, { authKey: "open sesame" });
 * const [server, client] = await Promise.all([
 *   listener.accept(),
 *   connect(await listener.listening, { authKey: "open sesame", timeout: 5000 }),
 * ]);
 * await client.send({ hello: "there" });
 * console.log(await server.recv()); // { hello: "there" }
 * client.close();
 * server.close();
 * ```
 */
// deno-lint-ignore no-explicit-any
export async function connect<S = any, R = any>(
  address: Address | { port: number },
  options?: ConnectOptions,
): Promise<Connection<S, R>> {
  const key = keyBytes(options?.authKey, "connect");
  return connectionOver(new Line(await dial(checkAddress(address, "connect to"), key, options)));
}
