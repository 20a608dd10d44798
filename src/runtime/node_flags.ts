/**
 * Layer 1, runtime. Reads and writes Node's flags, as far as they are about permissions or the size of
 * the heap, and those by which a child does not repeat a warning.
 *
 * @module
 */

/** Flags that grant, or lead to something that may; some take the next argument as their value. */
const ABOUT =
  /^--(?:no-)?(?:permission|experimental-permission|allow-|inspect|disable-sigusr1|expose-internals|experimental-sqlite|experimental-config-file|experimental-default-config-file|env-file)/;
const WITH_VALUE =
  /^--(?:allow-fs-(?:read|write)|inspect-port|experimental-config-file|env-file(?:-if-exists)?)$/;

/** What the program's main process has warned of: `node:ffi`, and a package.json without a `type`. */
const SAID_ALREADY = ["ExperimentalWarning", "MODULE_TYPELESS_PACKAGE_JSON"];
/** Flags for a child to be silent about what its program has said. */
export const QUIET: readonly string[] = SAID_ALREADY.map((what) => `--disable-warning=${what}`);

/** Node takes `_` for `-` in a flag's name. */
function nameOf(flag: string): string {
  const end = flag.indexOf("=");
  return (end < 0 ? flag : flag.slice(0, end)).replaceAll("_", "-");
}

/** Flags without those that are about permissions. */
export function withoutPermissions(flags: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < flags.length; i++) {
    const name = nameOf(flags[i]);
    if (!ABOUT.test(name)) kept.push(flags[i]);
    else if (WITH_VALUE.test(name) && !flags[i].includes("=")) i++;
  }
  return kept;
}

/** The flag that sets the size of the heap, of all threads, if there is one. */
export function heapFlag(flags: readonly string[]): string | undefined {
  return flags.find((flag) =>
    /^--(?:max-old-space-size(?:-percentage)?|max-heap-size)$/.test(nameOf(flag))
  );
}

/** The paths that flags grant. */
export function listPermissions(flags: readonly string[]): { read: string[]; write: string[] } {
  const listed = { read: [] as string[], write: [] as string[] };
  for (let i = 0; i < flags.length; i++) {
    const kind = /^--allow-fs-(read|write)$/.exec(nameOf(flags[i]))?.[1] as "read" | "write";
    if (kind === undefined) continue;
    const at = flags[i].indexOf("=");
    listed[kind].push(at < 0 ? flags[++i] ?? "" : flags[i].slice(at + 1));
  }
  return listed;
}

/** Flags that grant paths. */
export function pathArguments(kind: "read" | "write", paths: readonly string[]): string[] {
  return paths.map((path) => `--allow-fs-${kind}=${path}`);
}

/** The flags in a text like `NODE_OPTIONS`: words, in which `"` and `\` quote. */
export function splitOptions(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    let char = text[i];
    if (char === " " && !quoted) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    word ??= "";
    if (char === '"') {
      quoted = !quoted;
      continue;
    }
    if (char === "\\" && quoted) char = text[++i] ?? "";
    word += char;
  }
  if (word !== null) words.push(word);
  return words;
}
