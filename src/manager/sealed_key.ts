/**
 * Layer 12, manager. A key that a user gave to a manager, as it travels with proxies: sealed with the
 * key of the family, so that only those who have that one can read it.
 *
 * Sealed: 12 random bytes · AES-GCM of the key, under SHA-256 of a label and the family's key.
 *
 * @module
 */

import { AuthenticationError } from "../errors.ts";
import { authKey } from "../process/auth_key.ts";

const LABEL = new TextEncoder().encode("manycore manager key\0");
const NONCE_BYTES = 12;

/** Seals a key. */
export async function sealKey(key: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, await sealer(), key);
  const whole = new Uint8Array(NONCE_BYTES + sealed.byteLength);
  whole.set(nonce);
  whole.set(new Uint8Array(sealed), NONCE_BYTES);
  return whole;
}

/**
 * Opens a sealed key.
 *
 * @throws {AuthenticationError} If it was sealed by a program of another family.
 */
export async function openKey(sealed: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(sealed);
  const iv = whole.subarray(0, NONCE_BYTES);
  try {
    const secret = whole.subarray(NONCE_BYTES);
    const key = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await sealer(), secret);
    return new Uint8Array(key);
  } catch (cause) {
    throw new AuthenticationError(
      "Cannot reach the server of this proxy: its manager has an authKey of its own, and the proxy " +
        "comes from a program that did not start this one; connect() a manager with that authKey " +
        "first",
      { cause },
    );
  }
}

async function sealer(): Promise<CryptoKey> {
  const family = authKey();
  const text = new Uint8Array(LABEL.length + family.length);
  text.set(LABEL);
  text.set(family, LABEL.length);
  const digest = await crypto.subtle.digest("SHA-256", text);
  return await crypto.subtle.importKey("raw", digest, "AES-GCM", false, ["encrypt", "decrypt"]);
}
