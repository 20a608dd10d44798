/**
 * Layer 4, park. The bell of this isolate's event loop, for rings from other processes, and the
 * connections to those of others. One socket for each isolate, opened when it is first needed.
 *
 * @module
 */

import { listenForRings } from "../runtime/bell_socket.ts";
import { sharedPages } from "../runtime/pages.ts";

const NONE = -1;
const MAX_CONNECTIONS = 256;
const connections = new Map<string, number>();
const listeners = new Set<() => void>();
let own: BellAddress | null = null;

/** Where a bell is, in two words. */
export type BellAddress = readonly [low: number, high: number];

/** Calls back when this isolate's bell is rung, until the returned function is called. */
export function onBell(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/**
 * The address of this isolate's bell, which can be rung from now on; `null` if there is none, because
 * no descriptor is left for its socket. Every call tries again.
 */
export function bellAddress(): BellAddress | null {
  return own ??= hangBell();
}

function hangBell(): BellAddress | null {
  const [low, high] = crypto.getRandomValues(new Int32Array(2));
  const address: BellAddress = [low, high];
  let failed = false;
  const hear = () => listeners.forEach((listener) => listener());
  listenForRings(nameOf(low, high), hear, () => {
    failed = true;
    if (own === address) own = null;
  });
  return failed ? null : address;
}

/** Rings the bell at an address. Never waits, never throws: one that is gone needs no ring. */
export function ringBell(low: number, high: number): void {
  const pages = sharedPages()!;
  const name = nameOf(low, high);
  const socket = connections.get(name) ?? NONE;
  if (socket !== NONE) {
    if (pages.ring(socket)) return;
    pages.close(socket);
    connections.delete(name);
  }
  if (connections.size >= MAX_CONNECTIONS) closeConnections();
  const made = pages.dial(name);
  if (made === NONE) return;
  pages.ring(made);
  connections.set(name, made);
}

function closeConnections(): void {
  for (const socket of connections.values()) sharedPages()!.close(socket);
  connections.clear();
}

/** The name of the socket of a bell. */
export function nameOf(low: number, high: number): string {
  const hex = (n: number) => (n >>> 0).toString(16).padStart(8, "0");
  return `manycore-bell-${hex(low)}${hex(high)}`;
}
