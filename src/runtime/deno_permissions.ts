/**
 * Layer 1, runtime. Which permission flags a child gets in Deno: its parent's, or fewer, never more.
 *
 * Deno tells whether a permission is granted as a whole, and answers for a named resource, but
 * never lists what a partial grant covers, nor what is denied within a grant. So a partial grant is
 * not inherited: name the resources in `permissions`, and each is checked against what this program
 * may do.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import type { Permissions, PermissionSet } from "./types.ts";

type Name = keyof PermissionSet;

const NAMES: readonly Name[] = ["read", "write", "net", "env", "run", "ffi", "sys", "import"];

/** Where Deno imports from without being told. */
const TRUSTED: readonly string[] = [
  "deno.land",
  "jsr.io",
  "esm.sh",
  "cdn.jsdelivr.net",
  "raw.githubusercontent.com",
  "gist.githubusercontent.com",
].map((host) => `${host}:443`);

/** Whether a child gets every permission there is, because this program has them all. */
export function allGranted(permissions: Permissions): boolean {
  return permissions === "inherit" && NAMES.every((name) => granted({ name }));
}

/**
 * Returns the permission flags for a child that must be able to reach `address`, and the hosts.
 *
 * @param code Addresses of modules that are this program's code: they can be imported as here.
 * @param entry What the child runs: it may read the library, which starts threads by address.
 */
export function permissionFlags(
  permissions: Permissions,
  address: string,
  hosts: readonly string[] = [],
  cwd?: string,
  code: readonly string[] = [],
  entry?: URL,
): string[] {
  if (allGranted(permissions)) return ["-A"];
  const own = entry === undefined ? [] : libraryOf(entry);
  const wanted = asSet(permissions);
  const flags = ["--no-prompt"];
  const extra = channelResources(address);
  for (const name of NAMES) {
    const value = wanted[name];
    if (value === true && granted({ name })) {
      flags.push(`--allow-${name}`);
      continue;
    }
    if (value === true && permissions !== "inherit") {
      throw new ProcessError(
        `Cannot give a child the permission ${name}: this program does not have it as a whole; ` +
          `run it with --allow-${name}, or list what the child needs: permissions: { ${name}: ["…"] }`,
      );
    }
    const listed = Array.isArray(value) ? value : [];
    for (const resource of listed) requireGranted(name, resource, cwd);
    const all = [...listed, ...(extra[name] ?? [])];
    if (name === "net") all.push(...hosts);
    if (name === "read") all.push(...own);
    if (name === "import") all.push(...hostsOfCode(code));
    if (all.length > 0) flags.push(`--allow-${name}=${all.map(escape).join(",")}`);
  }
  return flags;
}

/** Whether this program holds a permission, without exceptions (`--deny-…`) below it. */
export function granted(
  descriptor: { name: Name; path?: string; host?: string; command?: string; variable?: string },
): boolean {
  const { state, partial } = Deno.permissions.querySync(descriptor as Deno.PermissionDescriptor);
  return state === "granted" && !partial;
}

function asSet(permissions: Permissions): PermissionSet {
  if (permissions === "none") return {};
  if (permissions !== "inherit") return permissions;
  return Object.fromEntries(NAMES.map((name) => [name, true]));
}

/** A relative path means a file in the folder that the child runs in. */
function requireGranted(name: Name, resource: string, cwd: string | undefined): void {
  const key = {
    read: "path",
    write: "path",
    net: "host",
    env: "variable",
    run: "command",
    ffi: "path",
    sys: "kind",
    import: "host",
  }[name];
  const isRelative = key === "path" && !/^(?:\/|[A-Za-z]:|file:)/.test(resource);
  const meant = isRelative && cwd !== undefined
    ? `${cwd.replace(/\/$/, "")}/${resource}`
    : resource;
  if (granted({ name, [key]: meant })) return;
  throw new ProcessError(
    `Cannot give a child the permission ${name} for ${
      JSON.stringify(resource)
    }: this program does ` +
      `not have it; run it with --allow-${name}=${meant}`,
  );
}

/** The library's folder, if it has one that this program may read. */
function libraryOf(entry: URL): string[] {
  if (entry.protocol !== "file:") return [];
  const folder = decodeURIComponent(new URL(".", entry).pathname).replace(/\/$/, "");
  return granted({ name: "read", path: folder }) ? [folder] : [];
}

/** What the control channel itself needs. */
function channelResources(address: string): Partial<Record<Name, string[]>> {
  const [kind, place] = [
    address.slice(0, address.indexOf(":")),
    address.slice(address.indexOf(":") + 1),
  ];
  if (kind === "abstract") return {}; // only for children that may do everything
  if (kind === "tcp") return { net: [`127.0.0.1:${place}`] };
  return { net: [address], read: [place], write: [place] };
}

/** Hosts that must be named for a child, because its code comes from others than Deno trusts anyway. */
function hostsOfCode(code: readonly string[]): string[] {
  const hosts = new Set<string>();
  for (const url of code) {
    if (!/^https?:/.test(url)) continue;
    const { hostname, port, protocol } = new URL(url);
    hosts.add(`${hostname}:${port || (protocol === "https:" ? 443 : 80)}`);
  }
  if ([...hosts].every((host) => TRUSTED.includes(host))) return [];
  // A list replaces the one that Deno has without it.
  return [...new Set([...hosts, ...TRUSTED])].filter((host) => granted({ name: "import", host }));
}

function escape(resource: string): string {
  return resource.replaceAll(",", ",,");
}

/** What may be missing where a module of this program could not be imported; `""` if nothing is. */
export function importHint(url: string): string {
  if (!("Deno" in globalThis) || !url.startsWith("file:")) return "";
  if (granted({ name: "read", path: decodeURIComponent(new URL(url).pathname) })) return "";
  return ": Deno has to read the program's deno.json and modules, give --allow-read for its folder";
}
