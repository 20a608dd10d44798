/**
 * Layer 1, runtime. How an isolate that cannot reach the memory of another process talks to it: a
 * listener for any number of clients that know its secret, and the way to it. `node:net` on all
 * runtimes: this runs in a helper thread.
 *
 * An address is `abstract:NAME?SECRET` on Linux, `tcp:PORT?SECRET` on loopback elsewhere and in a
 * program of Deno that may not use unix sockets.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { granted } from "./deno_permissions.ts";
import { NodeStream } from "./node_channel.ts";
import { newSecret, sameSecret, secretFromText, secretToText } from "./secret.ts";
import { SocketChannel } from "./socket_channel.ts";
import type { Channel } from "./types.ts";

/** How long a client may take to say the secret. */
const SECRET_LIMIT_MS = 5000;
const GREETING = new Uint8Array(1);

/** The port that was reserved; 0 for none. */
let reserved: number | null = null;

/**
 * A port on which this process will listen, should it come to that: children that may reach single
 * ports only are told before they start. 0 where there is no need, or no way.
 */
export function reservedPort(): number {
  return reserved ??= "Deno" in globalThis && !canUseAbstract() ? freePort() : 0;
}

function freePort(): number {
  try {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    return listener.addr.port;
  } catch {
    return 0; // no permission: then nobody will listen either
  }
}

/**
 * Listens; calls back with a channel for every client. Resolves to the address.
 *
 * @param port The one to take, if nobody else has it; 0 for any.
 */
export async function listenForClients(
  onClient: (channel: Channel) => void,
  port: number,
): Promise<string> {
  const { createServer } = process.getBuiltinModule("node:net");
  const secret = newSecret();
  const server = createServer((socket) => {
    socket.unref();
    const timer = setTimeout(() => socket.destroy(), SECRET_LIMIT_MS);
    socket.on("error", () => {});
    socket.on("close", () => clearTimeout(timer));
    // A client says nothing more until it has been greeted.
    socket.once("data", (said: Uint8Array) => {
      clearTimeout(timer);
      if (!sameSecret(said, secret)) return socket.destroy();
      const channel = new SocketChannel();
      channel.connect(new NodeStream(socket));
      onClient(channel);
      socket.write(GREETING);
    });
  });
  const name = `manycore-broker-${crypto.randomUUID()}`;
  const abstract = canUseAbstract();
  await new Promise<void>((resolve, reject) => {
    if (abstract) return server.on("error", reject).listen(`\0${name}`, resolve);
    server.once("error", () => server.on("error", reject).listen(0, "127.0.0.1"));
    server.listen(port, "127.0.0.1", resolve);
  });
  const place = abstract
    ? `abstract:${name}`
    : `tcp:${(server.address() as { port: number }).port}`;
  return `${place}?${secretToText(secret)}`;
}

/** Connects to a listener. Rejects if it is gone. */
export async function connectToBroker(address: string): Promise<Channel> {
  const [place, secret] = address.split("?");
  const [kind, name] = [place.slice(0, place.indexOf(":")), place.slice(place.indexOf(":") + 1)];
  if (kind === "tcp") requireHost(`127.0.0.1:${name}`);
  const { connect } = process.getBuiltinModule("node:net");
  const socket = kind === "abstract" ? connect(`\0${name}`) : connect(Number(name), "127.0.0.1");
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const stream = new NodeStream(socket);
  await stream.write(secretFromText(secret));
  await new Promise((resolve, reject) => socket.once("data", resolve).once("close", reject));
  const channel = new SocketChannel();
  channel.connect(stream);
  return channel;
}

function requireHost(host: string): void {
  if (!("Deno" in globalThis) || granted({ name: "net", host })) return;
  throw new ProcessError(
    `this process may not reach the one that has made it, at ${host}, which was not known when this ` +
      `one started; make the object in its parent, or start both with permissions: { net: ["127.0.0.1"] }`,
  );
}

function canUseAbstract(): boolean {
  if (process.platform !== "linux") return false;
  return !("Deno" in globalThis) ||
    (["read", "write", "net"] as const).every((name) => granted({ name }));
}
