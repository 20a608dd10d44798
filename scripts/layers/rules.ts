/**
 * The layers of `src`, and what breaks them. One table; `check_layers.ts` applies it.
 *
 * A file may import from its own layer and from those above it in this list, which runs
 * from the ground up. Imports of types count as well. Nothing may import in a circle.
 */

import { type Token, tokenize } from "./tokens.ts";

export const LAYERS: readonly (readonly string[])[] = [
  ["src/deque.ts", "src/errors.ts", "src/inspect.ts", "src/show.ts", "src/stack_depth.ts"],
  ["src/runtime/"],
  ["src/memory/"],
  ["src/wire/"],
  ["src/park/"],
  ["src/sync/", "src/channel/", "src/lane/"],
  ["src/broker/"],
  ["src/connection/", "src/queue/"],
  ["src/shared/"],
  ["src/process/"],
  ["src/pool/"],
  ["src/remote/"],
  ["src/manager/"],
  ["src/executor/"],
  ["src/context.ts", "src/child.ts", "src/broker_thread.ts"],
  ["mod.ts"],
];

/** Where a runtime may be named and `node:` modules imported. */
export const RUNTIME_FOLDER = "src/runtime/";

/**
 * What counts as naming a runtime. `process` may also be a variable of ours: only its
 * global counts, which `globalThis.` shows here and a lint rule finds in `check_layers.ts`.
 */
export const RUNTIME_GLOBALS: ReadonlySet<string> = new Set(["Deno", "Bun", "process"]);
const MAY_BE_OURS = "process";

/** Where the graph starts: files that others reach by URL only are listed beside `mod.ts`. */
export const ENTRIES: readonly string[] = ["mod.ts", "src/child.ts", "src/broker_thread.ts"];

/**
 * Files that no entry reaches by `import`, because they are started by URL.
 * The rest of `src` must be reachable: a file that nobody imports is dead.
 */
export const STARTED_BY_URL: readonly string[] = [];

/**
 * Single imports that the table forbids and that stay anyway, `"from -> to"`, each with
 * its reason. Empty is best.
 */
export const EXCEPTIONS: Readonly<Record<string, string>> = {};

/** File → the files it imports (from the project's root), or specifiers that are no files. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** The number of a file's layer from the ground, or -1. */
export function layerOf(file: string): number {
  return LAYERS.findIndex((parts) =>
    parts.some((part) => part.endsWith("/") ? file.startsWith(part) : file === part)
  );
}

/** Every import that points upwards, out of the project, or to no layer. */
export function importProblems(graph: Graph): string[] {
  const problems: string[] = [];
  for (const [file, imports] of graph) {
    const layer = layerOf(file);
    if (layer < 0) problems.push(`${file} belongs to no layer`);
    for (const target of imports) {
      if (Object.hasOwn(EXCEPTIONS, `${file} -> ${target}`)) continue;
      if (!graph.has(target)) {
        if (target.startsWith("node:") && file.startsWith(RUNTIME_FOLDER)) continue;
        problems.push(`${file} imports ${target}, which is no file of the project`);
      } else if (layerOf(target) > layer && layer >= 0) {
        problems.push(`${file} imports ${target} from a higher layer`);
      }
    }
  }
  return problems;
}

/** One line for each circle of imports: `a.ts -> b.ts -> a.ts`. */
export function cycleProblems(graph: Graph): string[] {
  const problems: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      problems.push(`imports in a circle: ${[...path.slice(start), file].join(" -> ")}`);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const target of graph.get(file) ?? []) {
      if (!Object.hasOwn(EXCEPTIONS, `${file} -> ${target}`)) visit(target);
    }
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return problems;
}

/** Each place outside the runtime's folder that names a runtime or a `node:` module. */
export function namingProblems(file: string, source: string): string[] {
  if (file.startsWith(RUNTIME_FOLDER)) return [];
  const problems: string[] = [];
  const tokens = tokenize(source);
  tokens.forEach((token, index) => {
    if (namesRuntime(tokens, index) || namesNodeModule(tokens, index)) {
      problems.push(`${file}:${token.line} names ${token.text} outside ${RUNTIME_FOLDER}`);
    }
  });
  return problems;
}

function namesRuntime(tokens: Token[], index: number): boolean {
  const token = tokens[index];
  if (token.kind !== "name" || !RUNTIME_GLOBALS.has(token.text)) return false;
  const before = tokens[index - 1]?.text;
  const after = tokens[index + 1]?.text;
  // `other.process` is a member; `globalThis.process` is the real one.
  if (before === "." || before === "?.") return tokens[index - 2]?.text === "globalThis";
  if (token.text === MAY_BE_OURS) return false;
  // `{ process: … }`, `process?: …`: a key, which names nothing.
  const key = after === ":" || (after === "?" && tokens[index + 2]?.text === ":");
  return !(key && [undefined, "{", ",", ";", "(", "readonly"].includes(before));
}

/** `from "node:…"`, `import "node:…"`, `import("node:…")`, `require("node:…")`. */
function namesNodeModule(tokens: Token[], index: number): boolean {
  const token = tokens[index];
  if (token.kind !== "string" || !token.text.startsWith("node:")) return false;
  const before = tokens[index - 1]?.text;
  const called = before === "(" ? tokens[index - 2]?.text : undefined;
  return before === "from" || before === "import" ||
    called === "import" || called === "require" || called === "getBuiltinModule";
}
