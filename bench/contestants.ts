/** Who takes part in the benchmarks, and the commands that measure their rows. */

import { pinnedVersion, runtime, RUNTIME_NAMES, type RuntimeName } from "../scripts/runtimes.ts";
import { packageTree } from "../scripts/testing/package_tree.ts";
import type { Method, Program } from "./rows.ts";
import packages from "./packages.json" with { type: "json" };

export interface Entrant {
  label: string;
  kind: "ours" | "python" | "peer";
  /** Whose targets count for this one; nobody's if it is left out. */
  method?: Method;
  /** The runtime. A peer that has one is compared with ours on the same one only. */
  on?: RuntimeName;
  /** The commands without the name of the row; none for a program without a counterpart. */
  commands: Partial<Record<Program, string[]>>;
  /** Added to the environment. */
  env?: Record<string, string>;
  /** Further rows that this one has no counterpart for. */
  without: string[];
  /** The only rows that it takes part in. */
  only?: string[];
}

const HERE = path(new URL("./", import.meta.url));
const PEERS = ["piscina", "poolifier", "tinypool", "workerpool"] as const;

/** Installs what the benchmarks need, unless exactly that is there. */
export async function installPackages(): Promise<void> {
  const wanted = Object.entries(packages);
  const present = await Promise.all(wanted.map(async ([name, version]) => {
    try {
      const text = await Deno.readTextFile(
        `${HERE}node_modules/${name}/package.json`,
      );
      return JSON.parse(text).version === version;
    } catch {
      return false;
    }
  }));
  if (present.every(Boolean)) return;
  // No package.json here: Deno would take this folder for a project of its own.
  const specs = wanted.map(([name, version]) => `${name}@${version}`);
  const flags = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", HERE];
  const npm = ["npm", "install", ...flags, ...specs];
  const [file, ...args] = Deno.build.os === "windows" ? ["cmd", "/d", "/c", ...npm] : npm;
  const { success, stderr } = await new Deno.Command(file, {
    args,
    cwd: HERE,
    stdin: "null",
  })
    .output();
  if (!success) {
    throw new Error(`npm install in bench failed:\n${decode(stderr)}`);
  }
}

/** Everybody, and the names and versions of what they run on. */
export async function entrants(): Promise<
  { all: Entrant[]; versions: string[] }
> {
  const all: Entrant[] = [];
  const versions: string[] = [];
  for (const name of RUNTIME_NAMES) {
    versions.push(`${name} ${pinnedVersion(name)}`);
    all.push(...await oursOn(name));
  }
  const python = await findPython();
  if (python !== null) {
    versions.push(python.version);
    const commands = {
      pool: [python.file, `${HERE}compare/python_pool.py`],
      sync: [python.file, `${HERE}compare/python_sync.py`],
      pipe: [python.file, `${HERE}compare/python_queue.py`, "Queue"],
      manager: [python.file, `${HERE}compare/python_manager.py`],
    };
    all.push({ label: "CPython, spawn", kind: "python", commands, without: ["pipe-transfer"] });
    for (const name of ["Queue", "SimpleQueue"]) {
      const queue = [python.file, `${HERE}compare/python_queue.py`, name];
      const kind = name === "Queue" ? "python" : "peer";
      all.push({ label: `CPython, ${name}`, kind, commands: { queue }, without: [] });
    }
  }
  const node = await runtime("node24");
  for (const name of PEERS) {
    versions.push(`${name} ${packages[name]}`);
    const without = ["process-start", "imap", ...(name === "poolifier" ? [] : ["map"])];
    const commands = { pool: [node, `${HERE}compare/${name}.mjs`] };
    all.push({ label: `${name}, node24`, kind: "peer", commands, without });
  }
  versions.push(`tinybench ${packages.tinybench}`);
  return { all, versions };
}

