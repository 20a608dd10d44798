/**
 * Layer 11, remote. The key that both sides must have.
 *
 * @module
 */

import { authKey } from "../process/auth_key.ts";

/**
 * The bytes of a key that a user gives; without one the key of the family.
 *
 * @throws {TypeError} If it is empty, or neither text nor bytes.
 */
export function keyBytes(key: unknown, action: string): Uint8Array<ArrayBuffer> {
  if (key === undefined) return authKey();
  const bytes = typeof key === "string"
    ? new TextEncoder().encode(key)
    : key instanceof Uint8Array
    ? new Uint8Array(key)
    : null;
  if (bytes === null || bytes.length === 0) {
    const received = bytes === null ? `of type ${typeof key}` : "that is empty";
    throw new TypeError(
      `Cannot ${action} with an authKey ${received}: give text or a Uint8Array, or leave it out for ` +
        "programs of one family",
    );
  }
  return bytes;
}
