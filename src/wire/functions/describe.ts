/**
 * Layer 3, wire/functions. Gives a function the reference by which another process finds it, or
 * explains why none could. Imports most of this folder.
 *
 * Owns the order of the search: what is known already; the engine's own functions; what a child
 * has loaded; the program's modules by their source; the runtime's modules; installed packages;
 * last, what only the child can decide.
 *
 * @module
 */
// deno-lint-ignore-file ban-types -- any callable may be described

import type { FunctionReference } from "../function_hook.ts";
import { isOwnModule } from "../../runtime/places.ts";
import { callerModule } from "./caller.ts";
import { type ModuleGraph, moduleGraph } from "./graph.ts";
import { getMainModule, moduleHost } from "./host.ts";
import { knownReference, remember } from "./known.ts";
import { loadedExport } from "./loaded.ts";
import { checksum, Fit, fit, type ModuleText, nameOf, occursIn } from "./match.ts";
import { globalPath, isNative } from "./native.ts";
import { ambiguous, type Holder, notFound, refusedForm } from "./refusal.ts";

/** A shorter text may stand in two places by chance. */
const TELLING_LENGTH = 30;

/** A module that declares and exports a function of the right name. */
type Candidate = { readonly url: string; readonly name: string; readonly fit: number };

/** What is looked for. */
type Wanted = { fn: Function; name: string; text: string; path: string };

/**
 * The reference by which another process finds a function or class. At once, without importing
 * anything; the answer is kept, so asking again costs one look-up.
 *
 * @param fn The function.
 * @param path Where it was given, such as `target` or `args[0].done`, for messages.
 * @returns The reference.
 * @throws {FunctionReferenceError} If another process could not find the function.
 */
export function describe(fn: Function, path = ""): FunctionReference {
  const known = knownReference(fn);
  if (known !== undefined) return known;
  const reference = search({
    fn,
    name: nameOf(fn),
    text: Function.prototype.toString.call(fn),
    path,
  });
  remember(fn, reference);
  return reference;
}

function search(wanted: Wanted): FunctionReference {
  const { fn, name, text, path } = wanted;
  const global = isNative(text) ? globalPath(fn) : null;
  if (global !== null) return { kind: "global", path: global };
  const loaded = loadedExport(fn);
  if (loaded !== null) return exported([loaded.module], loaded.name, text);

  const roots = searchRoots();
  const graph = moduleGraph(roots);
  const form = refusedForm(fn, text, path, graph.project, roots);
  const candidates = form === null
    ? [wanted, ...asDefault(wanted)].flatMap((one) => candidatesIn(graph.project, one))
    : [];
  const certain = choose(candidates, wanted) ?? inRuntime(fn, graph);
  if (certain !== null) return certain;
  if (form !== null) throw form;

  const holder = holderOf(graph.project, wanted);
  if (holder !== null) throw notFound(fn, path, holder, graph.project, roots);
  const packaged = inPackages(graph, wanted);
  if (packaged !== null) return packaged;
  if (name !== "") {
    const byName = globalPath(fn);
    if (byName !== null) return { kind: "global", path: byName };
    const guessed = guess(candidates, graph, wanted);
    if (guessed !== null) return guessed;
  }
  throw notFound(fn, path, null, graph.project, roots);
}

/** Where the search begins: the module that called the library, and the main module. */
function searchRoots(): string[] {
  const roots = new Set<string>();
  for (const url of [callerModule(), getMainModule()]) {
    if (url !== null && !isOwnModule(url)) roots.add(url);
  }
  return [...roots];
}

function exported(modules: string[], name: string, text: string, search = false) {
  return { kind: "export", modules, name, check: checksum(text), search } as const;
}

/** Bun calls the nameless function that `quad.ts` exports as its default `quad_default`. */
function asDefault(wanted: Wanted): Wanted[] {
  const { name, text } = wanted;
  if (!name.endsWith("_default")) return [];
  const start = `function ${name}(`;
  return text.includes(start)
    ? [{ ...wanted, name: "default", text: text.replace(start, "function(") }]
    : [];
}

