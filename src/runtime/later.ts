/**
 * Layer 1, runtime. A timer that does not keep the isolate alive.
 *
 * @module
 */

/** Calls back after some milliseconds, if the isolate still runs. Returns how to call it off. */
export function later(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms) as unknown;
  if (typeof timer === "number") Deno.unrefTimer(timer);
  else (timer as { unref(): void }).unref();
  return () => clearTimeout(timer as number);
}
