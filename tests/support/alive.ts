/** Whether processes live, and waiting until they do not. */

import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** Whether a process with this pid runs; one that only waits to be collected does not. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  if (process.platform !== "linux") return true;
  try {
    return !/[ZX]/.test(stateOf(pid));
  } catch {
    return false;
  }
}

/** The state of a process on Linux: `R`, `S`, `T` and so on. */
export function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // It stands behind the name, which is in parentheses and may hold anything.
  return stat[stat.lastIndexOf(")") + 2];
}

/** Stops a process; resolves when all of its threads have been. */
export async function stop(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  const folder = `/proc/${pid}/task`;
  await waitFor(() =>
    readdirSync(folder).every((thread) => {
      const stat = readFileSync(`${folder}/${thread}/stat`, "utf8");
      return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
    })
  );
}

/** Resolves when every process has ended; throws, naming those that live, after `timeout`. */
export async function waitUntilDead(pids: number | number[], timeout = 10_000): Promise<void> {
  const all = [pids].flat();
  await waitFor(
    () => all.every((pid) => !alive(pid)),
    timeout,
    () => `still running: ${all.filter(alive).join(", ")}`,
  );
}

/** Resolves when the condition holds; asks every few milliseconds. */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  timeout = 10_000,
  message: () => string = () => "the condition did not come true",
): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${message()} after ${timeout} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
