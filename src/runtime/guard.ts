/**
 * Layer 1, runtime. The two ways to make sure that a child process does not outlive its parent,
 * even if the parent is killed and the child is busy:
 *
 * - `guarded`: on Linux, `setpriv` asks the kernel to kill the child when its parent dies;
 * - `watch`: a thread of the child waits for the end of its standard input (see `watchdog.ts`).
 *
 * The first is used where it can be. `MANYCORE_GUARD=watch` in the environment chooses the second,
 * for the tests.
 *
 * @module
 */

/** How a child is ended with its parent. */
export type Guard = "guarded" | "watch";

/** The program that arms the kernel, and its arguments before the command. */
export const SETPRIV = "/usr/bin/setpriv";

/** Arguments of {@link SETPRIV}, before the command. */
export const SETPRIV_ARGS: readonly string[] = ["--pdeathsig", "KILL"];

/** The variable of the environment that chooses a guard. */
export const GUARD_VARIABLE = "MANYCORE_GUARD";
