/**
 * Layer 3, wire. What becomes of an error that was thrown elsewhere: it keeps the stack from there as
 * its cause.
 *
 * @module
 */

import { RemoteError } from "../errors.ts";

/**
 * Keeps the remote stack as the cause of an error, and the error's own cause behind it.
 *
 * @param where Who threw it, such as `PoolWorker-1 (pid 123)`.
 */
export function remoteError(error: unknown, where: string): unknown {
  if (!(error instanceof Error)) return error;
  const cause = error.cause === undefined ? undefined : { cause: error.cause };
  const remote = new RemoteError(`In ${where}: ${error.message.split("\n", 1)[0]}`, cause);
  Object.defineProperty(remote, "stack", {
    value: error.stack,
    configurable: true,
    writable: true,
  });
  Object.defineProperty(error, "cause", { value: remote, configurable: true, writable: true });
  return error;
}
