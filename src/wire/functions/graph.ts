/**
 * Layer 3, wire/functions. Walks the modules that a program imports, by their source text: nothing
 * is ever imported for it, since the main module may itself still be waiting at its top level.
 *
 * Every module is read once and kept; files that change while the program runs are not read
 * again, just as the engine does not load them again.
 *
 * @module
 */

import { isOwnModule } from "../../runtime/places.ts";
import { moduleHost } from "./host.ts";
import type { ModuleText } from "./match.ts";
import { type ImportedModule, outline } from "./scan.ts";

/** The modules behind some roots. */
export type ModuleGraph = {
  /** The program's own modules, nearest first. */
  readonly project: readonly ModuleText[];
  /** Modules whose source cannot be read here: remote ones, and those of another package system. */
  readonly unreadable: readonly string[];
  /** Modules of the runtime itself, such as `node:path`. */
  readonly builtin: readonly string[];
  /** Modules of installed packages, nearest first; read when first asked for. */
  packages(): readonly ModuleText[];
};

/** As many package modules are read at most: a search, not a crawl. */
const MAX_PACKAGE_MODULES = 5000;

const modules = new Map<string, ModuleText | "unreadable" | "missing">();
const graphs = new Map<string, ModuleGraph>();

/**
 * The modules that some roots import, directly or not. The answer for the same roots is kept.
 *
 * @param roots Addresses of modules.
 * @returns Their graph, without the library's own modules.
 */
export function moduleGraph(roots: readonly string[]): ModuleGraph {
  const key = roots.join("\n");
  let graph = graphs.get(key);
  if (graph === undefined) graphs.set(key, graph = walk(roots));
  return graph;
}

/**
 * Whether a module is CommonJS, as far as its name or its source tells.
 *
 * @param url Address of the module.
 * @returns `true` if `require` and `module` are there and `import.meta` is not.
 */
export function isCommonJs(url: string): boolean {
  const extension = /\.([cm]?)[jt]sx?(?:$|[?#])/.exec(url)?.[1];
  if (extension === "c" || extension === "m") return extension === "c";
  const module = read(url);
  if (typeof module === "string" || /^\s*export\b/m.test(module.source)) return false;
  const forms = module.outline.imports.map(({ form }) => form);
  return forms.includes("require") && !forms.includes("import");
}

/** The module of an address; `unreadable` if only importing it could tell, `missing` if nothing can. */
function read(url: string): ModuleText | "unreadable" | "missing" {
  let module = modules.get(url);
  if (module === undefined) modules.set(url, module = readAnew(url));
  return module;
}

function readAnew(url: string): ModuleText | "unreadable" | "missing" {
  if (!url.startsWith("file:")) return "unreadable";
  try {
    const source = moduleHost().readText(url);
    return source === null ? "unreadable" : { url, source, outline: outline(source) };
  } catch {
    return "missing";
  }
}

const inPackage = (url: string): boolean => url.includes("/node_modules/");
const isBuiltin = (url: string): boolean => /^(?:node|bun|cloudflare|ext):/.test(url);
const isCode = (url: string): boolean => {
  const name = url.replace(/[?#].*$/, "").replace(/^.*\//, "");
  return !name.includes(".") || /\.(?:[cm]?[jt]s|[jt]sx)$/.test(name) || !url.startsWith("file:");
};

function walk(roots: readonly string[]): ModuleGraph {
  const project: ModuleText[] = [];
  const entries = new Set<string>();
  const unreadable = new Set<string>();
  const builtin = new Set<string>();
  const seen = new Set<string>();
  const queue: { url: string; root: boolean }[] = roots.map((url) => ({ url, root: true }));

  for (let next = 0; next < queue.length; next++) {
    const { url, root } = queue[next];
    if (seen.has(url) || isOwnModule(url)) continue;
    seen.add(url);
    if (isBuiltin(url)) builtin.add(url);
    else if (inPackage(url) && !root) entries.add(url);
    else {
      const module = read(url);
      if (module === "unreadable") unreadable.add(url);
      if (typeof module === "string") continue;
      project.push(module);
      for (const found of importsOf(module)) queue.push({ url: found, root: false });
    }
  }

  let packages: ModuleText[] | undefined;
  return {
    project,
    unreadable: [...unreadable],
    builtin: [...builtin],
    packages: () => packages ??= walkPackages([...entries]),
  };
}

function walkPackages(entries: readonly string[]): ModuleText[] {
  const found: ModuleText[] = [];
  const seen = new Set(entries);
  for (const url of seen) {
    if (found.length >= MAX_PACKAGE_MODULES) break;
    const module = isOwnModule(url) || isBuiltin(url) ? "missing" : read(url);
    if (typeof module === "string") continue;
    found.push(module);
    for (const imported of importsOf(module)) seen.add(imported);
  }
  return found;
}

/** Where the imports of a module lead; those that lead nowhere are left out. */
function importsOf(module: ModuleText): string[] {
  const found: string[] = [];
  for (const imported of module.outline.imports) {
    const url = follow(imported, module.url);
    if (url !== null && isCode(url)) found.push(url);
  }
  return found;
}

function follow({ specifier, form }: ImportedModule, from: string): string | null {
  if (/^\.{0,2}\//.test(specifier)) {
    const url = new URL(specifier, from).href;
    if (!url.startsWith("file:") || isOwnModule(url) || !isCode(url) || read(url) !== "missing") {
      return url;
    }
  } else if (isBuiltin(specifier)) {
    return specifier;
  } else if (/^(?:file|https?|data|blob):/.test(specifier)) {
    return URL.canParse(specifier) ? new URL(specifier).href : null;
  }
  return moduleHost().resolve(specifier, from, form === "require" ? "require" : "import");
}
