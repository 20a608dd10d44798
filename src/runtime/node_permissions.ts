/**
 * Layer 1, runtime. The permissions of a child in Node, by Node's own permission model, on the
 * parent's side: which flags it gets, and a refusal of every set that Node cannot keep. The child's
 * side is `node_seal.ts`.
 *
 * A child never gets more than its parent. So the flags of a parent that runs with `--permission`
 * are not passed on as they are but built anew, from what the parent still may: a relative path
 * would mean another folder in the child, and what was dropped would come back.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { listPermissions, pathArguments, splitOptions, withoutPermissions } from "./node_flags.ts";
import { type Permission, SCOPES } from "./node_seal.ts";
import type { PermissionSet, StartOptions } from "./types.ts";

/** How a child with permissions of its own is started. */
export interface Confinement {
  /** Flags in front of the entry point; they replace those that the child would inherit. */
  flags: string[];
  /** What to add to its environment. */
  variables: Record<string, string>;
  /** What the child is told to take away from itself, see `node_seal.ts`. */
  seal: string;
}

type Name = keyof PermissionSet;

/** Node has these flags, or it has not; a list is for paths only. */
const WHOLE: readonly [Name, string, string][] = [
  ["net", "--allow-net", "net"],
  ["run", "--allow-child-process", "child"],
  ["ffi", "--allow-addons", "addons"],
  ["ffi", "--allow-ffi", "ffi"],
];
/** Flags without a value, and the scopes they open. */
const INHERITED: readonly [string, string][] = [
  ["--allow-net", "net"],
  ["--allow-child-process", "child"],
  ["--allow-worker", "worker"],
  ["--allow-addons", "addons"],
  ["--allow-ffi", "ffi"],
  ["--allow-inspector", "inspector"],
  ["--allow-wasi", "wasi"],
];
/** What a set may say of each entry. */
const LISTED: readonly Name[] = ["read", "write"];
/** What no version of Node can deny. */
const NEVER_DENIED: readonly Name[] = ["env", "sys"];

/**
 * How to start a child with the permissions that it is to have; `null` if it is as free as an
 * ordinary program.
 *
 * @throws {ProcessError} If Node cannot deny what the set denies, or this program has less.
 */
export function confine(options: StartOptions, entry: URL, watched: boolean): Confinement | null {
  const { permissions = "inherit" } = options;
  const own = ownPermission();
  if (permissions === "inherit" && own === undefined) return null;
  const set = permissions === "inherit" ? null : permissions === "none" ? {} : permissions;
  if (set !== null) refuseWhatNodeCannot(set, options.name);
  if (set !== null && own === undefined && isEverything(set)) return null;
  const flags = set === null || isEverything(set)
    ? inheritedFlags(own!)
    : flagsOf(set, options, own, entry);
  const allowed = INHERITED.filter(([flag]) => flags.includes(flag)).map(([, scope]) => scope);
  const denied = SCOPES.filter((scope) =>
    scope.startsWith("fs.")
      ? !flags.includes(`--allow-${scope.replace(".", "-")}=*`)
      : !allowed.includes(scope)
  );
  // Its watchdog is a thread; the child closes this door before it loads a module of the program.
  if (watched && denied.includes("worker")) flags.push("--allow-worker");
  const inherited = { ...process.env, ...options.env }.NODE_OPTIONS;
  return {
    flags: [...withoutPermissions(process.execArgv), "--disable-warning=SecurityWarning", ...flags],
    variables: inherited === undefined
      ? {}
      : { NODE_OPTIONS: withoutPermissions(splitOptions(inherited)).map(quote).join(" ") },
    seal: `${set === null ? "inherited" : "given"}:${denied.join(",")}`,
  };
}

function isEverything(set: PermissionSet): boolean {
  return (["read", "write", "net", "env", "run", "ffi", "sys"] as const).every((name) =>
    set[name] === true
  );
}

function ownPermission(): Permission | undefined {
  return (process as { permission?: Permission }).permission;
}

// -- What Node cannot do --

function refuseWhatNodeCannot(set: PermissionSet, name: string): void {
  const known = process.allowedNodeEnvironmentFlags;
  const version = `Node ${process.versions.node}`;
  const refuse = (why: string, remedy: string) => {
    throw new ProcessError(
      `Cannot start the process ${name} with permissions: ${version} ${why}; run the program in ` +
        `Deno, or ${remedy}`,
    );
  };
  if (!known.has("--permission")) {
    refuse("has no permission model", "leave permissions out");
  }
  if (isEverything(set)) return;
  const needed = [...(known.has("--allow-net") ? [] : ["net" as const]), ...NEVER_DENIED];
  const missing = needed.filter((entry) => set[entry] !== true);
  if (missing.length > 0) {
    const example = Object.entries({ ...set, ...Object.fromEntries(needed.map((n) => [n, true])) })
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    refuse(
      `cannot deny a child ${missing.join(", ")}`,
      `grant what Node cannot deny: permissions: { ${example.join(", ")} }`,
    );
  }
  for (const [entry, value] of Object.entries(set) as [Name, boolean | readonly string[]][]) {
    if (!Array.isArray(value) || LISTED.includes(entry) || entry === "import") continue;
    refuse(`cannot limit ${entry} to a list`, `give ${entry}: true or ${entry}: false`);
  }
  for (const entry of LISTED) {
    const wild = asList(set[entry]).find((path) => path.includes("*"));
    if (wild !== undefined) {
      refuse(`takes the * in ${JSON.stringify(wild)} for any text`, "name a folder");
    }
  }
  const everywhere = set.write === true || asList(set.write).some((path) => {
    const full = absolute(path, undefined);
    return full === "/" || full === "/proc" || full.startsWith("/proc/");
  });
  if (everywhere) {
    refuse(
      "cannot deny anything to a child that may write everywhere: the memory of processes is among " +
        "the files",
      'name the folders: permissions: { write: ["./out"], … }',
    );
  }
}

