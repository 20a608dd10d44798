/**
 * Layer 1, runtime. What the terminal sends to all processes of a program at once, when its user
 * presses Ctrl-C: a worker or a server that others still need leaves the answer to them.
 *
 * @module
 */

/** From now on this process does not end for an interrupt. In a thread this does nothing. */
export function ignoreInterrupts(): void {
  try {
    // In Deno `process` would have to be loaded first.
    if ("Deno" in globalThis) Deno.addSignalListener("SIGINT", () => {});
    else process.on("SIGINT", () => {});
  } catch {
    // A thread, or a runtime that may not: then it ends like any other.
  }
}
