/**
 * Preloaded into `deno test`: says on stderr when an error escapes every test.
 *
 * Deno 2.9 passes a file that imports `node:test` even when the module throws half-way
 * or a timer throws while no test awaits it; Node and Bun fail it. The runner looks for
 * the mark below, and so Deno fails it too.
 */

export const UNCAUGHT_MARK = "[manycore] uncaught outside a test:";

// The scripts import this file for its mark: only a test run listens.
if (Deno.env.has("MANYCORE_TEST_RUN")) {
  globalThis.addEventListener("error", (event) => {
    if (!event.defaultPrevented) console.error(UNCAUGHT_MARK, event.error);
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    if (!event.defaultPrevented) console.error(UNCAUGHT_MARK, event.reason);
  });
}
