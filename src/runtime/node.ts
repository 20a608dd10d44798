/**
 * Layer 1, runtime. Node and Bun: processes through `node:child_process`, control channels over the
 * sockets of `node_channel.ts`.
 *
 * `process.getBuiltinModule` instead of imports: nothing is loaded before it is used.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { compileCacheVariables, settleCompileCache } from "./compile_cache.ts";
import { GUARD_VARIABLE, SETPRIV, SETPRIV_ARGS } from "./guard.ts";
import { keepAlive } from "./keep_alive.ts";
import { connectToParent, inheritedRendezvous, openRendezvous } from "./node_channel.ts";
import type { Rendezvous } from "./node_channel.ts";
import { QUIET } from "./node_flags.ts";
import { confine, isThere } from "./node_permissions.ts";
import { sealProcess } from "./node_seal.ts";
import { exitCodeOf } from "./signals.ts";
import { parentPort, startThread, writeThreadError } from "./threads.ts";
import type { Child, ParentLink, Runtime, StartOptions, StopSignal } from "./types.ts";
import { onUncaught } from "./uncaught.ts";
import { watchParent } from "./watchdog.ts";

/** How long the last messages of a dead child may take to arrive. */
const DRAIN_MS = 1000;

const IS_BUN = "Bun" in globalThis;
/** Bun knows it without a module that takes milliseconds to load. */
const isMainThread = (): boolean =>
  (globalThis as unknown as { Bun?: { isMainThread: boolean } }).Bun?.isMainThread ??
    process.getBuiltinModule("node:worker_threads").isMainThread;

function startProcess(entry: URL, options: StartOptions): Child {
  refuseWhatIsMissing(options);
  const guarded = canGuard();
  const confinement = IS_BUN ? null : confine(options, entry, !guarded);
  const meeting = (confinement ? inheritedRendezvous : openRendezvous)(options.first);
  const path = process.getBuiltinModule("node:url").fileURLToPath(entry);
  const args = [
    ...inheritedFlags(options, confinement?.flags),
    path,
    meeting.address,
    guarded ? "guarded" : "watch",
    String(process.pid),
    ...(confinement ? [confinement.seal] : []),
  ];
  const { spawn } = process.getBuiltinModule("node:child_process");
  const output = (where: StartOptions["stdout"]) =>
    where === "null" ? "ignore" : where === "piped" ? "pipe" : "inherit";
  let child: ReturnType<typeof spawn>;
  try {
    child = spawn(
      guarded ? SETPRIV : process.execPath,
      guarded ? [...SETPRIV_ARGS, process.execPath, ...args] : args,
      {
        // Standard input is empty for the child; without `setpriv` it stays open as the life line.
        stdio: [
          guarded ? "ignore" : "pipe",
          output(options.stdout),
          output(options.stderr),
          ...(meeting.attach ? ["pipe" as const] : []),
        ],
        env: {
          ...process.env,
          ...(confinement ? {} : compileCacheVariables()), // which it could not write
          ...options.env,
          ...confinement?.variables,
          ...meeting.variables,
        },
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
  meeting.attach?.(child.stdio[3]);
  return nodeChild(child, meeting, options);
}

function nodeChild(
  child: ReturnType<typeof import("node:child_process").spawn>,
  meeting: Rendezvous,
  options: StartOptions,
): Child {
  child.unref();
  (child.stdin as unknown as { unref?(): void } | null)?.unref?.();
  child.stdin?.on("error", () => {});
  const exited = new Promise<number>((resolve) => {
    child.on("exit", (code, signal) => {
      meeting.abandon();
      meeting.channel.drained(DRAIN_MS).then(() => resolve(exitCodeOf(code, numberOf(signal))));
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

async function parentChannel(): Promise<ParentLink | null> {
  settleCompileCache();
  if (!isMainThread()) return { thread: true, channel: parentPort(), first: null };
  const [address, guard, parentPid, seal] = process.argv.slice(2);
  if (guard !== "guarded" && guard !== "watch") return null;
  if (guard === "watch") watchParent();
  else if (process.ppid !== Number(parentPid)) process.exit(1); // it died before the guard was up
  if (seal !== undefined) sealProcess(seal);
  try {
    return { thread: false, ...await connectToParent(address) };
  } catch {
    process.exit(1); // the parent has died, and nobody waits for a message about it
  }
}

function numberOf(signal: string | null): number | null {
  if (signal === null) return null;
  const { signals } = process.getBuiltinModule("node:os").constants;
  return (signals as Record<string, number>)[signal] ?? 1;
}

let setpriv: boolean | undefined;

function canGuard(): boolean {
  if (process.env[GUARD_VARIABLE] === "watch") return false;
  return setpriv ??= process.platform === "linux" && isThere(SETPRIV);
}

/** Flags by which a process is run, watched or tested: its children are not. */
const ABOUT_ITSELF =
  /^(--(eval|print|input-type|interactive|inspect|test|watch|experimental-test|cpu-prof|heap-prof|title)|-i$)/;

/** Flags of the parent that the child needs, such as loaders; not those that choose what it runs. */
function inheritedFlags(
  options: StartOptions,
  own: readonly string[] = process.execArgv,
): string[] {
  const flags: string[] = [];
  for (let i = 0; i < own.length; i++) {
    const flag = own[i];
    if (/^(-e|-p|-pe|--eval|--print)$/.test(flag)) {
      i++; // its text may begin with a dash
      continue;
    }
    const isReplaced = options.memoryLimitMb && flag.startsWith("--max-old-space-size");
    if (ABOUT_ITSELF.test(flag) || isReplaced) {
      // What is no flag is the value of the one before it.
      while (i + 1 < own.length && !own[i + 1].startsWith("-")) i++;
      continue;
    }
    flags.push(flag);
  }
  if (!IS_BUN) flags.push(...QUIET.filter((flag) => !flags.includes(flag)));
  if (options.memoryLimitMb) flags.push(`--max-old-space-size=${options.memoryLimitMb}`);
  return flags;
}

function refuseWhatIsMissing(options: StartOptions): void {
  if (IS_BUN && options.permissions !== undefined && options.permissions !== "inherit") {
    throw new ProcessError(
      `Cannot start the process ${options.name} with permissions: Bun cannot restrict what a ` +
        "process may do; run the program in Deno, or leave permissions out",
    );
  }
  if (options.memoryLimitMb !== undefined && IS_BUN) {
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

/** In Bun a process may end before what is written asynchronously is out. Not in threads. */
function writeNow(text: string): boolean {
  if (!isMainThread()) return false;
  try {
    process.getBuiltinModule("node:fs").writeSync(2, text);
    return true;
  } catch {
    return false; // nobody reads it, or not fast enough
  }
}

/** Node's and Bun's capabilities. */
export const runtime: Runtime = {
  name: IS_BUN ? "bun" : "node",
  losesLastWords: true, // a write that fails closes the whole socket: what had arrived is not read
  pid: () => process.pid,
  startProcess,
  startThread,
  parentChannel,
  keepAlive,
  onExit: (callback) => void process.on("exit", () => callback(false)),
  exit: (code) => process.exit(code),
  setExitCode: (code) => void (process.exitCode = code),
  errorIsTerminal: () => process.stderr.isTTY === true,
  importPackage: (name) => import(name),
  writeError: (text) => IS_BUN && writeNow(text) ? Promise.resolve() : writeThreadError(text),
  onUncaught,
};
