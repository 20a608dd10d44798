/** Who takes part in the benchmarks, and the command that measures a row of theirs. */

import { pinnedVersion, runtime, RUNTIME_NAMES } from "../scripts/runtimes.ts";
import type { Method } from "./rows.ts";
import packages from "./packages.json" with { type: "json" };

export interface Entrant {
  label: string;
  kind: "ours" | "python" | "peer";
  method?: Method;
  /** The command without the name of the row. */
  command: string[];
  /** Rows that this one has no counterpart for. */
  without: string[];
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
  const ours = `${HERE}compare/ours.ts`;
  for (const name of RUNTIME_NAMES) {
    const executable = await runtime(name);
    versions.push(`${name} ${pinnedVersion(name)}`);
    const start = name === "deno" ? [executable, "run", "-A", "--no-check"] : [executable];
    for (const method of ["spawn", "thread"] as const) {
      const command = [...start, ours, method];
      all.push({
        label: `ours, ${name}, ${method}`,
        kind: "ours",
        method,
        command,
        without: [],
      });
    }
  }
  const python = await findPython();
  if (python !== null) {
    versions.push(python.version);
    const command = [python.file, `${HERE}compare/python_pool.py`];
    all.push({ label: "CPython, spawn", kind: "python", command, without: [] });
  }
  const node = await runtime("node24");
  for (const name of PEERS) {
    versions.push(`${name} ${packages[name]}`);
    const without = name === "poolifier" ? ["process-start"] : ["process-start", "map"];
    const command = [node, `${HERE}compare/${name}.mjs`];
    all.push({ label: `${name}, node24`, kind: "peer", command, without });
  }
  versions.push(`tinybench ${packages.tinybench}`);
  return { all, versions };
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
