/**
 * Layer 1, runtime. Deno: processes through `Deno.Command`, control channels over Deno's own
 * sockets. Avoids `process` and `node:` modules in a child process: loading them takes longer than
 * everything else that a child does at its start. Threads are in `threads.ts`.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { programArguments } from "./arguments.ts";
import { connectToParent, openRendezvous } from "./deno_channel.ts";
import type { Rendezvous } from "./deno_channel.ts";
import { allGranted, granted, permissionFlags } from "./deno_permissions.ts";
import { canArm, GUARD_VARIABLE, SETPRIV, SETPRIV_ARGS } from "./guard.ts";
import { keepAlive } from "./keep_alive.ts";
import { introduce, SECRET_VARIABLE, secretToText } from "./secret.ts";
import { exitCodeOf } from "./signals.ts";
import { isStopping, parentPort, startThread, writeThreadError } from "./threads.ts";
import type { Child, ParentLink, Runtime, StartOptions, StopSignal } from "./types.ts";
import { onUncaught } from "./uncaught.ts";
import { watchParent } from "./watchdog.ts";

/** How long the last messages of a dead child may take to arrive. */
const DRAIN_MS = 1000;
/** Deno's exit code after signal N is this plus N. */
const SIGNALLED = 128;
const IS_THREAD = "DedicatedWorkerGlobalScope" in globalThis;
let setprivMissing = false;
let armed: boolean | undefined;

function startProcess(entry: URL, options: StartOptions): Child {
  const permissions = options.permissions ?? "inherit";
  const meeting = openRendezvous(allGranted(permissions));
  try {
    const { hosts, cwd, mainModule, modules = [] } = options;
    const code = [entry.href, ...(mainModule ? [mainModule] : []), ...modules];
    const flags = permissionFlags(permissions, meeting.address, hosts, cwd, code, entry);
    const guarded = canGuard();
    try {
      return spawn(entry, flags, meeting, options, guarded);
    } catch (error) {
      // Either `setpriv` is missing or the working directory: without the guard it shows.
      if (!guarded || !(error instanceof Deno.errors.NotFound)) throw error;
      const child = spawn(entry, flags, meeting, options, false);
      setprivMissing = true;
      return child;
    }
  } catch (error) {
    meeting.abandon();
    throw error instanceof ProcessError ? error : startFailure(options, error as Error);
  }
}

function spawn(
  entry: URL,
  flags: string[],
  meeting: Rendezvous,
  options: StartOptions,
  guarded: boolean,
): Child {
  const { address, secret } = meeting;
  const hasInput = !guarded || address.startsWith("tcp:");
  const own = [address, guarded ? "guarded" : "watch", String(Deno.pid)];
  const open = address.startsWith("abstract:"); // the child may see everything
  const introduction = open ? introduce(secret!, options.first.bytes) : null;
  const executable = Deno.execPath();
  const args = [
    "run",
    ...flags,
    ...configFlags(options.mainModule ?? null),
    ...(options.memoryLimitMb ? [`--v8-flags=--max-old-space-size=${options.memoryLimitMb}`] : []),
    childEntry(entry, flags, options),
    ...(open ? programArguments() : own),
  ];
  const process = new Deno.Command(guarded ? SETPRIV : executable, {
    args: guarded ? [...SETPRIV_ARGS, executable, ...args] : args,
    stdin: hasInput ? "piped" : "null",
    stdout: options.stdout ?? "inherit",
    stderr: options.stderr ?? "inherit",
    env: open
      ? {
        ...options.env,
        [SECRET_VARIABLE]: [...own, introduction ?? secretToText(secret!)].join(" "),
      }
      : options.env,
    cwd: options.cwd,
  }).spawn();
  if (introduction === null) meeting.channel.send(options.first);
  if (hasInput) void sayInput(process.stdin.getWriter(), meeting, guarded);
  return denoChild(process, meeting, options);
}

/** Standard input is empty for the child; without `setpriv` it stays open as the life line. */
async function sayInput(
  stdin: WritableStreamDefaultWriter<Uint8Array>,
  { address, secret }: Rendezvous,
  guarded: boolean,
): Promise<void> {
  try {
    if (address.startsWith("tcp:")) await stdin.write(secret!);
    if (guarded) await stdin.close();
  } catch {
    // It has ended.
  }
}

function canGuard(): boolean {
  if (Deno.build.os !== "linux" || setprivMissing) return false;
  if (!granted({ name: "run", command: SETPRIV })) return false;
  armed ??= canArm(readIfMay(SETPRIV), readIfMay("/proc/self/status"));
  if (!armed) return false;
  return !granted({ name: "env", variable: GUARD_VARIABLE }) ||
    Deno.env.get(GUARD_VARIABLE) !== "watch";
}

function readIfMay(path: string): string | null {
  if (!granted({ name: "read", path })) return null;
  try {
    return new TextDecoder("latin1").decode(Deno.readFileSync(path));
  } catch {
    return null;
  }
}

