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
import { canArm, GUARD_VARIABLE, SETPRIV, SETPRIV_ARGS } from "./guard.ts";
import { inheritedFlags } from "./inherited_flags.ts";
import { keepAlive } from "./keep_alive.ts";
import { connectToParent, inheritedRendezvous, openRendezvous } from "./node_channel.ts";
import type { Rendezvous } from "./node_channel.ts";
import { confine, isThere } from "./node_permissions.ts";
import { sealProcess } from "./node_seal.ts";
import { pipedFrom } from "./piped.ts";
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
    throw startFailure(options.name, new Error(whyNot(options)));
  }
  meeting.attach?.(child.stdio[3]);
  return nodeChild(child, meeting, options);
}

/** The cause comes as an event, too late for the error: it is asked for once more. */
function whyNot({ cwd }: StartOptions): string {
  const { closeSync, openSync } = process.getBuiltinModule("node:fs");
  try {
    closeSync(openSync("/dev/null", "r"));
  } catch (error) {
    return (error as Error).message; // no descriptors are left
  }
  return `${process.execPath} did not start${cwd ? ` (is there a folder ${cwd}?)` : ""}`;
}

function nodeChild(
  child: ReturnType<typeof import("node:child_process").spawn>,
  meeting: Rendezvous,
  options: StartOptions,
): Child {
  child.unref();
  (child.stdin as unknown as { unref?(): void } | null)?.unref?.();
  child.stdin?.on("error", () => {});
  child.on("error", () => {}); // that it cannot be killed: see below
  const exited = new Promise<number>((resolve) => {
    child.on("exit", (code, signal) => {
      meeting.abandon();
      meeting.channel.drained(DRAIN_MS).then(() => resolve(exitCodeOf(code, numberOf(signal))));
    });
  });
  return {
    pid: child.pid!,
    channel: meeting.channel,
    exited,
    kill(signal: StopSignal) {
      const runs = child.exitCode === null && child.signalCode === null;
      // This process may have given up the right to: then the child ends as if its parent had.
      if (!child.kill(signal) && runs) meeting.channel.close();
    },
    stdout: options.stdout === "piped" ? pipedFrom(child.stdout as never) : null,
    stderr: options.stderr === "piped" ? pipedFrom(child.stderr as never) : null,
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

function readIfThere(path: string): string | null {
  try {
    return process.getBuiltinModule("node:fs").readFileSync(path, "latin1");
  } catch {
    return null;
  }
}

let setpriv: boolean | undefined;

function canGuard(): boolean {
  if (process.env[GUARD_VARIABLE] === "watch") return false;
  return setpriv ??= process.platform === "linux" && isThere(SETPRIV) &&
    canArm(readIfThere(SETPRIV), readIfThere("/proc/self/status"));
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
