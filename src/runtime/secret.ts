/**
 * Layer 1, runtime. The secret by which a parent knows that who connects is the child that it
 * started. Needed where anybody on the machine could connect: on Linux's abstract sockets, which
 * unlike a socket's file cannot outlive a killed program, and on loopback TCP.
 *
 * It travels in the child's environment, which other users cannot read, or on standard input. With
 * it in the environment goes the first message, if it is short: so a child begins its work also
 * while its parent does not come to its event loop, because it waits for the child, blocked.
 *
 * @module
 */

/** Length of a secret. */
export const SECRET_BYTES = 16;

/** The variable of the environment that holds a secret; the child removes it at once. */
export const SECRET_VARIABLE = "MANYCORE_SECRET";

/** The longest first message that goes with a secret: the system limits a variable to 128 KiB. */
const MAX_FIRST_BYTES = 64 * 1024;
const PIECE_BYTES = 8192;

/** What a child finds in its environment: the secret, and the first message if it is short. */
export function introduce(secret: Uint8Array, first: Uint8Array): string | null {
  if (first.length > MAX_FIRST_BYTES) return null;
  let text = "";
  for (let at = 0; at < first.length; at += PIECE_BYTES) {
    text += String.fromCharCode(...first.subarray(at, at + PIECE_BYTES));
  }
  return `${secretToText(secret)}:${btoa(text)}`;
}

/** What {@link introduce} wrote. */
export function readIntroduction(
  text: string,
): { secret: Uint8Array<ArrayBuffer>; first: Uint8Array | null } {
  const [secret, first] = text.split(":");
  return {
    secret: secretFromText(secret),
    first: first === undefined ? null : Uint8Array.from(atob(first), (c) => c.charCodeAt(0)),
  };
}

/** Makes a secret. */
export function newSecret(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
}

/** A secret as text, for the environment. */
export function secretToText(secret: Uint8Array): string {
  return [...secret].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The secret behind its text. */
export function secretFromText(text: string): Uint8Array<ArrayBuffer> {
  const secret = new Uint8Array(SECRET_BYTES);
  for (let i = 0; i < SECRET_BYTES; i++) secret[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return secret;
}

/** Whether two secrets are the same, in a time that does not tell where they differ. */
export function sameSecret(said: Uint8Array, secret: Uint8Array): boolean {
  if (said.length !== secret.length) return false;
  let difference = 0;
  for (let i = 0; i < secret.length; i++) difference |= said[i] ^ secret[i];
  return difference === 0;
}
