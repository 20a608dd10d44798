/**
 * Layer 11, remote. The least time in which a socket can be read or written: some turns of the event
 * loop.
 *
 * @module
 */

import { soon } from "../runtime/soon.ts";

/** While it has other things to do, Deno looks at its sockets in every 61st turn. */
const TURNS = 64;

/** Resolves when the event loop has looked at the sockets. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise<void>(soon);
}
