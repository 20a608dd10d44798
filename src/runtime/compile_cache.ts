/**
 * Layer 1, runtime. Node only: lets children share Node's own compile cache. Stripping the types of
 * every module anew takes a child several times as long as all the rest of its start, and where the
 * library was built, compiling it anew still half of its start.
 *
 * The cache is in the folder that Node itself uses by default. A program that has chosen a cache,
 * or refuses one, is left alone; and a child's own environment does not show the setting.
 *
 * @module
 */

const VARIABLE = "NODE_COMPILE_CACHE";

/** What to add to the environment of a child. */
export function compileCacheVariables(): Record<string, string> {
  const { env } = process;
  if ("Bun" in globalThis || "Deno" in globalThis) return {};
  if (env[VARIABLE] !== undefined || env.NODE_DISABLE_COMPILE_CACHE !== undefined) return {};
  return { [VARIABLE]: folder() };
}

/** In a child: hides the setting, and saves what was compiled, for a child may be killed any time. */
export function settleCompileCache(): void {
  if ("Bun" in globalThis || "Deno" in globalThis || process.env[VARIABLE] !== folder()) return;
  delete process.env[VARIABLE];
  const { flushCompileCache } = process.getBuiltinModule("node:module") as {
    flushCompileCache?: () => void;
  };
  setImmediate(() => flushCompileCache?.());
}

function folder(): string {
  return `${process.getBuiltinModule("node:os").tmpdir()}/node-compile-cache`;
}
