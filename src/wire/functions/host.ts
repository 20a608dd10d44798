/**
 * Layer 3, wire/functions. What this folder needs of the runtime, as an object that is handed
 * in: it never asks which runtime it runs on. Imports nothing.
 *
 * Owns the current host and the address of the root program's main module.
 *
 * @module
 */

/** How a specifier was written: the two forms may lead to two different files of a package. */
export type ImportKind = "import" | "require";

/** What a runtime must be able to do so that functions can be found by name. */
export type ModuleHost = {
  /** Address of the module the program was started with; `null` in a shell or with `--eval`. */
  readonly mainModule: string | null;
  /** Source text of a `file:` module, at once; `null` if it may not be read. Throws if there is none. */
  readText(url: string): string | null;
  /** Where a specifier leads, or `null`. */
  resolve(specifier: string, from: string, kind: ImportKind): string | null;
  /** Imports a module. */
  importModule(url: string): Promise<Record<string, unknown>>;
  /** Whether the engine sees another text than the one in the file. */
  isTranspiled(url: string): boolean;
  /** The text that the engine sees, where the runtime can tell. */
  compiledText?(url: string, source: string): string | null;
  /** The address behind symbolic links. */
  realUrl?(url: string): string;
  /** A module that is part of the runtime (`node:path`), at once. */
  builtinModule?(specifier: string): Record<string, unknown> | null;
  /** From the first call on, records the address of every module that is imported. */
  watchImports?(): ReadonlySet<string>;
};

let current: ModuleHost | null = null;
let mainModule: string | null | undefined;

/**
 * Sets the runtime's side. To be called once, before anything else in this folder.
 *
 * @param host What the runtime can do.
 */
export function setModuleHost(host: ModuleHost): void {
  current = host;
}

/**
 * The runtime's side.
 *
 * @returns What {@linkcode setModuleHost} was given.
 */
export function moduleHost(): ModuleHost {
  if (current === null) throw new TypeError("No module host was set: call setModuleHost() first");
  return current;
}

/**
 * Names the main module of the whole program. A child is told its root program's, so that a
 * process started by a child searches the same modules.
 *
 * @param url Address of the module, or `null` if there is none.
 */
export function setMainModule(url: string | null): void {
  mainModule = url;
}

/**
 * The main module of the whole program.
 *
 * @returns What {@linkcode setMainModule} was given, else this process's own main module.
 */
export function getMainModule(): string | null {
  return mainModule === undefined ? moduleHost().mainModule : mainModule;
}

/**
 * The main module if it runs here: in the program itself, and not in a child.
 *
 * @returns Its address; `null` if there is none; `undefined` in a child.
 */
export function runningMain(): string | null | undefined {
  return mainModule === undefined ? moduleHost().mainModule : undefined;
}

/**
 * Turns an absolute path into a `file:` address; leaves an address as it is.
 *
 * @param place An absolute path (POSIX or Windows) or an address.
 * @returns The address, or `null` if it is neither.
 */
export function toUrl(place: string): string | null {
  const drive = /^[A-Za-z]:[\\/]/.test(place);
  if (!drive && /^[A-Za-z][A-Za-z0-9+.-]*:/.test(place)) return URL.canParse(place) ? place : null;
  if (!drive && !place.startsWith("/")) return null;
  const escaped = place.replaceAll("%", "%25").replaceAll("#", "%23").replaceAll("?", "%3F");
  const path = drive ? "/" + escaped.replaceAll("\\", "/") : escaped.replaceAll("\\", "%5C");
  return new URL("file://" + path).href;
}
