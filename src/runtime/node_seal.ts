/**
 * Layer 1, runtime. A child of Node with permissions of its own, on the child's side: before it
 * loads a module of the program it takes away from itself what it needed for its start, and closes
 * what Node's permission model leaves open:
 *
 * - signals: one of them opens the debugger of any other Node process, and who may use the network
 *   can then run code in that one;
 * - flags of the engine, and diagnostic reports: both write files.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";

/** `process.permission`. */
export interface Permission {
  /** Whether something is permitted; without a path, as a whole. */
  has(scope: string, path?: string): boolean;
  /** Gives up a permission for good. Newer versions only. */
  drop?(scope: string): void;
}

/** Everything that Node can deny. */
export const SCOPES = [
  "fs.read",
  "fs.write",
  "net",
  "child",
  "worker",
  "addons",
  "ffi",
  "inspector",
  "wasi",
] as const;

/**
 * In a child: applies what its parent said. `text` is `given:` or `inherited:`, and the scopes that
 * are denied.
 *
 * @throws {ProcessError} If something is permitted nevertheless.
 */
export function sealProcess(text: string): void {
  const [kind, list] = text.split(":");
  const denied = list.split(",");
  const { permission } = process as { permission?: Permission };
  for (const scope of denied) {
    if (permission?.has(scope)) permission.drop?.(scope);
    if (permission === undefined || permission.has(scope)) {
      throw new ProcessError(
        `Cannot run with permissions: Node ${process.versions.node} still permits ${scope}; use a ` +
          "newer Node, or run the program in Deno",
      );
    }
  }
  if (kind === "inherited") return;
  if (denied.includes("child")) closeSignals();
  if (denied.includes("fs.write")) closeFiles();
  process.getBuiltinModule("node:module").syncBuiltinESMExports();
}

function closeSignals(): void {
  const self = process.pid;
  const inner = process as unknown as { _kill(pid: number, signal: number): number };
  const kill = inner._kill.bind(process);
  const { signals } = process.getBuiltinModule("node:os").constants;
  replace(process, "kill", (pid: unknown, signal: string | number = "SIGTERM") => {
    if (pid !== self) throw denial("run", "a signal to another process");
    kill(self, typeof signal === "number" ? signal : signals[signal as keyof typeof signals]);
    return true;
  });
  for (const name of ["_kill", "_debugProcess", "_debugEnd"]) {
    replace(process, name, () => {
      throw denial("run", name);
    });
  }
}

function closeFiles(): void {
  replace(process.getBuiltinModule("node:v8"), "setFlagsFromString", () => {
    throw denial("write", "v8.setFlagsFromString");
  });
  replace(process, "report", undefined);
}

function replace(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true });
  Object.defineProperty(object, name, { writable: false, configurable: false });
}

function denial(permission: string, what: string): Error {
  const error = new Error(`Not permitted in this process: ${what} (permission ${permission})`);
  return Object.assign(error, { code: "ERR_ACCESS_DENIED" });
}
