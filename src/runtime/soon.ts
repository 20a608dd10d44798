/**
 * Layer 1, runtime. A turn of the event loop, about a microsecond long: timers, messages and sockets
 * have theirs in between. Keeps the isolate alive until then.
 *
 * @module
 */

/** Calls back in the next turn of the event loop. */
export function soon(callback: () => void): void {
  // Looked up late: Deno needs milliseconds for the first look.
  (globalThis as unknown as { setImmediate(callback: () => void): void }).setImmediate(callback);
}
