/**
 * Layer 1, runtime. Whether a thread of this or another process lives, asked of the operating
 * system: through shared pages where there are some, through `/proc` otherwise.
 *
 * @module
 */

import { sharedPages } from "./pages.ts";
import { beganIn } from "./proc_stat.ts";

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

/** When a thread began, in ticks since the machine did; -1 if it has ended or never was. */
export function threadBegan(thread: number): number {
  const pages = sharedPages();
  if (pages !== null) return pages.began(thread);
  try {
    return beganIn(readText(`/proc/${thread}/stat`));
  } catch {
    return -1;
  }
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
