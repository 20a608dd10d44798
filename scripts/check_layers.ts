/**
 * Checks the imports of the library against the table in `layers/rules.ts`: they point
 * only downwards, never in a circle and never out of the project, and runtimes are
 * named in their one folder only.
 *
 *     deno run -A scripts/check_layers.ts
 */

import {
  cycleProblems,
  ENTRIES,
  type Graph,
  importProblems,
  namingProblems,
  RUNTIME_FOLDER,
  STARTED_BY_URL,
} from "./layers/rules.ts";

interface Info {
  modules: {
    specifier: string;
    error?: string;
    dependencies?: { specifier: string; code?: Resolved; type?: Resolved }[];
  }[];
}

interface Resolved {
  specifier?: string;
}

interface Diagnostic {
  code: string;
  filename: string;
  range: { start: { line: number } };
}

const ROOT = new URL("../", import.meta.url);

/** Everything that is wrong, one line each. */
export async function layerProblems(): Promise<string[]> {
  const graph = new Map<string, string[]>();
  const problems: string[] = [];
  for (const entry of [...ENTRIES, ...STARTED_BY_URL]) {
    for (const module of (await moduleInfo(entry)).modules) {
      const file = inProject(module.specifier);
      if (file === module.specifier || graph.has(file)) continue;
      if (module.error !== undefined) problems.push(`${file}: ${module.error}`);
      graph.set(file, importsOf(module));
    }
  }
  for (const file of await sourceFiles("src")) {
    if (!graph.has(file)) problems.push(`${file} is reached from no entry: nobody imports it`);
  }
  for (const file of graph.keys()) {
    const source = await Deno.readTextFile(new URL(file, ROOT)).catch(() => "");
    problems.push(...namingProblems(file, source));
  }
  problems.push(...await globalProcessProblems());
  const known: Graph = graph;
  return [...problems, ...importProblems(known), ...cycleProblems(known)];
}

function importsOf({ dependencies = [] }: Info["modules"][number]): string[] {
  const targets = dependencies.map(({ specifier, code, type }) => {
    const resolved = code?.specifier ?? type?.specifier ?? specifier;
    // A bare specifier is foreign even where an import map leads it back into the project.
    return /^\.\.?\//.test(specifier) ? inProject(resolved) : specifier;
  });
  return [...new Set(targets)];
}

async function moduleInfo(entry: string): Promise<Info> {
  const { success, stdout, stderr } = await deno(["info", "--json", entry]);
  if (!success) throw new Error(`deno info ${entry} failed: ${stderr}`);
  return JSON.parse(stdout);
}

/** Uses of the global `process`, by a rule of the linter, which knows about scopes. */
async function globalProcessProblems(): Promise<string[]> {
  const { stdout } = await deno(["lint", "--json", "--rules-include=no-process-global", "src"]);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
  return diagnostics
    .filter(({ code }) => code === "no-process-global")
    .map(({ filename, range }) => `${inProject(filename)}:${range.start.line}`)
    .filter((place) => !place.startsWith(RUNTIME_FOLDER))
    .map((place) => `${place} names process outside ${RUNTIME_FOLDER}`);
}

async function deno(args: string[]) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The path from the project's root, or the URL as it is when it lies elsewhere. */
function inProject(url: string): string {
  return url.startsWith(ROOT.href) ? url.slice(ROOT.href.length) : url;
}

async function sourceFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    if (isDirectory) files.push(...await sourceFiles(`${folder}/${name}`));
    else if (name.endsWith(".ts")) files.push(`${folder}/${name}`);
  }
  return files.sort();
}

if (import.meta.main) {
  const problems = await layerProblems();
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) Deno.exit(1);
}
