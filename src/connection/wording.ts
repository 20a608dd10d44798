/**
 * Layer 7, connection. What connections say when something does not work.
 *
 * @module
 */

import { CHANNEL } from "../channel/channel_words.ts";
import type { Wording } from "../channel/channel.ts";
import { BrokenPipeError, EOFError, ProcessError, TimeoutError } from "../errors.ts";

const SEND = "send through the connection";
const RECEIVE = "receive from the connection";

/** Of a wait or an attempt that does not succeed. */
export const CONNECTION_WORDING: Wording = {
  put: SEND,
  take: RECEIVE,
  failure(action, result, timeout) {
    if (result === CHANNEL.CLOSED || result === CHANNEL.SHUT) {
      return action === SEND
        ? new BrokenPipeError(`Cannot ${action}: its other end is closed, nobody would receive it`)
        : new EOFError(`Cannot ${action}: its other end is closed, and everything was received`);
    }
    return new TimeoutError(
      action === SEND
        ? `Cannot ${action} within ${timeout} ms: it is full; let the other end receive`
        : `Cannot ${action} within ${timeout} ms: nothing came; wait longer, or look with poll`,
    );
  },
};

/** Of a connection that was closed here. */
export function closed(action: string): ProcessError {
  return new ProcessError(`Cannot ${action}: the connection was closed here; open another one`);
}

/** Of a connection for the other direction only. */
export function wrongWay(action: string): ProcessError {
  return new ProcessError(
    `Cannot ${action}: this end of the pipe only ` +
      (action === SEND ? "receives" : "sends") +
      "; use the other end, or Pipe({ duplex: true })",
  );
}
