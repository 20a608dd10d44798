/**
 * Layer 1, runtime. How a Deno process and its child reach each other. Owns the listener, the
 * secret and the socket's file, which all exist only until the child has connected:
 *
 * - `abstract:NAME`: on Linux, where the child has all permissions. Leaves nothing in the file system,
 *   even if the program is killed in between; takes a secret, in the environment.
 * - `tcp:PORT`: loopback, with a secret on standard input; needs `--allow-net=127.0.0.1`.
 * - `unix:PATH`: a file that only this user can connect to; elsewhere, or where TCP is not permitted.
 *
 * @module
 */

import { ProcessError, ProtocolError } from "../errors.ts";
import { granted } from "./deno_permissions.ts";
import type { FrameReader } from "./frames.ts";
import { later } from "./later.ts";
import { newSecret, readIntroduction, sameSecret, SECRET_BYTES } from "./secret.ts";
import { SocketChannel } from "./socket_channel.ts";
import type { ByteStream } from "./socket_channel.ts";

const READ_BYTES = 65536;
const SECRET_LIMIT_MS = 5000;
/** How long to wait for descriptors, when there were none for a child that has come. */
const ACCEPT_AGAIN_MS = 50;
const MAX_FOLDER = 60;
const MAX_NAME = 36;

/** A listener for one child. */
export interface Rendezvous {
  /** `abstract:NAME`, `unix:PATH` or `tcp:PORT`, given to the child. */
  address: string;
  /** What the child must say first, if anybody could connect. */
  secret: Uint8Array<ArrayBuffer> | null;
  /** The channel; it connects when the child does. */
  channel: SocketChannel;
  /** Stops listening, when the child has died before it connected. */
  abandon(): void;
}

/** Opens a listener for one child; `trusted` is a child with all permissions. */
export function openRendezvous(trusted: boolean): Rendezvous {
  const channel = new SocketChannel();
  const { listener, address, secret } = listen(trusted);
  let open = true;
  const abandon = () => {
    if (!open) return;
    open = false;
    listener.close(); // removes the file of a unix socket, too
    removeSocket(address);
  };
  const admit = async (connection: Deno.Conn) => {
    (connection as Deno.TcpConn).unref();
    const welcome = secret === null || await saysSecret(connection, secret);
    if (!welcome || !open) return close(connection);
    abandon();
    channel.connect(new DenoStream(connection));
    connected = true;
  };
  let connected = false;
  const hear = async () => {
    while (open) {
      try {
        void admit(await listener.accept());
      } catch {
        // It was abandoned; or there is no descriptor left, and the child waits.
        if (open) await new Promise<void>((resolve) => later(ACCEPT_AGAIN_MS, resolve));
      }
    }
    if (!connected) channel.close();
  };
  void hear();
  return { address, secret, channel, abandon };
}

/** Connects to the parent; `first` is what it has said already. Rejects if it is gone. */
export async function connectToParent(
  address: string,
  introduction = "",
): Promise<{ channel: SocketChannel; first: Uint8Array | null }> {
  const place = address.slice(address.indexOf(":") + 1);
  const { secret, first } = readSecret(address, introduction);
  const connection = address.startsWith("tcp:")
    ? await Deno.connect({ hostname: "127.0.0.1", port: Number(place) })
    : await Deno.connect({ transport: "unix", path: secret === null ? place : `\0${place}` });
  const stream = new DenoStream(connection);
  if (secret !== null) await stream.write(secret);
  const channel = new SocketChannel();
  channel.connect(stream);
  return { channel, first };
}

function readSecret(
  address: string,
  introduction: string,
): { secret: Uint8Array<ArrayBuffer> | null; first: Uint8Array | null } {
  if (address.startsWith("unix:")) return { secret: null, first: null };
  if (address.startsWith("abstract:")) return readIntroduction(introduction);
  const secret = new Uint8Array(SECRET_BYTES);
  for (let at = 0; at < SECRET_BYTES;) {
    at += Deno.stdin.readSync(secret.subarray(at)) ?? SECRET_BYTES;
  }
  return { secret, first: null };
}

interface Listening {
  listener: Deno.Listener;
  address: string;
  secret: Uint8Array<ArrayBuffer> | null;
}

function listen(trusted: boolean): Listening {
  const linux = Deno.build.os === "linux";
  const forms = linux && trusted
    ? [listenAbstract, listenFile]
    : linux
    ? [listenTcp, listenFile]
    : [listenFile, listenTcp];
  let cause: unknown;
  for (const form of forms) {
    try {
      const listening = form();
      listening.listener.unref();
      return listening;
    } catch (error) {
      cause = error; // Not permitted, or not on this system.
    }
  }
  const denied = cause instanceof TypeError || cause instanceof Deno.errors.NotCapable;
  throw new ProcessError(
    "Cannot open a channel to a child process: " +
      (denied
        ? `run this program with --allow-net=127.0.0.1 and --allow-run=${Deno.execPath()}`
        : (cause as Error).message),
    { cause },
  );
}

function listenAbstract(): Listening {
  const name = socketName();
  const listener = listenUnix(`\0${name}`);
  return { listener, address: `abstract:${name}`, secret: newSecret() };
}

function listenFile(): Listening {
  const folder = temporaryFolder();
  const permitted = granted({ name: "read", path: folder }) &&
    granted({ name: "write", path: folder });
  if (!permitted) throw new TypeError(`${folder} is not permitted`);
  const path = `${folder}/${socketName().slice(0, MAX_NAME)}.sock`; // the kernel takes 107 characters
  return { listener: listenUnix(path), address: `unix:${path}`, secret: null };
}

function listenTcp(): Listening {
  // Asking first: without permission, listening would stop the program at a question.
  if (!granted({ name: "net", host: "127.0.0.1" })) throw new TypeError("TCP is not permitted");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return { listener, address: `tcp:${listener.addr.port}`, secret: newSecret() };
}

function listenUnix(path: string): Deno.Listener {
  return Deno.listen({ transport: "unix", path }) as unknown as Deno.Listener;
}

function socketName(): string {
  return `manycore-${Deno.pid}-${crypto.randomUUID()}`;
}

function temporaryFolder(): string {
  const folder = granted({ name: "env", variable: "TMPDIR" }) ? Deno.env.get("TMPDIR") : undefined;
  return folder && folder.length < MAX_FOLDER ? folder.replace(/\/$/, "") : "/tmp";
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
  const deadline = setTimeout(() => close(connection), SECRET_LIMIT_MS);
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
  return sameSecret(said, secret);
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
    close(this.#connection);
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.UnexpectedEof;
}
