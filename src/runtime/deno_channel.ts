/**
 * Layer 1, runtime. How a Deno process and its child reach each other: a unix socket that exists
 * only until the child has connected, or a loopback TCP port with a secret where unix sockets are
 * not permitted. Owns the listener, the secret and the socket's file.
 *
 * @module
 */

import { ProcessError, ProtocolError } from "../errors.ts";
import type { FrameReader } from "./frames.ts";
import { SocketChannel } from "./socket_channel.ts";
import type { ByteStream } from "./socket_channel.ts";

const READ_BYTES = 65536;
const SECRET_BYTES = 16;

/** A listener for one child. */
export interface Rendezvous {
  /** `unix:PATH` or `tcp:PORT`, given to the child. */
  address: string;
  /** What the child must say first over TCP; handed to it on standard input. */
  secret: Uint8Array<ArrayBuffer> | null;
  /** The channel; it connects when the child does. */
  channel: SocketChannel;
  /** Stops listening, when the child has died before it connected. */
  abandon(): void;
}

/** Opens a listener for one child. */
export function openRendezvous(): Rendezvous {
  const channel = new SocketChannel();
  const { listener, address, secret } = listen();
  let open = true;
  const abandon = () => {
    if (!open) return;
    open = false;
    listener.close(); // removes the file of a unix socket, too
    removeSocket(address);
  };
  const admit = async (connection: Deno.Conn) => {
    const welcome = secret === null || await saysSecret(connection, secret);
    if (!welcome || !open) return connection.close();
    abandon();
    channel.connect(new DenoStream(connection));
    connected = true;
  };
  let connected = false;
  (async () => {
    while (open) void admit(await listener.accept());
  })().catch(() => connected || channel.close()); // abandoned before the child came
  return { address, secret, channel, abandon };
}

/** Connects to the parent. */
export async function connectToParent(address: string): Promise<SocketChannel> {
  const channel = new SocketChannel();
  const place = address.slice(address.indexOf(":") + 1);
  if (address.startsWith("unix:")) {
    channel.connect(new DenoStream(await Deno.connect({ transport: "unix", path: place })));
    return channel;
  }
  const secret = new Uint8Array(SECRET_BYTES);
  for (let at = 0; at < SECRET_BYTES;) {
    at += Deno.stdin.readSync(secret.subarray(at)) ?? SECRET_BYTES;
  }
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(place) });
  const stream = new DenoStream(connection);
  await stream.write(secret);
  channel.connect(stream);
  return channel;
}

function listen(): {
  listener: Deno.Listener;
  address: string;
  secret: Uint8Array<ArrayBuffer> | null;
} {
  const path = `${temporaryFolder()}/manycore-${Deno.pid}-${crypto.randomUUID().slice(0, 13)}.sock`;
  try {
    const listener = Deno.listen({ transport: "unix", path }) as unknown as Deno.Listener;
    listener.unref();
    return { listener, address: `unix:${path}`, secret: null };
  } catch {
    // Not permitted, or no unix sockets here.
  }
  try {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    listener.unref();
    const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
    return { listener, address: `tcp:${listener.addr.port}`, secret };
  } catch (error) {
    throw new ProcessError(
      "Cannot open a channel to a child process: run this program with --allow-net=127.0.0.1 " +
        "(or, a little faster, with --allow-net, --allow-read and --allow-write)",
      { cause: error },
    );
  }
}

function temporaryFolder(): string {
  const allowed =
    Deno.permissions.querySync({ name: "env", variable: "TMPDIR" }).state === "granted";
  const folder = allowed ? Deno.env.get("TMPDIR") : undefined;
  return folder && folder.length < 60 ? folder.replace(/\/$/, "") : "/tmp";
}

function removeSocket(address: string): void {
  if (!address.startsWith("unix:")) return;
  try {
    Deno.removeSync(address.slice(5));
  } catch {
    // Gone already.
  }
}

async function saysSecret(connection: Deno.Conn, secret: Uint8Array): Promise<boolean> {
  const said = new Uint8Array(SECRET_BYTES);
  const deadline = setTimeout(() => connection.close(), 5000);
  try {
    for (let at = 0; at < SECRET_BYTES;) {
      const count = await connection.read(said.subarray(at));
      if (count === null) return false;
      at += count;
    }
  } catch {
    return false;
  } finally {
    clearTimeout(deadline);
  }
  let difference = 0;
  for (let i = 0; i < SECRET_BYTES; i++) difference |= said[i] ^ secret[i];
  return difference === 0;
}

class DenoStream implements ByteStream {
  #connection: Deno.Conn;

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
    (connection as Deno.TcpConn).unref();
    if (connection.localAddr.transport === "tcp") (connection as Deno.TcpConn).setNoDelay(true);
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    let at = await this.#connection.write(bytes);
    while (at < bytes.length) at += await this.#connection.write(bytes.subarray(at));
  }

  async read(reader: FrameReader, onEnd: () => void): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      for (;;) {
        const target = reader.target();
        const direct = target !== null && target.length > READ_BYTES;
        const count = await this.#connection.read(direct ? target : buffer);
        if (count === null) break;
        if (direct) reader.filled(count);
        else reader.push(count === READ_BYTES ? buffer : buffer.subarray(0, count));
      }
    } catch (error) {
      if (!isClosed(error) && !(error instanceof ProtocolError)) reportError(error);
    }
    onEnd();
  }

  close(): void {
    try {
      this.#connection.close();
    } catch {
      // Closed already.
    }
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.UnexpectedEof;
}
