/**
 * Layer 1, runtime. The two ways to make sure that a child process does not outlive its parent,
 * even if the parent is killed and the child is busy:
 *
 * - `guarded`: on Linux, `setpriv` asks the kernel to kill the child when its parent dies;
 * - `watch`: a thread of the child waits for the end of its standard input (see `watchdog.ts`).
 *
 * The first is used where it can be. `MANYCORE_GUARD=watch` in the environment chooses the second:
 * for the tests, and for a child that gives up rights of its own (`setuid`, `setgid`), by which the
 * kernel takes back what `setpriv` has asked for.
 *
 * @module
 */

/** How a child is ended with its parent. */
export type Guard = "guarded" | "watch";

/** The program that arms the kernel, and its arguments before the command. */
export const SETPRIV = "/usr/bin/setpriv";

/** Arguments of {@link SETPRIV}, before the command. */
export const SETPRIV_ARGS: readonly string[] = ["--pdeathsig", "KILL"];

/**
 * Whether the kernel would kill the child when its parent dies.
 *
 * @param setpriv The text of {@link SETPRIV}, as far as it can be read: old ones lack the option.
 * @param status That of `/proc/self/status`: with capabilities that its file gives to everybody, the
 * runtime loses what was armed when it is executed.
 */
export function canArm(setpriv: string | null, status: string | null): boolean {
  if (setpriv !== null && !setpriv.includes(SETPRIV_ARGS[0].slice(2))) return false;
  const user = /^Uid:\s*\d+\s+(\d+)/m.exec(status ?? "")?.[1];
  const capabilities = /^CapPrm:\s*([0-9a-f]+)/m.exec(status ?? "")?.[1];
  return user === undefined || user === "0" || capabilities === undefined ||
    /^0*$/.test(capabilities);
}

/** The variable of the environment that chooses a guard. */
export const GUARD_VARIABLE = "MANYCORE_GUARD";
