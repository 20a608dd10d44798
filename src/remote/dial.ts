/**
 * Layer 11, remote. The way to a listener. Owns the socket until both sides have proved that they
 * know the key.
 *
 * @module
 */

import {
  AuthenticationError,
  MultiprocessingError,
  ProcessError,
  ProtocolError,
  TimeoutError,
} from "../errors.ts";
import { EXPIRED, timeoutOf, waitFor } from "../park/wait.ts";
import type { WaitOptions } from "../park/wait.ts";
import { connectTo } from "../runtime/net.ts";
import type { NetStream } from "../runtime/net.ts";
import { checkAddress, showAddress } from "./address.ts";
import type { Address } from "./address.ts";
import { importKey, prove } from "./challenge.ts";
import { RemoteChannel } from "./remote_channel.ts";
import { HANDSHAKE_MS } from "./server.ts";

const ACTION = "connect to";

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there; start the listener first",
  ENOENT: "nobody listens there; start the listener first",
  EACCES: "this program may not; look at the permissions of the socket's file",
  ENOTFOUND: "there is no such host; look at the name",
};

/**
 * Connects, and does the mutual challenge.
 *
 * @param options `timeout` in milliseconds for all of it, default as long as the system tries, and
 * then 10 seconds for the handshake; `signal`.
 * @throws {AuthenticationError} If the listener has another key.
 * @throws {TimeoutError} If the time is up.
 * @throws {ProcessError} If nobody listens there.
 * @throws {ProtocolError} If what answers is no listener of this library.
 */
export async function dial(
  address: Address,
  key: Uint8Array,
  options?: WaitOptions,
): Promise<RemoteChannel> {
  const place = checkAddress(address, ACTION);
  timeoutOf(options, ACTION);
  options?.signal?.throwIfAborted();
  const imported = await importKey(key);
  const over = new AbortController();
  const what = `${ACTION} ${showAddress(place)}`;
  const late = (limit: number) =>
    new TimeoutError(
      `Cannot ${what} within ${limit} ms: the listener did not answer; look whether its program ` +
        "comes to its event loop, or give more time",
    );
  let stream: NetStream | null = null;
  const attempt = async (): Promise<RemoteChannel> => {
    stream = await connectTo(place, over.signal);
    const proved = prove(stream, imported);
    const early = await waitFor(proved, { timeout: HANDSHAKE_MS, signal: over.signal }, what);
    if (early === EXPIRED) throw late(HANDSHAKE_MS);
    return new RemoteChannel(stream, early);
  };
  const attempted = attempt();
  try {
    const channel = await waitFor(attempted, options, what);
    if (channel === EXPIRED) throw late(options!.timeout!);
    return channel;
  } catch (error) {
    attempted.then((channel) => channel.close(), () => {});
    over.abort();
    (stream as NetStream | null)?.destroy();
    throw error === options?.signal?.reason ? error : explain(error, what);
  }
}

function explain(error: unknown, what: string): unknown {
  if (error instanceof TimeoutError || error instanceof TypeError) return error;
  const { code, message } = error as Error & { code?: string };
  const text = `Cannot ${what}: ${HINTS[code ?? ""] ?? message}`;
  const cause = error instanceof MultiprocessingError ? undefined : { cause: error };
  if (error instanceof AuthenticationError) return new AuthenticationError(text);
  return error instanceof ProtocolError ? new ProtocolError(text) : new ProcessError(text, cause);
}
