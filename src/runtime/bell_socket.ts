/**
 * Layer 1, runtime. An abstract unix socket that wakes an event loop: whoever connects or sends a
 * byte rings. It carries no content, so a stranger who finds it can do no more than wake its owner
 * for nothing. Does not keep the isolate alive.
 *
 * Failure: where it cannot listen, it says so, and nothing is left of it. A caller that cannot be
 * accepted, because no descriptor is left, counts as a ring; the next ones are accepted again.
 *
 * @module
 */

import { later } from "./later.ts";

/** How long until callers are accepted again, after one could not be. */
const AGAIN_MS = 50;

/**
 * Listens; calls back for every ring, several at once if they come together.
 *
 * @param onFailure Called if it does not listen: at once, or in a later turn of the event loop.
 */
export function listenForRings(name: string, onRing: () => void, onFailure: () => void): void {
  try {
    if ("Deno" in globalThis) listenInDeno(name, onRing);
    else listenInNode(name, onRing, onFailure);
  } catch {
    onFailure();
  }
}

function listenInDeno(name: string, onRing: () => void): void {
  const listener = Deno.listen({ transport: "unix", path: `\0${name}` });
  listener.unref();
  const accept = () =>
    void listener.accept().then((caller) => {
      accept();
      void hear(caller as Deno.UnixConn, onRing);
    }, () => {
      onRing();
      later(AGAIN_MS, accept);
    });
  accept();
}

async function hear(caller: Deno.UnixConn, onRing: () => void): Promise<void> {
  caller.unref();
  const bytes = new Uint8Array(256);
  try {
    while (await caller.read(bytes) !== null) onRing();
  } catch {
    // It was killed, or has closed in haste: that is no ring.
  } finally {
    caller.close();
  }
}

function listenInNode(name: string, onRing: () => void, onFailure: () => void): void {
  const { createServer } = process.getBuiltinModule("node:net");
  const server = createServer((caller) => {
    caller.unref();
    caller.on("data", onRing);
    caller.on("error", () => {});
  });
  server.on("error", () => server.listening ? onRing() : onFailure());
  server.listen(`\0${name}`);
  server.unref();
}