// -- Flags --

function flagsOf(
  set: PermissionSet,
  options: StartOptions,
  own: Permission | undefined,
  entry: URL,
): string[] {
  const known = process.allowedNodeEnvironmentFlags;
  const flags = ["--permission"];
  for (const kind of ["read", "write"] as const) {
    const value = set[kind];
    if (value === true) {
      requireOwn(own, kind, `fs.${kind}`);
      flags.push(`--allow-fs-${kind}=*`);
      continue;
    }
    const paths = asList(value).map((path) => absolute(path, options.cwd));
    for (const path of paths) requireOwn(own, kind, `fs.${kind}`, path);
    if (kind === "read") paths.push(...codeOf(entry, options));
    flags.push(...pathArguments(kind, paths));
  }
  for (const [name, flag, scope] of WHOLE) {
    if (set[name] !== true || !known.has(flag)) continue;
    requireOwn(own, name, scope);
    flags.push(flag);
  }
  // What Node's model leaves open: databases are opened past it, and a signal opens the debugger.
  if (known.has("--no-experimental-sqlite")) flags.push("--no-experimental-sqlite");
  if (known.has("--disable-sigusr1")) flags.push("--disable-sigusr1");
  return flags;
}

/** What this program may do, which runs with `--permission` itself. */
function inheritedFlags(own: Permission): string[] {
  const flags = ["--permission"];
  const listed = listPermissions([
    ...splitOptions(process.env.NODE_OPTIONS ?? ""),
    ...process.execArgv,
  ]);
  for (const kind of ["read", "write"] as const) {
    const scope = `fs.${kind}`;
    if (own.has(scope)) {
      flags.push(`--allow-fs-${kind}=*`);
    } else {
      const paths = listed[kind].map((path) => absolute(path, undefined));
      flags.push(...pathArguments(kind, paths.filter((path) => own.has(scope, path))));
    }
  }
  for (const [flag, scope] of INHERITED) {
    // A version that does not know a scope does not restrict it either.
    if (process.allowedNodeEnvironmentFlags.has(flag) && own.has(scope)) flags.push(flag);
  }
  return flags;
}

function requireOwn(own: Permission | undefined, name: Name, scope: string, path?: string): void {
  if (own === undefined || own.has(scope, path)) return;
  const what = path === undefined ? name : `${name} for ${JSON.stringify(path)}`;
  const flag = { read: "fs-read", write: "fs-write", run: "child-process", ffi: scope }[
    name as string
  ] ?? name;
  throw new ProcessError(
    `Cannot give a child the permission ${what}: this program does not have it; run it with ` +
      `--allow-${flag}${name === "read" || name === "write" ? `=${path ?? "*"}` : ""}`,
  );
}

/** The files that a child must read to run the program's functions: the library and its modules. */
function codeOf(entry: URL, { modules = [], mainModule, imports }: StartOptions): string[] {
  const { fileURLToPath } = process.getBuiltinModule("node:url");
  const { realpathSync } = process.getBuiltinModule("node:fs");
  const own = [
    new URL(".", entry),
    new URL(entry.pathname.replace(/.*\.(?=\w+$)/, "../mod."), entry),
  ];
  const roots = mainModule ? [mainModule, ...modules] : modules;
  const urls = [...own.map((url) => url.href), ...roots, ...imports?.(roots) ?? []];
  const paths = new Set<string>();
  for (const url of urls) {
    if (!url.startsWith("file:")) continue;
    const path = fileURLToPath(new URL(url.replace(/[?#].*$/, "")));
    if (!isThere(path)) continue;
    paths.add(path);
    paths.add(realpathSync(path));
  }
  const { dirname } = process.getBuiltinModule("node:path");
  for (const path of [...paths]) {
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
      const packages = `${folder}/node_modules`;
      if (!paths.has(packages) && isThere(packages)) paths.add(packages);
    }
  }
  return [...paths];
}

/** Whether there is a file, as far as this program may look: with `--permission` a look may throw. */
export function isThere(path: string): boolean {
  try {
    return process.getBuiltinModule("node:fs").existsSync(path);
  } catch {
    return false;
  }
}

function asList(value: boolean | readonly string[] | undefined): readonly string[] {
  return typeof value === "object" ? value : [];
}

function absolute(path: string, cwd: string | undefined): string {
  return process.getBuiltinModule("node:path").resolve(cwd ?? ".", path);
}

function quote(flag: string): string {
  return /[\s"\\]/.test(flag) ? `"${flag.replace(/["\\]/g, "\\$&")}"` : flag;
}