/**
 * What the child process runs. One that may not read files could not import the program's modules
 * later, so its entry point mentions them: what the main module imports is code of this program
 * anyway, and other modules are mentioned only if this program may read them.
 */
function childEntry(entry: URL, flags: string[], options: StartOptions): string {
  if (flags.includes("-A") || flags.includes("--allow-read")) {
    return entry.protocol === "file:" ? decodeURIComponent(entry.pathname) : entry.href;
  }
  const modules = (options.modules ?? []).filter((url) =>
    url === options.mainModule || !url.startsWith("file:") ||
    granted({ name: "read", path: decodeURIComponent(new URL(url).pathname) })
  );
  if (options.mainModule) modules.push(options.mainModule);
  const mentions = [...new Set(modules)].map((url) => `()=>import(${JSON.stringify(url)});`);
  const source = `import ${JSON.stringify(entry.href)};${mentions.join("")}`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

function startFailure(options: StartOptions, cause: Error): ProcessError {
  const { name, cwd } = options;
  const hint = cause instanceof Deno.errors.NotCapable
    ? `; run this program with --allow-run=${Deno.execPath()}`
    : cause instanceof Deno.errors.NotFound && cwd !== undefined
    ? ` (is there a folder ${cwd}?)`
    : "";
  return new ProcessError(`Cannot start the process ${name}: ${cause.message}${hint}`, { cause });
}

function denoChild(process: Deno.ChildProcess, meeting: Rendezvous, options: StartOptions): Child {
  process.unref();
  const exited = process.status.then(async ({ code, signal }) => {
    meeting.abandon();
    await meeting.channel.drained(DRAIN_MS);
    return exitCodeOf(code, signal === null ? null : code - SIGNALLED);
  });
  return {
    pid: process.pid,
    channel: meeting.channel,
    exited,
    kill(signal: StopSignal) {
      try {
        process.kill(signal);
      } catch (error) {
        // It has ended; or this process has given up the right to: then it ends as if its parent had.
        if (!(error instanceof TypeError)) meeting.channel.close();
      }
    },
    stdout: options.stdout === "piped" ? process.stdout : null,
    stderr: options.stderr === "piped" ? process.stderr : null,
  };
}

/** The program's configuration file, so that its import map is the child's too. */
function configFlags(mainModule: string | null): string[] {
  if (mainModule === null || !mainModule.startsWith("file:")) return [];
  let packages: string[] = [];
  for (let folder = new URL(".", mainModule);; folder = new URL("..", folder)) {
    const path = decodeURIComponent(folder.pathname);
    const config = ["deno.json", "deno.jsonc"].find((name) => isThere(path + name));
    if (config !== undefined) return [`--config=${path}${config}`, ...packages];
    if (isThere(`${path}package.json`)) packages = ["--node-modules-dir=manual"];
    if (folder.pathname === "/") return ["--no-config", ...packages];
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false; // or not readable
  }
}

async function parentChannel(): Promise<ParentLink | null> {
  if (IS_THREAD) return { thread: true, channel: parentPort(), first: null };
  const [address, guard, parentPid, introduction] = startedWith();
  if (guard !== "guarded" && guard !== "watch") return null;
  if (guard === "guarded" && Deno.ppid !== Number(parentPid)) Deno.exit(1); // it died before the guard was up
  const connecting = connectToParent(address, introduction); // reads its secret at once, before the watchdog listens
  if (guard === "watch") watchParent();
  try {
    const { channel, first } = await connecting;
    return { thread: false, channel, first };
  } catch {
    Deno.exit(1); // the parent has died, and nobody waits for a message about it
  }
}

/**
 * Where its parent is, and how it is guarded: a child that may do everything has a variable, as its
 * arguments are those of the program, whatever they look like.
 */
function startedWith(): string[] {
  const text = granted({ name: "env", variable: SECRET_VARIABLE })
    ? Deno.env.get(SECRET_VARIABLE)
    : undefined;
  if (text === undefined) return Deno.args;
  Deno.env.delete(SECRET_VARIABLE);
  return text.split(" ");
}

function writeError(text: string): Promise<void> {
  if (IS_THREAD) return writeThreadError(text);
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch {
    // Nobody reads it any more.
  }
  return Promise.resolve();
}

/** Deno's capabilities. */
export const runtime: Runtime = {
  name: "deno",
  losesLastWords: false,
  pid: () => Deno.pid,
  startProcess,
  startThread,
  parentChannel,
  keepAlive,
  // A thread that ends by itself has no unload event.
  onExit: (callback) =>
    IS_THREAD
      ? void process.on("exit", () => callback(isStopping()))
      : addEventListener("unload", () => callback(false)),
  exit: (code) => Deno.exit(code),
  setExitCode: (code) => void (Deno.exitCode = code),
  errorIsTerminal: () => Deno.stderr.isTerminal(),
  importPackage: (name, version) => import(`npm:${name}@${version}`),
  writeError,
  onUncaught,
};
