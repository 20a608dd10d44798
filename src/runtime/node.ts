/**
 * Layer 1, runtime. Node and Bun: processes through `node:child_process`, control channels over
 * `node:net` unix sockets that exist only until the child has connected.
 *
 * `process.getBuiltinModule` instead of imports: nothing is loaded before it is used.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { compileCacheVariables, settleCompileCache } from "./compile_cache.ts";
import type { FrameReader } from "./frames.ts";
import { keepAlive } from "./keep_alive.ts";
import { exitCodeOf } from "./signals.ts";
import { SocketChannel } from "./socket_channel.ts";
import type { ByteStream } from "./socket_channel.ts";
import { parentPort, startThread } from "./threads.ts";
import type { Child, ParentLink, Runtime, StartOptions, StopSignal } from "./types.ts";
import { watchParent } from "./watchdog.ts";

type Socket = ReturnType<typeof import("node:net").connect>;

/** How long the last messages of a dead child may take to arrive. */
const DRAIN_MS = 1000;
const SETPRIV = "/usr/bin/setpriv";
let counter = 0;

function startProcess(entry: URL, options: StartOptions): Child {
  refuseWhatIsMissing(options);
  const meeting = openRendezvous();
  const guarded = hasSetpriv();
  const path = process.getBuiltinModule("node:url").fileURLToPath(entry);
  const args = [
    ...inheritedFlags(options),
    path,
    meeting.path,
    guarded ? "guarded" : "watch",
    String(process.pid),
  ];
  const { spawn } = process.getBuiltinModule("node:child_process");
  const output = (where: StartOptions["stdout"]) =>
    where === "null" ? "ignore" : where === "piped" ? "pipe" : "inherit";
  let child: ReturnType<typeof spawn>;
  try {
    child = spawn(
      guarded ? SETPRIV : process.execPath,
      guarded ? ["--pdeathsig", "KILL", process.execPath, ...args] : args,
      {
        // Standard input is empty for the child; without `setpriv` it stays open as the life line.
        stdio: [guarded ? "ignore" : "pipe", output(options.stdout), output(options.stderr)],
        env: { ...process.env, ...compileCacheVariables(entry), ...options.env },
        cwd: options.cwd,
      },
    );
  } catch (error) {
    meeting.abandon();
    throw startFailure(options.name, error);
  }
  if (child.pid === undefined) {
    meeting.abandon();
    child.on("error", () => {}); // says the same again, later
    const reason = options.cwd ? ` (is there a folder ${options.cwd}?)` : "";
    throw startFailure(options.name, new Error(`${process.execPath} did not start${reason}`));
  }
  return nodeChild(child, meeting, options);
}

function nodeChild(
  child: ReturnType<typeof import("node:child_process").spawn>,
  meeting: ReturnType<typeof openRendezvous>,
  options: StartOptions,
): Child {
  child.unref();
  (child.stdin as unknown as Socket | null)?.unref?.();
  child.stdin?.on("error", () => {});
  const exited = new Promise<number>((resolve) => {
    child.on("exit", (code, signal) => {
      meeting.abandon();
      meeting.channel.drained(DRAIN_MS).then(() => resolve(exitCodeOf(code, signal)));
    });
  });
  const toWeb = (stream: unknown) =>
    process.getBuiltinModule("node:stream").Readable.toWeb(stream as never) as ReadableStream<
      Uint8Array
    >;
  return {
    pid: child.pid!,
    channel: meeting.channel,
    exited,
    kill: (signal: StopSignal) => void child.kill(signal),
    stdout: options.stdout === "piped" ? toWeb(child.stdout) : null,
    stderr: options.stderr === "piped" ? toWeb(child.stderr) : null,
  };
}

