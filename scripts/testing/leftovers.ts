/**
 * What a test run left behind: processes that carry the run's mark in their environment
 * (Linux only), and files in the temporary folder and in shared memory.
 */

/** Set for everything a run starts; its value names the run and the file. */
export const RUN_VARIABLE = "MANYCORE_TEST_RUN";

const OUR_NAMES = /^(manycore|mp-|mc-)/;
const LINUX = Deno.build.os === "linux";
const SHARED_FOLDERS = LINUX ? ["/tmp", "/dev/shm"] : [];
const GRACE_MS = 2000;

export interface MarkedProcess {
  pid: number;
  command: string;
}

/** Processes alive whose environment has `MANYCORE_TEST_RUN=<mark>`. */
export function markedProcesses(mark: string): MarkedProcess[] {
  if (!LINUX) return [];
  const marked: MarkedProcess[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name) || !hasMark(name, mark)) continue;
    const command = readText(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim();
    marked.push({ pid: Number(name), command });
  }
  return marked;
}

function hasMark(pid: string, mark: string): boolean {
  return `\0${readText(`/proc/${pid}/environ`)}`.includes(`\0${RUN_VARIABLE}=${mark}\0`);
}

/** Ends what the run left, by pid, after looking once more that it is the run's. */
export function killMarked(mark: string): void {
  for (const { pid } of markedProcesses(mark)) {
    if (!hasMark(String(pid), mark)) continue;
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
}

/** Waits a moment for the run's processes to end; describes and kills those that do not. */
export async function leftProcesses(mark: string): Promise<string[]> {
  const deadline = performance.now() + GRACE_MS;
  let left = markedProcesses(mark);
  while (left.length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    left = markedProcesses(mark);
  }
  killMarked(mark);
  return left.map(({ pid, command }) => `process ${pid}: ${command.slice(0, 300)}`);
}

/** Everything in a folder that only this run used. */
export function leftInFolder(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => `file ${folder}/${name}`);
}

/** The names of ours that are in the folders which all programs share. */
export function snapshotShared(): Set<string> {
  const paths = new Set<string>();
  for (const folder of SHARED_FOLDERS) {
    try {
      for (const { name } of Deno.readDirSync(folder)) {
        if (OUR_NAMES.test(name)) paths.add(`${folder}/${name}`);
      }
    } catch {
      // A system without that folder.
    }
  }
  return paths;
}

/**
 * New names of ours in the shared folders. Other programs, and other runs of this suite,
 * may use the library at the same time: what some process has open or mapped is theirs.
 */
export async function leftShared(before: Set<string>): Promise<string[]> {
  const deadline = performance.now() + GRACE_MS;
  for (;;) {
    let left = [...snapshotShared()].filter((path) => !before.has(path));
    if (left.length > 0) {
      const used = pathsInUse();
      left = left.filter((path) => !used.some((other) => other.startsWith(path)));
    }
    if (left.length === 0 || performance.now() > deadline) {
      return left.map((path) => `file ${path}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function pathsInUse(): string[] {
  const used: string[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    used.push(...readText(`/proc/${name}/maps`).match(/\/(tmp|dev\/shm)\/\S+/g) ?? []);
    try {
      for (const { name: fd } of Deno.readDirSync(`/proc/${name}/fd`)) {
        used.push(Deno.readLinkSync(`/proc/${name}/fd/${fd}`));
      }
    } catch {
      // It ended, or is not ours to look into.
    }
  }
  used.push(...readText("/proc/net/unix").match(/\/\S+/g) ?? []);
  return used;
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
