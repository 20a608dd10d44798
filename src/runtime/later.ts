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

/**
 * As {@link later}, for what is called off nearly always: in Deno the first timer of an isolate costs
 * some milliseconds, and this costs none.
 */
export function inCase(ms: number, callback: () => void): () => void {
  if (!("Deno" in globalThis)) return later(ms, callback);
  const word = new Int32Array(new SharedArrayBuffer(4));
  const { async: waits, value } = Atomics.waitAsync(word, 0, 0, ms);
  if (waits) void value.then((how) => how === "timed-out" && callback());
  return () => void Atomics.notify(word, 0);
}