function openRendezvous(): { path: string; channel: SocketChannel; abandon: () => void } {
  const { createServer } = process.getBuiltinModule("node:net");
  const id = `manycore-${process.pid}-${Date.now().toString(36)}-${counter++}-${
    crypto.randomUUID().slice(0, 8)
  }`;
  const folder = process.getBuiltinModule("node:os").tmpdir();
  const path = process.platform === "win32"
    ? `\\\\.\\pipe\\${id}`
    : `${folder.length < 50 ? folder : "/tmp"}/${id}.sock`;
  const channel = new SocketChannel();
  let connected = false;
  const server = createServer((socket) => {
    if (connected) return void socket.destroy();
    connected = true;
    server.close(); // removes the socket's file
    channel.connect(new NodeStream(socket));
  });
  server.on("error", () => channel.close());
  server.listen(path);
  server.unref();
  return {
    path,
    channel,
    abandon: () => {
      if (connected) return;
      connected = true;
      server.close();
      channel.close();
    },
  };
}

class NodeStream implements ByteStream {
  #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.unref();
    socket.on("error", () => {}); // "close" follows
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve());
    });
  }

  read(reader: FrameReader, onEnd: () => void): void {
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

async function parentChannel(): Promise<ParentLink | null> {
  settleCompileCache();
  const { isMainThread } = process.getBuiltinModule("node:worker_threads");
  if (!isMainThread) return { thread: true, channel: parentPort() };
  const [path, guard, parentPid] = process.argv.slice(2);
  if (guard !== "guarded" && guard !== "watch") return null;
  if (guard === "watch") watchParent();
  else if (process.ppid !== Number(parentPid)) process.exit(1); // it died before the guard was up
  const socket = process.getBuiltinModule("node:net").connect(path);
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const channel = new SocketChannel();
  channel.connect(new NodeStream(socket));
  return { thread: false, channel };
}

let setpriv: boolean | undefined;

function hasSetpriv(): boolean {
  return setpriv ??= process.platform === "linux" &&
    process.getBuiltinModule("node:fs").existsSync(SETPRIV);
}

/** Flags of the parent that the child needs, such as loaders; not those that choose what it runs. */
function inheritedFlags(options: StartOptions): string[] {
  const flags: string[] = [];
  const own = process.execArgv;
  for (let i = 0; i < own.length; i++) {
    const flag = own[i];
    if (/^(-e|-p|-pe|--eval|--print|--input-type|--test-isolation)$/.test(flag)) {
      i++;
      continue;
    }
    if (
      /^--(eval|print|input-type|inspect|test|watch|experimental-test|cpu-prof|heap-prof|title)/
        .test(flag)
    ) continue;
    if (options.memoryLimitMb && flag.startsWith("--max-old-space-size")) continue;
    flags.push(flag);
  }
  if (options.memoryLimitMb) flags.push(`--max-old-space-size=${options.memoryLimitMb}`);
  return flags;
}

function refuseWhatIsMissing(options: StartOptions): void {
  const isBun = "Bun" in globalThis;
  if (options.permissions !== undefined && options.permissions !== "inherit") {
    throw new ProcessError(
      `Cannot start the process ${options.name} with permissions: ${
        isBun ? "Bun" : "Node"
      } has no ` +
        `permission sets for a child; run the program in Deno, or leave permissions out`,
    );
  }
  if (options.memoryLimitMb !== undefined && isBun) {
    throw new ProcessError(
      `Cannot start the process ${options.name} with memoryLimitMb: Bun has no heap limit; run the ` +
        "program in Deno or Node, or leave memoryLimitMb out",
    );
  }
}

function startFailure(name: string, cause: unknown): ProcessError {
  return new ProcessError(`Cannot start the process ${name}: ${(cause as Error).message}`, {
    cause,
  });
}

/** Node's and Bun's capabilities. */
export const runtime: Runtime = {
  name: "Bun" in globalThis ? "bun" : "node",
  pid: () => process.pid,
  parentPid: () => process.ppid,
  startProcess,
  startThread,
  parentChannel,
  keepAlive,
  onExit: (callback) => void process.on("exit", callback),
  exit: (code) => process.exit(code),
  setExitCode: (code) => void (process.exitCode = code),
  errorIsTerminal: () => process.stderr.isTTY === true,
  importPackage: (name) => import(name),
  writeError: (text) => void process.getBuiltinModule("node:fs").writeSync(2, text),
};
