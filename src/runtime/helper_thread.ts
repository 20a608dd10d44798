/**
 * Layer 1, runtime. A thread of the library's own beside an isolate, and a port to it on which the
 * isolate can also wait while it is blocked. It does not keep the isolate alive.
 *
 * @module
 */

import { compileCacheVariables } from "./compile_cache.ts";
import { granted } from "./deno_permissions.ts";
import { workerEntry } from "./worker_entry.ts";

/** What both sides of a helper thread have. */
export interface HelperPort {
  /** Sends a message. Never waits. */
  post(message: unknown): void;
  /** Calls back with every message, unless {@link HelperPort.take} took it. */
  onMessage(callback: (message: unknown) => void): void;
  /** Takes a message that has arrived, without waiting; `undefined` if there is none. */
  take(): unknown;
}

/** What a helper thread is started with. */
interface HelperData {
  port: import("node:worker_threads").MessagePort;
  words: SharedArrayBuffer;
}

/** Starts a helper. `notify` is called in the thread after each of its messages. */
export function startHelper(entry: URL, words: SharedArrayBuffer): HelperPort {
  const path = decodeURIComponent(entry.pathname);
  if ("Deno" in globalThis && entry.protocol === "file:" && !granted({ name: "read", path })) {
    throw new Error(`Deno starts it only with permission to read ${path}; add it to --allow-read`);
  }
  const { Worker, MessageChannel } = process.getBuiltinModule("node:worker_threads");
  const { port1, port2 } = new MessageChannel();
  const data: HelperData = { port: port2, words };
  const added = compileCacheVariables();
  const worker = new Worker(workerEntry(entry), {
    name: "manycore-broker",
    workerData: data,
    transferList: [port2],
    env: Object.keys(added).length > 0 ? { ...process.env, ...added } : undefined,
  });
  worker.unref();
  const own = wrap(port1, () => {});
  return {
    ...own,
    onMessage(callback) {
      own.onMessage(callback);
      port1.unref(); // it is the helper that its messages keep alive, not the isolate
    },
  };
}

/** In the helper: its port, and the words that it was started with. */
export function helperPort(
  notify: (words: SharedArrayBuffer) => void,
): { port: HelperPort; words: SharedArrayBuffer } {
  const { workerData } = process.getBuiltinModule("node:worker_threads");
  const { port, words } = workerData as HelperData;
  return { port: wrap(port, () => notify(words)), words };
}

function wrap(port: HelperData["port"], sent: () => void): HelperPort {
  const { receiveMessageOnPort } = process.getBuiltinModule("node:worker_threads");
  return {
    post(message) {
      port.postMessage(message);
      sent();
    },
    onMessage: (callback) => void port.on("message", callback),
    take: () => receiveMessageOnPort(port)?.message,
  };
}
