/**
 * Layer 1, runtime. Looks around where named shared memory is: which names there are, and in which
 * namespace this process has its number. Owns nothing; what may not be read is not there.
 *
 * @module
 */

import { granted } from "./deno_permissions.ts";

/** Where the names of shared memory are files, on Linux. */
export const SHM_FOLDER = "/dev/shm";

/** The names of all shared memory. */
export function shmNames(): string[] {
  try {
    if (!("Deno" in globalThis)) {
      return process.getBuiltinModule("node:fs").readdirSync(SHM_FOLDER);
    }
    // Asking first: without permission, reading would stop the program at a question.
    if (!granted({ name: "read", path: SHM_FOLDER })) return [];
    return [...Deno.readDirSync(SHM_FOLDER)].map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Names the set of processes within which this process's number is its own; 0 if unknown. */
export function pidNamespace(): number {
  const path = "/proc/self/ns/pid";
  try {
    if (!("Deno" in globalThis)) {
      return numberIn(process.getBuiltinModule("node:fs").readlinkSync(path));
    }
    // Deno asks for every permission before it reads there.
    const names = ["read", "write", "net", "env", "run", "ffi", "sys"] as const;
    return names.every((name) => granted({ name })) ? numberIn(Deno.readLinkSync(path)) : 0;
  } catch {
    return 0;
  }
}

function numberIn(link: string): number {
  return Number(/\d+/.exec(link)?.[0] ?? 0);
}
