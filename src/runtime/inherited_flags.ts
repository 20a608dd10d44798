/**
 * Layer 1, runtime. Which of Node's and Bun's flags a child process is started with: what its parent
 * was started with, less what is about the parent itself. Imports the flags of `node_flags.ts`.
 *
 * @module
 */

import { QUIET } from "./node_flags.ts";
import type { StartOptions } from "./types.ts";

/** Flags by which a process is run, watched or tested: its children are not. */
const ABOUT_ITSELF =
  /^(--(input-type|interactive|inspect|test|watch|hot|experimental-test|cpu-prof|heap-prof|title)|-i?$)/;
/** The program as a text, which may begin with a dash. */
const PROGRAM_TEXT = /^(-e|-pe|--eval)$/;
/** The same, or a word for `-e` that follows. */
const PRINT = /^(-p|--print)$/;
/** Flags whose value names a module, and those whose value names a file. */
const MODULES = /^--(import|loader|experimental-loader)$/;
const FILES = /^(-r|--require|--preload|--env-file|--env-file-if-exists)$/;

let startedIn: string | null = null;

/**
 * The flags of a child.
 *
 * @param options Of the child; with a folder of its own, relative paths would be others there.
 * @param own What this process was started with.
 */
export function inheritedFlags(
  options: StartOptions,
  own: readonly string[] = process.execArgv,
): string[] {
  startedIn ??= process.cwd();
  const flags: string[] = [];
  for (let i = 0; i < own.length; i++) {
    const flag = own[i];
    const end = flag.indexOf("=");
    const name = end < 0 ? flag : flag.slice(0, end);
    if (PROGRAM_TEXT.test(name)) {
      if (end < 0) i++;
      continue;
    }
    const isReplaced = options.memoryLimitMb && name.startsWith("--max-old-space-size");
    if (PRINT.test(name) || ABOUT_ITSELF.test(name) || isReplaced) {
      // What is no flag is the value of the one before it.
      while (i + 1 < own.length && !own[i + 1].startsWith("-")) i++;
      continue;
    }
    const inNext = end < 0 && i + 1 < own.length && (MODULES.test(name) || FILES.test(name));
    if (inNext) flags.push(flag, absolute(name, own[++i]));
    else flags.push(end < 0 ? flag : `${name}=${absolute(name, flag.slice(end + 1))}`);
  }
  if (!("Bun" in globalThis)) flags.push(...QUIET.filter((flag) => !flags.includes(flag)));
  if (options.memoryLimitMb) flags.push(`--max-old-space-size=${options.memoryLimitMb}`);
  return flags;
}

/** A flag's value, which means the same in any folder. Names of packages stay as they are. */
function absolute(name: string, value: string): string {
  const isModule = MODULES.test(name);
  if (!isModule && !FILES.test(name)) return value;
  const isRelative = /^\.\.?[\\/]/.test(value) || name.startsWith("--env-file");
  if (!isRelative) return value;
  const path = process.getBuiltinModule("node:path").resolve(startedIn!, value);
  return isModule ? process.getBuiltinModule("node:url").pathToFileURL(path).href : path;
}