/** Runs a program of this folder that writes files, on the runtime that finds its packages there. */
export async function runTool(file: string, input: string): Promise<void> {
  const child = new Deno.Command(await runtime("node24"), {
    args: [`${HERE}${file}`],
    cwd: HERE,
    stdin: "piped",
    stdout: "inherit",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stderr } = await child.output();
  if (!success) throw new Error(`${file} failed:\n${decode(stderr)}`);
}

/** The workloads beside the built package, with what they import from npm. */
async function benchOfPackage(): Promise<string> {
  const folder = `${await packageTree()}bench/`;
  await Deno.symlink(`${HERE}node_modules`, `${folder}node_modules`).catch((error) => {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  });
  return folder;
}

/** This library on one runtime, with either start method and, for some, through the broker. */
async function oursOn(name: RuntimeName): Promise<Entrant[]> {
  const executable = await runtime(name);
  const start = name === "deno" ? [executable, "run", "-A", "--no-check"] : [executable];
  const folder = await benchOfPackage();
  const pool = [...start, `${folder}compare/ours.ts`];
  const sync = [...start, `${folder}compare/sync_workloads.ts`];
  const pipe = [...start, `${folder}compare/pipe_workloads.ts`];
  const queue = [...start, `${folder}compare/queue_workloads.ts`];
  const manager = [...start, `${folder}compare/manager_workloads.ts`];
  const ours = { kind: "ours", on: name } as const;
  const programs = (method: Method) => ({
    sync: [...sync, method],
    pipe: [...pipe, method],
    queue: [...queue, method],
    manager: [...manager, method],
  });
  const spawn: Entrant = {
    ...ours,
    label: `ours, ${name}, spawn`,
    method: "spawn",
    commands: { pool: [...pool, "spawn"], ...programs("spawn") },
    without: ["pipe-transfer"],
  };
  const thread: Entrant = {
    ...ours,
    label: `ours, ${name}, thread`,
    method: "thread",
    commands: { pool: [...pool, "thread"], ...programs("thread") },
    without: [],
  };
  // Processes without shared pages: the fallback, for which there are no targets.
  const broker: Entrant = {
    ...ours,
    label: `ours, ${name}, spawn, broker`,
    commands: programs("spawn"),
    env: { MANYCORE_NATIVE: "0" },
    without: ["pipe-transfer"],
  };
  // From JSR or an address Deno gets the sources: the same code, but three hundred modules to load.
  const sources = (method: Method): Entrant => ({
    ...ours,
    label: `ours, ${name}, sources, ${method}`,
    commands: { pool: [...start, `${HERE}compare/ours.ts`, method] },
    without: [],
    only: ["process-start", "pool-start"],
  });
  // Threads with nothing of ours between them.
  const raw: Entrant = {
    label: `postMessage, ${name}`,
    kind: "peer",
    on: name,
    commands: { pipe: [...start, `${HERE}compare/post_message.ts`] },
    without: ["pipe-busy", "pipe-sleep", "pipe-one-way", "pipe-bytes"],
  };
  // It takes Deno more than a second to post 8 MiB to a `Worker` of `node:worker_threads`.
  if (name === "deno") raw.without.push("pipe-transfer");
  if (name === "node24") { // it cannot map pages
    const { pool, manager } = spawn.commands;
    spawn.commands = { pool, manager };
    delete broker.commands.manager;
  }
  if (name === "deno") return [spawn, broker, thread, sources("spawn"), sources("thread"), raw];
  return name === "node24" ? [spawn, broker, thread, raw] : [spawn, thread, raw];
}

async function findPython(): Promise<{ file: string; version: string } | null> {
  for (const file of ["python3", "python"]) {
    try {
      const { success, stdout } = await new Deno.Command(file, {
        args: ["--version"],
      }).output();
      const version = decode(stdout).trim();
      if (success && version.startsWith("Python 3")) return { file, version };
    } catch {
      // Not there under this name.
    }
  }
  return null;
}

function path(url: URL): string {
  return decodeURIComponent(url.pathname).replace(/^\/([A-Za-z]:)/, "$1");
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
