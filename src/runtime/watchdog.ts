/**
 * Layer 1, runtime. Ends a child process when its parent dies, also while the child's own thread is
 * busy: a second thread reads standard input, which the parent holds open and never writes, and
 * kills this process at its end. Used where `setpriv` cannot ask the kernel for the same.
 *
 * @module
 */

const SOURCE = `
  const { workerData } = require("node:worker_threads");
  const { readSync } = require("node:fs");
  const byte = new Uint8Array(1);
  try { while (readSync(0, byte) > 0); } catch {}
  process.kill(workerData, "SIGKILL");
`;

/** Starts watching. Does not keep this process alive. */
export function watchParent(): void {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  new Worker(SOURCE, { eval: true, workerData: process.pid, stdin: false }).unref();
}
