/**
 * Layer 1, runtime. Where a bare specifier leads, for what no runtime tells at once: Node answers
 * for `require` only, and Deno only for the module that asks, not for another one. Imports nothing.
 *
 * Works on files through two functions that are handed in.
 *
 * @module
 */

/** Reads a file; `null` if there is none or it may not be read. */
export type ReadFile = (url: URL) => string | null;

/**
 * A package's file as `import` finds it: the nearest `node_modules` folder that has the package,
 * and its `exports`.
 *
 * @param specifier A bare specifier, such as `pkg` or `@scope/pkg/sub`.
 * @param from Address of the importing module.
 * @param read Reads a file.
 * @returns The address, or `null` where the package does not tell `import` from `require`.
 */
export function packageImport(specifier: string, from: string, read: ReadFile): URL | null {
  const name = /^(@[^/]+\/[^/]+|[^/.#@][^/]*)(\/.*)?$/.exec(specifier);
  if (name === null) return null;
  for (const folder of foldersAbove(from)) {
    const root = new URL(`node_modules/${name[1]}/`, folder);
    const manifest = read(new URL("package.json", root));
    if (manifest === null) continue;
    const target = exported(JSON.parse(manifest).exports, "." + (name[2] ?? ""));
    return target === null ? null : new URL(target, root);
  }
  return null;
}

/**
 * Where the `imports` of the nearest `deno.json` send a specifier.
 *
 * @param specifier A bare specifier.
 * @param from Address of the importing module.
 * @param read Reads a file.
 * @returns An address or another specifier (`npm:…`), or `null`.
 */
export function mappedImport(specifier: string, from: string, read: ReadFile): string | null {
  for (const folder of foldersAbove(from)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const file = new URL(name, folder);
      const text = read(file);
      if (text === null) continue;
      const { imports } = JSON.parse(withoutComments(text)) as { imports?: Record<string, string> };
      const key = Object.keys(imports ?? {}).filter((one) =>
        one === specifier || one.endsWith("/") && specifier.startsWith(one)
      ).sort((a, b) =>
        b.length - a.length
      )[0];
      if (key === undefined) continue;
      const target = imports![key] + specifier.slice(key.length);
      return /^\.{0,2}\//.test(target) ? new URL(target, file).href : target;
    }
  }
  return null;
}

function* foldersAbove(from: string): Generator<URL> {
  let folder = new URL(".", from);
  while (true) {
    yield folder;
    const above = new URL("..", folder);
    if (above.href === folder.href) return;
    folder = above;
  }
}

/** Leaves strings as they are, and drops commas before a closing bracket. */
function withoutComments(text: string): string {
  const pattern = /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g;
  return text.replace(pattern, (_, string?: string) => string ?? "")
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, string?: string) => string ?? "");
}

function exported(exports: unknown, subpath: string): string | null {
  if (exports === undefined || exports === null) return null;
  const keyed = typeof exports === "object" && !Array.isArray(exports) &&
    Object.keys(exports).some((key) => key.startsWith("."));
  if (!keyed) return subpath === "." ? chosen(exports) : null;
  const table = exports as Record<string, unknown>;
  if (table[subpath] !== undefined) return chosen(table[subpath]);
  for (const [pattern, target] of Object.entries(table)) {
    const [before, after] = pattern.split("*");
    if (after === undefined || !subpath.startsWith(before) || !subpath.endsWith(after)) continue;
    const rest = subpath.slice(before.length, subpath.length - after.length);
    return chosen(target)?.replaceAll("*", rest) ?? null;
  }
  return null;
}

/** The first target whose conditions hold for `import`. */
function chosen(target: unknown): string | null {
  if (typeof target === "string") return target;
  if (Array.isArray(target)) {
    return target.map(chosen).find((one) => one !== null) ?? null;
  }
  if (typeof target !== "object" || target === null) return null;
  for (const [condition, inner] of Object.entries(target)) {
    if (!/^(?:node|import|module-sync|default)$/.test(condition)) continue;
    const found = chosen(inner);
    if (found !== null) return found;
  }
  return null;
}