function candidatesIn(modules: readonly ModuleText[], { name, text }: Wanted): Candidate[] {
  const found: Candidate[] = [];
  for (const module of modules) {
    const { declared, exported } = module.outline;
    // Without a name of its own, it may be any of the nameless ones.
    const locals = name !== "" ? [name] : [...declared.keys()].filter((one) => one[0] === "=");
    for (const local of locals) {
      const names = exported.get(local);
      const places = declared.get(local);
      if (names === undefined || places === undefined) continue;
      // In CommonJS the exported function may stand inside of a wrapper.
      const top = places.filter((place) => place.top);
      const score = fit(text, module, local, top.length > 0 ? top : places);
      if (score === Fit.different) continue;
      const own = names.includes(local) ? local : names.find((one) => one !== "default");
      found.push({ url: module.url, name: own ?? names[0], fit: score });
    }
  }
  return found;
}

/** The one module that fits; several that are only like it, for the child to decide. */
function choose(
  candidates: Candidate[],
  { fn, name, text, path }: Wanted,
): FunctionReference | null {
  const same = distinct(candidates.filter((one) => one.fit === Fit.same));
  if (same.length > 1) throw ambiguous(fn, path, same.map(({ url }) => url));
  if (same.length === 1) return exported([same[0].url], same[0].name, text);
  // A function without a name is only recognised by its text.
  const similar = name === "" ? [] : candidates.filter((one) => one.fit === Fit.similar);
  return similar.length === 0 ? null : undecided(distinct(similar), text);
}

function undecided(candidates: Candidate[], text: string): FunctionReference {
  const { name } = candidates[0];
  const modules = candidates.filter((one) => one.name === name).map(({ url }) => url);
  return exported(modules, name, text);
}

/** One file that is reached through a symbolic link is one module. */
function distinct(candidates: Candidate[]): Candidate[] {
  if (candidates.length < 2) return candidates;
  const byFile = new Map<string, Candidate>();
  for (const one of candidates) {
    const file = `${moduleHost().realUrl?.(one.url) ?? one.url}\n${one.name}`;
    if (!byFile.has(file)) byFile.set(file, one);
  }
  return [...byFile.values()];
}

/** The module that the function itself stands in, without being exported from there. */
function holderOf(modules: readonly ModuleText[], { name, text }: Wanted): Holder | null {
  if (name === "") return null;
  for (const module of modules) {
    const places = module.outline.declared.get(name) ?? [];
    const top = places.filter((place) => place.top);
    if (fit(text, module, name, top) >= Fit.similar) return { url: module.url, top: true };
    if (fit(text, module, name, places) >= Fit.similar) return { url: module.url, top: false };
  }
  return null;
}

/** A function of the runtime's own modules, such as `basename` of `node:path`. */
function inRuntime(fn: Function, graph: ModuleGraph): FunctionReference | null {
  for (const specifier of graph.builtin) {
    const module = moduleHost().builtinModule?.(specifier);
    if (module === undefined || module === null) continue;
    for (const name of Object.keys(module)) {
      if (Object.getOwnPropertyDescriptor(module, name)?.value !== fn) continue;
      return { kind: "export", modules: [specifier], name, check: 0, search: false };
    }
  }
  return null;
}

function inPackages(graph: ModuleGraph, wanted: Wanted): FunctionReference | null {
  const packages = graph.packages();
  const chosen = choose(candidatesIn(packages, wanted), wanted);
  if (chosen !== null) return chosen;
  // A built package may export in ways that the scan does not see: the child looks inside.
  const { name, text } = wanted;
  const holders = packages.filter((one) => one.source.includes(name) && occursIn(text, one));
  if (holders.length === 0) return null;
  return exported(holders.map(({ url }) => url), name, text, true);
}

/** What only the child can decide, by the text of the functions that it finds. */
function guess(
  candidates: Candidate[],
  graph: ModuleGraph,
  { name, text }: Wanted,
): FunctionReference | null {
  if (graph.unreadable.length > 0) {
    // What stands in one of the program's own modules cannot come from elsewhere.
    if (text.length >= TELLING_LENGTH && graph.project.some((one) => occursIn(text, one))) {
      return null;
    }
    const modules = [...candidates.map(({ url }) => url), ...graph.unreadable];
    return exported(modules, name, text, true);
  }
  return candidates.length === 0 ? null : undecided(distinct(candidates), text);
}
