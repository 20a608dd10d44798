/**
 * Layer 1, runtime. What the three runtimes know about modules: the main module, source text,
 * where a specifier leads, importing.
 *
 * Imports no `node:` module at its top: one costs Deno's start some 20 ms, so each is asked for when
 * it is first needed, and in Deno only where Deno itself has no answer.
 *
 * @module
 */

import { mappedImport, packageImport } from "./specifiers.ts";

type DenoApi = {
  readonly mainModule: string;
  readTextFileSync(path: URL): string;
  realPathSync(path: URL): string;
  permissions: { querySync(wanted: { name: "read"; path: URL }): { state: string } };
};
type BunApi = {
  readonly main: string;
  resolveSync(specifier: string, from: string): string;
  fileURLToPath(url: URL): string;
  Transpiler: new (options: object) => { transformSync(source: string): string };
};
type Process = {
  argv: string[];
  getBuiltinModule(name: string): Record<string, unknown> | undefined;
};
type Fs = {
  readFileSync(path: URL, encoding: "utf8"): string;
  realpathSync(path: URL): string;
};
type NodeModule = {
  createRequire(from: string): { resolve(specifier: string): string };
  registerHooks?(hooks: {
    resolve(
      specifier: string,
      context: object,
      next: (specifier: string, context: object) => { url: string },
    ): { url: string };
  }): unknown;
};

// `process` is named only inside functions: in Deno, looking at it costs 11 ms.
const { Deno: deno, Bun: bun } = globalThis as unknown as {
  Deno?: DenoApi;
  Bun?: BunApi;
};
const process = (): Process => (globalThis as unknown as { process: Process }).process;

const fs = (): Fs => process().getBuiltinModule("node:fs") as Fs;
const nodeModule = (): NodeModule => process().getBuiltinModule("node:module") as NodeModule;

let watched: Set<string> | null = null;
let mainModule: string | null | undefined;

/** The modules' side of this runtime, in the shape that `wire/functions/host.ts` asks for. */
export const moduleHost = {
  /** Address of the module that this program was started with. */
  get mainModule(): string | null {
    return mainModule === undefined ? mainModule = findMainModule() : mainModule;
  },

  /** Source text of a `file:` module, `null` if it may not be read. Throws if it is not there. */
  readText(url: string): string | null {
    const file = fileOf(url);
    if (deno === undefined) return fs().readFileSync(file, "utf8");
    // Asking first: without permission, reading would stop the program at a question.
    if (deno.permissions.querySync({ name: "read", path: file }).state !== "granted") {
      return null;
    }
    return deno.readTextFileSync(file);
  },

  /** Where a specifier leads, or `null`. */
  resolve(specifier: string, from: string, kind: "import" | "require"): string | null {
    try {
      if (bun !== undefined) {
        return asUrl(bun.resolveSync(specifier, bun.fileURLToPath(new URL(".", from))));
      }
      if (deno !== undefined && kind === "import") {
        const mapped = mappedInDeno(specifier, from);
        if (mapped !== null) return mapped;
      }
      const chosen = kind === "import" ? packageImport(specifier, from, readIfThere) : null;
      return chosen !== null
        ? moduleHost.realUrl(chosen.href)
        : asUrl(nodeModule().createRequire(from).resolve(specifier));
    } catch {
      return null;
    }
  },

  /** Imports a module. */
  importModule(url: string): Promise<Record<string, unknown>> {
    return import(url);
  },

  /** Whether the engine sees another text than the file's. Bun prints every module anew. */
  isTranspiled(url: string): boolean {
    return bun !== undefined || /\.(?:[cm]?ts|[jt]sx)(?:$|[?#])/.test(url);
  },

  /** The text that the engine sees. */
  compiledText(url: string, source: string): string | null {
    if (bun === undefined) return null;
    const extension = /\.([cm]?[jt]s|[jt]sx)(?:$|[?#])/.exec(url)?.[1] ?? "js";
    const loader = extension.replace(/^[cm]/, "");
    try {
      return new bun.Transpiler({
        loader,
        target: "bun",
        inline: true,
        define: { "process.env.NODE_ENV": "process.env.NODE_ENV" },
      }).transformSync(source);
    } catch {
      return null;
    }
  },

  /** The address behind symbolic links. */
  realUrl(url: string): string {
    if (!url.startsWith("file:")) return url;
    try {
      const file = fileOf(url);
      return asUrl(deno === undefined ? fs().realpathSync(file) : deno.realPathSync(file));
    } catch {
      return url;
    }
  },

  /** A module of the runtime itself. */
  builtinModule(specifier: string): Record<string, unknown> | null {
    return process().getBuiltinModule(specifier) ?? null;
  },

  /** From the first call on, records every module that is imported. Bun cannot tell. */
  watchImports(): ReadonlySet<string> {
    if (watched !== null) return watched;
    const urls = watched = new Set();
    nodeModule().registerHooks?.({
      resolve(specifier, context, next) {
        const found = next(specifier, context);
        if (!/^(?:node|ext):/.test(found.url)) urls.add(found.url);
        return found;
      },
    });
    return urls;
  },
};

/** What Deno's import map says, or the package manager behind it. */
function mappedInDeno(specifier: string, from: string): string | null {
  if (/^\.{0,2}\//.test(specifier)) return null;
  try {
    return import.meta.resolve(specifier);
  } catch {
    // It answers as if this file had asked: another member of a workspace may have its own map.
    return mappedImport(specifier, from, readIfThere);
  }
}

function readIfThere(url: URL): string | null {
  try {
    return moduleHost.readText(url.href);
  } catch {
    return null;
  }
}

function findMainModule(): string | null {
  try {
    // A program that is a text, or comes through standard input, has no file.
    if (deno !== undefined) {
      return /\/\$deno\$\w+\.mts$/.test(deno.mainModule) ? null : deno.mainModule;
    }
    const path = bun?.main ?? process().argv[1];
    if (path === undefined || path === "" || path === "-" || /\[(eval|stdin)\]$/.test(path)) {
      return null;
    }
    // The path may leave out the extension, or name a folder.
    return asUrl(nodeModule().createRequire(asUrl(path)).resolve(path));
  } catch {
    return null;
  }
}

function fileOf(url: string): URL {
  const file = new URL(url);
  file.search = "";
  file.hash = "";
  return file;
}

/** A path as an address; what is no absolute path (`node:fs`) stays as it is. */
function asUrl(path: string): string {
  const drive = /^[A-Za-z]:[\\/]/.test(path);
  if (!drive && !path.startsWith("/")) return path;
  const escaped = path.replaceAll("%", "%25").replaceAll("#", "%23").replaceAll("?", "%3F");
  const slashed = drive ? "/" + escaped.replaceAll("\\", "/") : escaped.replaceAll("\\", "%5C");
  return new URL("file://" + slashed).href;
}
