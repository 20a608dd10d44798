/**
 * Layer 1, runtime. An abstract unix socket that wakes an event loop: whoever connects or sends a
 * byte rings. It carries no content, so a stranger who finds it can do no more than wake its owner
 * for nothing. Does not keep the isolate alive.
 *
 * @module
 */

/** Listens; calls back for every ring, several at once if they come together. */
export function listenForRings(name: string, onRing: () => void): void {
  if ("Deno" in globalThis) listenInDeno(name, onRing);
  else listenInNode(name, onRing);
}

function listenInDeno(name: string, onRing: () => void): void {
  const listener = Deno.listen({ transport: "unix", path: `\0${name}` });
  listener.unref();
  const hear = async (caller: Deno.UnixConn) => {
    caller.unref();
    const bytes = new Uint8Array(256);
    while (await caller.read(bytes) !== null) onRing();
    caller.close();
  };
  (async () => {
    for (;;) hear(await listener.accept() as Deno.UnixConn).catch(() => {});
  })().catch(() => {});
}

function listenInNode(name: string, onRing: () => void): void {
  const { createServer } = process.getBuiltinModule("node:net");
  const server = createServer((caller) => {
    caller.unref();
    caller.on("data", onRing);
    caller.on("error", () => {});
  });
  server.on("error", () => {});
  server.listen(`\0${name}`);
  server.unref();
}
