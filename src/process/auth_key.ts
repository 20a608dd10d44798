/**
 * Layer 9, process. The key of this program: who knows it is one of the family. Made when somebody
 * first needs it; children get it with their start record, and so do theirs.
 *
 * @module
 */

const KEY_BYTES = 32;

let key: Uint8Array<ArrayBuffer> | null = null;

/** The key. */
export function authKey(): Uint8Array<ArrayBuffer> {
  return key ??= newKey();
}

/**
 * Another key: for a child with fewer permissions, since whoever knows the family's can have code run
 * in the servers of its managers, which have all permissions of this program.
 */
export function newKey(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES));
}

/** In a child: the key of its parent. */
export function inheritAuthKey(inherited: Uint8Array<ArrayBuffer>): void {
  key = inherited.slice();
}
