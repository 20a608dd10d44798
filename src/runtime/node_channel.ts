/**
 * Layer 1, runtime. How a process of Node or Bun and its child reach each other. Owns the server and
 * the secret, which exist only until the child has connected.
 *
 * On Linux an abstract unix socket, which leaves nothing in the file system, even if the program is
 * killed before the child came; anybody may connect to it, so it takes a secret. Elsewhere a unix
 * socket with a file that only this user can connect to, or a named pipe.
 *
 * @module
 */

import { connectInBun } from "./bun_stream.ts";
import type { FrameReader } from "./frames.ts";
import {
  introduce,
  newSecret,
  readIntroduction,
  sameSecret,
  SECRET_BYTES,
  SECRET_VARIABLE,
  secretToText,
} from "./secret.ts";
import { SocketChannel } from "./socket_channel.ts";
import type { ByteStream } from "./socket_channel.ts";
import type { Message } from "./types.ts";

type Socket = ReturnType<typeof import("node:net").connect>;

const ABSTRACT = "abstract:";
/** The descriptor of a child that may not use the network, to which unix sockets belong in Node. */
const INHERITED = "fd:3";
const MAX_FOLDER = 50;
let counter = 0;

/** A server for one child. */
export interface Rendezvous {
  /** Given to the child: `abstract:NAME`, or a path. */
  address: string;
  /** What the child finds in its environment. */
  variables: Record<string, string>;
  /** The channel; it connects when the child does. */
  channel: SocketChannel;
  /** Stops listening, when the child has died before it connected. */
  abandon(): void;
  /** Takes the socket whose other end the child was given as descriptor 3; else there is a server. */
  attach?(socket: unknown): void;
}

/** A channel for a child that inherits its end, and so needs neither a server nor a secret. */
export function inheritedRendezvous(first: Message): Rendezvous {
  const channel = new SocketChannel();
  channel.send(first);
  return {
    address: INHERITED,
    variables: {},
    channel,
    abandon: () => {}, // the socket ends with the child
    attach: (socket) => channel.connect(new NodeStream(socket as Socket)),
  };
}

/** Opens a server for one child, which is to get a first message. */
export function openRendezvous(first: Message): Rendezvous {
  const { createServer } = process.getBuiltinModule("node:net");
  const address = newAddress();
  const secret = address.startsWith(ABSTRACT) ? newSecret() : null;
  const channel = new SocketChannel();
  const strangers = new Set<Socket>();
  let open = true;
  const close = () => {
    open = false;
    server.close(); // removes the socket's file
    for (const socket of strangers) socket.destroy();
  };
  const accept = (socket: Socket, more?: Uint8Array) => {
    if (!open) return void socket.destroy();
    strangers.delete(socket);
    close();
    channel.connect(new NodeStream(socket, more));
  };
  const server = createServer((socket) => {
    if (secret === null) return accept(socket);
    strangers.add(socket);
    socket.unref();
    socket.on("error", () => {});
    socket.on("close", () => strangers.delete(socket));
    // Behind the secret there may be more: a child that was told what to do need not wait for us.
    socket.once("data", (said: Uint8Array) => {
      if (sameSecret(said.subarray(0, SECRET_BYTES), secret)) {
        accept(socket, said.subarray(SECRET_BYTES));
      } else socket.destroy();
    });
  });
  server.on("error", () => channel.close());
  server.listen(pathOf(address));
  server.unref();
  const abandon = () => {
    if (!open) return;
    close();
    channel.close();
  };
  const introduction = secret && introduce(secret, first.bytes);
  if (introduction === null) channel.send(first);
  const variables: Record<string, string> = secret === null
    ? {}
    : { [SECRET_VARIABLE]: introduction ?? secretToText(secret) };
  return { address, variables, channel, abandon };
}

/** Connects to the parent; `first` is what it has said already. Rejects if it is gone. */
export async function connectToParent(
  address: string,
): Promise<{ channel: SocketChannel; first: Uint8Array | null }> {
  if (address === INHERITED) {
    const { Socket } = process.getBuiltinModule("node:net");
    const channel = new SocketChannel();
    channel.connect(new NodeStream(new Socket({ fd: Number(INHERITED.slice(3)) })));
    return { channel, first: null };
  }
  const text = process.env[SECRET_VARIABLE];
  delete process.env[SECRET_VARIABLE];
  const stream = await ("Bun" in globalThis ? connectInBun : connectInNode)(pathOf(address));
  const introduction = text === undefined ? null : readIntroduction(text);
  if (introduction !== null) await stream.write(introduction.secret);
  const channel = new SocketChannel();
  channel.connect(stream);
  return { channel, first: introduction?.first ?? null };
}

async function connectInNode(path: string): Promise<ByteStream> {
  const socket = process.getBuiltinModule("node:net").connect(path);
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return new NodeStream(socket);
}

function newAddress(): string {
  const id = `manycore-${process.pid}-${Date.now().toString(36)}-${counter++}-${
    crypto.randomUUID().slice(0, 8)
  }`;
  if (process.platform === "linux") return ABSTRACT + id;
  if (process.platform === "win32") return `\\\\.\\pipe\\${id}`;
  const folder = process.getBuiltinModule("node:os").tmpdir();
  return `${folder.length < MAX_FOLDER ? folder : "/tmp"}/${id}.sock`;
}

function pathOf(address: string): string {
  return address.startsWith(ABSTRACT) ? `\0${address.slice(ABSTRACT.length)}` : address;
}

/** A socket of `node:net` as a byte stream. */
export class NodeStream implements ByteStream {
  #socket: Socket;
  #more: Uint8Array | null;

  /** `more` was read already. */
  constructor(socket: Socket, more: Uint8Array | null = null) {
    this.#socket = socket;
    this.#more = more;
    socket.unref();
    socket.on("error", () => {}); // "close" follows
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve());
    });
  }

  read(reader: FrameReader, onEnd: () => void): void {
    if (this.#more !== null) reader.push(this.#more.slice());
    this.#more = null;
    this.#socket.on("data", (piece: Uint8Array) => {
      // A plain view: `slice` of Node's own buffers does not copy.
      reader.push(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
    });
    this.#socket.on("close", onEnd);
    if (this.#socket.destroyed) onEnd();
  }

  close(): void {
    this.#socket.destroy();
  }
}
