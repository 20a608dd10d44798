/**
 * Layer 1, runtime. What a child inherits from its parent at the moment of its start, as a text that
 * can be compared: a child that was started in advance is as good as a new one only while nothing of
 * it has changed.
 *
 * @module
 */

import { granted, permissionFlags } from "./deno_permissions.ts";
import { confine } from "./node_permissions.ts";
import type { StartOptions } from "./types.ts";

/** What a child would inherit. */
export interface Surroundings {
  /** Equal texts, equal children. */
  readonly text: string;
  /**
   * Whether a child could import any module that this program can. If not, only those that were
   * named at its start: see `childEntry` in `deno.ts`.
   */
  readonly anyModule: boolean;
}

/**
 * What a child that was started now would inherit: environment and permissions, and for a process
 * also working directory, file mode mask and user. `hosts` are those that a child must reach.
 */
export function surroundings(ofProcess: boolean, hosts: readonly string[]): Surroundings {
  return "Deno" in globalThis ? inDeno(ofProcess, hosts) : inNode(ofProcess);
}

function inDeno(ofProcess: boolean, hosts: readonly string[]): Surroundings {
  // A child that may do everything reaches every host.
  const flags = permissionFlags("inherit", "abstract:", hosts);
  // Asking first: without permission, a look would stop the program at a question.
  const env = granted({ name: "env" }) ? sorted(Deno.env.toObject()) : null;
  const folder = ofProcess && granted({ name: "read", path: "." }) ? attempt(Deno.cwd) : null;
  const mask = ofProcess ? attempt(Deno.umask) : null;
  return {
    text: JSON.stringify([flags, env, folder, mask]),
    anyModule: !ofProcess || flags.includes("-A") || flags.includes("--allow-read"),
  };
}

function inNode(ofProcess: boolean): Surroundings {
  // Permissions can be dropped, also single paths: the flags are built from what is left.
  const options = { name: "Spare" } as StartOptions;
  const flags = "Bun" in globalThis
    ? null
    : confine(options, new URL(import.meta.url), false)?.flags;
  const parts: unknown[] = [sorted(process.env), flags];
  if (ofProcess) {
    parts.push(attempt(process.cwd), attempt(() => process.umask()));
    for (const name of ["getuid", "geteuid", "getgid", "getegid", "getgroups"] as const) {
      parts.push(attempt(() => process[name]?.()));
    }
  }
  return { text: JSON.stringify(parts), anyModule: true };
}

/** Deno tells the environment in another order each time. */
function sorted(env: Record<string, string | undefined>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`).sort();
}

/** Not every system has everything, and a folder may be gone. */
function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return null;
  }
}
