/**
 * Layer 1, runtime. Sockets for programs that did not start each other: unix sockets and TCP, through
 * `node:net` on all runtimes. Owns the sockets and the files of unix sockets. What passes through
 * them is not its business.
 *
 * Nothing here keeps the isolate alive.
 *
 * @module
 */

import { granted } from "./deno_permissions.ts";
import { later } from "./later.ts";
import { runtime } from "./mod.ts";

type Socket = ReturnType<typeof import("node:net").connect>;
type Server = ReturnType<typeof import("node:net").createServer>;

/** A path, `"\0name"` in Linux's abstract namespace, a named pipe of Windows, or TCP. */
export type NetAddress = string | { hostname: string; port: number };

/** A listening socket. */
export interface NetServer {
  /** Where it listens; the port is the real one. */
  readonly address: NetAddress;
  /** Stops listening and removes the socket's file. What is connected stays connected. */
  close(): void;
}

/** How long a closed socket stays for the other side to take what was written. */
const LINGER_MS = 2000;
/** After so long a silence the system asks whether the other machine is there, several times. */
const KEEP_ALIVE_MS = 30_000;
/** Short enough that a name of ours still fits behind it. */
const MAX_FOLDER = 50;

/** How to close servers that have a file. */
const withFile = new Set<() => void>();
let exitHook = false;

/** Whether there are unix sockets without a file. */
export function hasAbstractSockets(): boolean {
  return process.platform === "linux";
}

/** The most bytes that the path of a unix socket may have; named pipes of Windows may be longer. */
export function maxPathBytes(): number {
  return process.platform === "linux" ? 107 : process.platform === "win32" ? 255 : 103;
}

/** An address that nobody uses, and only this machine reaches. */
export function newNetAddress(): NetAddress {
  const unixSockets = process.platform !== "win32" && mayUseUnixSockets();
  if (!unixSockets) return { hostname: "127.0.0.1", port: 0 };
  const name = `manycore-remote-${process.pid}-${crypto.randomUUID()}`;
  if (hasAbstractSockets()) return `\0${name}`;
  const folder = process.getBuiltinModule("node:os").tmpdir();
  return `${folder.length < MAX_FOLDER ? folder : "/tmp"}/${name.slice(0, 40)}.sock`;
}

function mayUseUnixSockets(): boolean {
  return !("Deno" in globalThis) ||
    (["read", "write", "net"] as const).every((name) => granted({ name }));
}

/**
 * Listens. Rejects with the system's error, which has a `code`.
 *
 * @param backlog How many clients the system lets wait before they are taken.
 */
export async function listenOn(
  address: NetAddress,
  backlog: number,
  onClient: (stream: NetStream) => void,
): Promise<NetServer> {
  const { createServer } = process.getBuiltinModule("node:net");
  const server = createServer((socket) => onClient(new NetStream(socket)));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", resolve);
    if (typeof address === "string") server.listen({ path: address, backlog });
    else server.listen({ host: address.hostname, port: address.port, backlog, exclusive: true });
    server.unref();
  });
  server.on("error", () => {}); // a client that could not be taken; the others can
  if (typeof address !== "string") {
    const { port } = server.address() as { port: number };
    return { address: { hostname: address.hostname, port }, close: () => void server.close() };
  }
  const file = address.startsWith("\0") || process.platform === "win32" ? null : address;
  return { address, close: closing(server, file) };
}

/** Closes a server once; its file must not outlive the program either. */
function closing(server: Server, file: string | null): () => void {
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    server.close();
    if (file === null) return;
    withFile.delete(close);
    try {
      process.getBuiltinModule("node:fs").unlinkSync(file);
    } catch {
      // The runtime has removed it already.
    }
  };
  if (file !== null) {
    if (!exitHook) runtime.onExit(() => withFile.forEach((closeOne) => closeOne()));
    exitHook = true;
    withFile.add(close);
  }
  return close;
}

/** Connects. Rejects with the system's error, which has a `code`, or with the signal's reason. */
export function connectTo(address: NetAddress, signal: AbortSignal): Promise<NetStream> {
  const { connect } = process.getBuiltinModule("node:net");
  return new Promise((resolve, reject) => {
    const socket = typeof address === "string"
      ? connect({ path: address })
      : connect({ host: address.hostname, port: address.port });
    const abort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    socket.once("error", (error) => {
      signal.removeEventListener("abort", abort);
      reject(error);
    });
    socket.once("connect", () => {
      signal.removeEventListener("abort", abort);
      resolve(new NetStream(socket));
    });
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** A connected socket. Reads nothing before {@link NetStream.start}. */
export class NetStream {
  /** Where a TCP client connects from; `null` for unix sockets, whose clients have no address. */
  readonly peer: NetAddress | null;
  readonly #socket: Socket;
  #onBytes: ((bytes: Uint8Array) => void) | null = null;
  #onEnd: (() => void) | null = null;
  #ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    const { remoteAddress, remotePort } = socket;
    this.peer = remoteAddress !== undefined && remotePort !== undefined
      ? { hostname: remoteAddress, port: remotePort }
      : null;
    socket.unref();
    if (this.peer !== null) {
      socket.setNoDelay(true);
      // A machine that vanishes says nothing: who only waits to read would never know.
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
    }
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      this.#ended = true;
      this.#onBytes = null;
      this.#onEnd?.();
      this.#onEnd = null;
    });
  }

  /**
   * Begins to read, or gives what comes from now on to somebody else.
   *
   * @param onBytes Called with what arrives; the bytes may be reused after the call.
   * @param onEnd Called once, when nothing can arrive any more.
   */
  start(onBytes: (bytes: Uint8Array) => void, onEnd: () => void): void {
    const first = this.#onEnd === null;
    if (this.#ended) return onEnd();
    this.#onBytes = onBytes;
    this.#onEnd = onEnd;
    if (!first) return;
    this.#socket.on("data", (piece: Uint8Array) => {
      // A plain view: `slice` of Node's own buffers does not copy.
      this.#onBytes?.(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
    });
  }

  /** Lets the other side wait. A piece may still come. */
  pause(): void {
    this.#socket.pause();
  }

  /** Goes on reading. */
  resume(): void {
    this.#socket.resume();
  }

  /** Writes all of `bytes`; resolves when the system has them, rejects if nobody would get them. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new Error("the socket is closed"));
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve());
    });
  }

  /**
   * Ends the stream on this side. What was written still arrives, if the other side takes it soon;
   * what comes from there is thrown away.
   */
  close(): void {
    if (this.#ended) return;
    this.#onBytes = null;
    this.#socket.end();
    this.#socket.on("data", () => {}); // unread bytes would make the system drop written ones
    this.#socket.resume();
    const cancel = later(LINGER_MS, () => this.#socket.destroy());
    this.#socket.once("close", cancel);
  }

  /** Ends the stream now. */
  destroy(): void {
    this.#socket.destroy();
  }
}
