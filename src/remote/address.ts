/**
 * Layer 11, remote. Addresses of listeners, as users give them.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { hasAbstractSockets, maxPathBytes, newNetAddress } from "../runtime/net.ts";

/**
 * Where a listener is reached: the path of a unix socket (on Linux also `"\0name"`, which leaves no
 * file; on Windows the name of a pipe, `"\\\\.\\pipe\\name"`), or a host and a port of TCP.
 */
export type Address = string | { hostname: string; port: number };

const LOOPBACK = "127.0.0.1";
const MAX_PORT = 65535;

/**
 * Checks an address, and makes it complete.
 *
 * @param action As in "Cannot … ".
 * @throws {TypeError} If it is none.
 * @throws {RangeError} If the port or the length of the path is out of range.
 */
export function checkAddress(address: unknown, action: string): Address {
  if (typeof address === "string") return checkPath(address, action);
  if (typeof address !== "object" || address === null || !("port" in address)) {
    throw new TypeError(
      `Cannot ${action} ${String(address)}: give a path, or { hostname, port }`,
    );
  }
  if (!("hostname" in address) && "host" in address) {
    throw new TypeError(`Cannot ${action} an address with a host: it is called hostname`);
  }
  const { hostname = LOOPBACK, port } = address as { hostname?: unknown; port: unknown };
  if (typeof hostname !== "string" || hostname === "") {
    throw new TypeError(
      `Cannot ${action} hostname ${String(hostname)}: give a name or an IP address`,
    );
  }
  if (!Number.isInteger(port) || (port as number) < 0 || (port as number) > MAX_PORT) {
    throw new RangeError(
      `Cannot ${action} port ${String(port)}: give a whole number from 0 to ${MAX_PORT}`,
    );
  }
  return { hostname, port: port as number };
}

function checkPath(path: string, action: string): string {
  if (path === "" || path === "\0" || path.indexOf("\0", 1) >= 0) {
    throw new TypeError(
      `Cannot ${action} ${JSON.stringify(path)}: give a path, or { hostname, port }`,
    );
  }
  if (path.startsWith("\0") && !hasAbstractSockets()) {
    throw new ProcessError(
      `Cannot ${action} ${
        JSON.stringify(path)
      }: only Linux has sockets without a file; give a path`,
    );
  }
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > maxPathBytes()) {
    throw new RangeError(
      `Cannot ${action} a path of ${bytes} bytes: sockets take at most ${maxPathBytes()}; give a ` +
        "shorter one",
    );
  }
  return path;
}

/** An address that nobody uses, and only this machine reaches. */
export function newAddress(): Address {
  return newNetAddress();
}

/** An address as text, for messages. */
export function showAddress(address: Address): string {
  if (typeof address === "string") return JSON.stringify(address);
  const { hostname, port } = address;
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
