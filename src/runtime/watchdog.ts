/**
 * Layer 1, runtime. Ends a child process when its parent dies, also while the child's own thread is
 * busy: a second thread reads standard input, which the parent holds open and never writes, and
 * kills this process at its end. Used where `setpriv` cannot ask the kernel for the same.
 *
 * @module
 */

/** Standard input may not block, when the parent or this program has looked at it: then ask again. */
const SOURCE = `
  const { workerData } = require("node:worker_threads");
  const { readSync } = require("node:fs");
  const byte = new Uint8Array(1);
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let open = true; open;) {
    try {
      open = readSync(0, byte) > 0;
    } catch (error) {
      open = error.code === "EAGAIN" || error.code === "EINTR";
      if (open) Atomics.wait(clock, 0, 0, 100);
    }
  }
  process.kill(workerData, "SIGKILL");
`;

/** The same in Node, which at its end waits for a thread that is in the middle of a read. */
const NODE_SOURCE = `
  const { workerData } = require("node:worker_threads");
  const { Socket } = require("node:net");
  const end = () => process.kill(workerData, "SIGKILL");
  new Socket({ fd: 0 }).on("error", end).on("close", end).resume();
`;

/** Starts watching. Does not keep this process alive. */
export function watchParent(): void {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const source = "Deno" in globalThis || "Bun" in globalThis ? SOURCE : NODE_SOURCE;
  new Worker(source, { eval: true, workerData: process.pid, stdin: false }).unref();
}
