/**
 * Layer 1, runtime. Deno: processes through `Deno.Command`, control channels over Deno's own
 * sockets. Avoids `process` and `node:` modules in a child process: loading them takes longer than
 * everything else that a child does at its start. Threads are in `threads.ts`.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { granted, permissionFlags } from "./deno_permissions.ts";
import { connectToParent, openRendezvous } from "./deno_channel.ts";
import { keepAlive } from "./keep_alive.ts";
import { exitCodeOf } from "./signals.ts";
import { parentPort, startThread } from "./threads.ts";
import { watchParent } from "./watchdog.ts";
import type { Child, ParentLink, Runtime, StartOptions, StopSignal } from "./types.ts";

/** How long the last messages of a dead child may take to arrive. */
const DRAIN_MS = 1000;
const SETPRIV = "/usr/bin/setpriv";
let setprivMissing = false;

function startProcess(entry: URL, options: StartOptions): Child {
  const meeting = openRendezvous();
  try {
    const flags = permissionFlags(options.permissions ?? "inherit", meeting.address);
    const child = spawn(entry, flags, meeting.address, options);
    // Standard input is empty for the child; without `setpriv` it stays open as the life line.
    const stdin = child.hasInput ? child.process.stdin.getWriter() : null;
    if (meeting.secret !== null) stdin?.write(meeting.secret).catch(() => {});
    return denoChild(child.process, meeting, options);
  } catch (error) {
    meeting.abandon();
    if (error instanceof ProcessError) throw error;
    throw new ProcessError(
      `Cannot start the process ${options.name}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

function spawn(entry: URL, flags: string[], address: string, options: StartOptions): {
  process: Deno.ChildProcess;
  hasInput: boolean;
} {
  const guarded = Deno.build.os === "linux" && !setprivMissing && granted({ name: "run" });
  const hasInput = !guarded || address.startsWith("tcp:");
  const executable = Deno.execPath();
  const args = [
    "run",
    ...flags,
    ...configFlags(options.mainModule ?? null),
    ...(options.memoryLimitMb ? [`--v8-flags=--max-old-space-size=${options.memoryLimitMb}`] : []),
    entry.protocol === "file:" ? decodeURIComponent(entry.pathname) : entry.href,
    address,
    guarded ? "guarded" : "watch",
    String(Deno.pid),
  ];
  const command = new Deno.Command(guarded ? SETPRIV : executable, {
    args: guarded ? ["--pdeathsig", "KILL", executable, ...args] : args,
    stdin: hasInput ? "piped" : "null",
    stdout: options.stdout ?? "inherit",
    stderr: options.stderr ?? "inherit",
    env: options.env,
    cwd: options.cwd,
  });
  try {
    return { process: command.spawn(), hasInput };
  } catch (error) {
    if (guarded && error instanceof Deno.errors.NotFound && !options.cwd) {
      setprivMissing = true;
      return spawn(entry, flags, address, options);
    }
    throw error;
  }
}

function denoChild(
  process: Deno.ChildProcess,
  meeting: ReturnType<typeof openRendezvous>,
  options: StartOptions,
): Child {
  process.unref();
  const exited = process.status.then(async ({ code, signal }) => {
    meeting.abandon();
    await meeting.channel.drained(DRAIN_MS);
    return exitCodeOf(code, signal);
  });
  return {
    pid: process.pid,
    channel: meeting.channel,
    exited,
    kill(signal: StopSignal) {
      try {
        process.kill(signal);
      } catch {
        // It has ended.
      }
    },
    stdout: options.stdout === "piped" ? process.stdout : null,
    stderr: options.stderr === "piped" ? process.stderr : null,
  };
}

/** The program's configuration file, so that its import map is the child's too. */
function configFlags(mainModule: string | null): string[] {
  if (mainModule === null || !mainModule.startsWith("file:")) return [];
  for (let folder = new URL(".", mainModule);; folder = new URL("..", folder)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const path = decodeURIComponent(folder.pathname) + name;
      try {
        if (Deno.statSync(path).isFile) return [`--config=${path}`];
      } catch {
        // Not here, or not readable.
      }
    }
    if (folder.pathname === "/") return [];
  }
}

async function parentChannel(): Promise<ParentLink | null> {
  if ("DedicatedWorkerGlobalScope" in globalThis) {
    return { thread: true, channel: await parentPort() };
  }
  const [address, guard, parentPid] = Deno.args;
  if (guard !== "guarded" && guard !== "watch") return null;
  if (guard === "guarded" && Deno.ppid !== Number(parentPid)) Deno.exit(1); // it died before the guard was up
  const connecting = connectToParent(address); // reads its secret at once, before the watchdog listens
  if (guard === "watch") watchParent();
  return { thread: false, channel: await connecting };
}

/** Deno's capabilities. */
export const runtime: Runtime = {
  name: "deno",
  pid: () => Deno.pid,
  parentPid: () => Deno.ppid,
  startProcess,
  startThread,
  parentChannel,
  keepAlive,
  onExit: (callback) => addEventListener("unload", callback),
  exit: (code) => Deno.exit(code),
  setExitCode: (code) => void (Deno.exitCode = code),
  errorIsTerminal: () => Deno.stderr.isTerminal(),
  importPackage: (name, version) => import(`npm:${name}@${version}`),
  writeError: (text) => {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  },
};
