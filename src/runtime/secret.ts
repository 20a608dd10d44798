/**
 * Layer 1, runtime. The secret by which a parent knows that who connects is the child that it
 * started. Needed where anybody on the machine could connect: on Linux's abstract sockets, which
 * unlike a socket's file cannot outlive a killed program, and on loopback TCP.
 *
 * It travels in the child's environment, which other users cannot read, or on standard input.
 *
 * @module
 */

/** Length of a secret. */
export const SECRET_BYTES = 16;

/** The variable of the environment that holds a secret; the child removes it at once. */
export const SECRET_VARIABLE = "MANYCORE_SECRET";

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
