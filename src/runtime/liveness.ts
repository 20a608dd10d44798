/**
 * Layer 1, runtime. Whether a thread of this or another process lives, asked of the operating
 * system: through shared pages where there are some, through `/proc` otherwise.
 *
 * @module
 */

import { sharedPages } from "./pages.ts";
import { beganIn, ENDED, UNKNOWN } from "./proc_stat.ts";

/** The operating system's number of this thread; 0 if it cannot be told. */
export function threadNumber(): number {
  const pages = sharedPages();
  if (pages !== null) return pages.thread();
  try {
    // Resolved for the thread that asks: PID/task/TID.
    return Number(readLink("/proc/thread-self").split("/").at(-1)) || 0;
  } catch {
    return 0;
  }
}

/**
 * When a thread began, in ticks since the machine did; {@link ENDED} if there is none of that number,
 * {@link UNKNOWN} if it cannot be told: no descriptor is left, or this process may not look.
 */
export function threadBegan(thread: number): number {
  const pages = sharedPages();
  if (pages !== null) return pages.began(thread);
  try {
    return beganIn(readText(`/proc/${thread}/stat`));
  } catch (error) {
    return isGone(error) ? ENDED : UNKNOWN;
  }
}

/**
 * Whether the thread runs that had this number and began then; `undefined` if that cannot be told.
 * Only `false` is a death: one who may be alive must not be robbed of what it holds.
 */
export function threadRuns(thread: number, began: number): boolean | undefined {
  if (thread === 0 || began < 0) return undefined;
  const found = threadBegan(thread);
  return found === UNKNOWN ? undefined : found === began;
}

/** Whether an error of reading says that there is no such thread, and not that it is out of sight. */
function isGone(error: unknown): boolean {
  const { code, name } = error as { code?: string; name?: string };
  return code === "ENOENT" || code === "ESRCH" || name === "NotFound";
}

function readLink(path: string): string {
  return "Deno" in globalThis
    ? Deno.readLinkSync(path)
    : process.getBuiltinModule("node:fs").readlinkSync(path);
}

function readText(path: string): string {
  return "Deno" in globalThis
    ? Deno.readTextFileSync(path)
    : process.getBuiltinModule("node:fs").readFileSync(path, "utf8");
}
