/**
 * A copy of the project in which `mod.ts` is the built npm package. The contract tests, the stress tests
 * and the examples run there: it is what users get who install from npm, and it starts children in half to
 * two thirds of the time. Unit tests run from source, and so does what is named here: from JSR or an
 * address Deno's users get the sources, so there it is what depends on how modules are found and
 * children started. The examples of the documentation run there too.
 *
 * A tree lies in `.runtimes/`, under the hash of what went into it, and its time says when a run last
 * began to use it; those that nobody can be using any more are removed when another one is made.
 */

import { buildPackage } from "../npm/build.ts";
import { pathOf } from "../npm/tools.ts";
import type { RuntimeName } from "../runtimes.ts";

const ROOT = new URL("../../", import.meta.url);
const RUNTIMES = new URL(".runtimes/", ROOT);
/** Tests, workloads of the benchmarks, and what they and the build read. */
const PARTS = [
  "tests",
  "examples",
  "bench/compare",
  "src",
  "mod.ts",
  "deno.json",
  "package.json",
  "scripts/npm",
];

/** Longer than a run takes. */
const OLD_MS = 3_600_000;

/** Which test files use the package. */
const OF_THE_PACKAGE = /^tests\/(?:contract|stress|examples)\//;
/** These show that the sources work on Node and Bun as they are. */
const FROM_SOURCE = /\/(?:process|pool_calls)\.test\.ts$/;
const FROM_SOURCE_IN_DENO =
  /\/(?:process|process_(?:start|nested|permissions|remote)|function_returns|examples|pool_(?:calls|sandbox|stacks))\.test\.ts$/;

/** Whether a test file runs in the tree. */
export function runsInTree(file: string, runtime: RuntimeName): boolean {
  const fromSource = runtime === "deno" ? FROM_SOURCE_IN_DENO : FROM_SOURCE;
  return OF_THE_PACKAGE.test(file) && !fromSource.test(file);
}

/** The root of the tree for the sources as they are, made if it is not there. */
export async function packageTree(): Promise<string> {
  const files = (await Promise.all(PARTS.map(filesBelow))).flat().sort();
  const name = `package-${await hashOf(files)}`;
  const tree = pathOf(new URL(name, RUNTIMES));
  const now = new Date();
  if (await Deno.utime(tree, now, now).then(() => true, () => false)) return tree + "/"; // in use
  await Deno.mkdir(RUNTIMES, { recursive: true });
  for await (const entry of Deno.readDir(RUNTIMES)) {
    if (!entry.name.startsWith("package-")) continue;
    const old = new URL(entry.name, RUNTIMES);
    const { mtime } = await Deno.stat(old);
    if (Date.now() - (mtime?.getTime() ?? 0) < OLD_MS) continue;
    await Deno.remove(old, { recursive: true }).catch(() => {});
  }
  const staging = `${tree}-${crypto.randomUUID()}`;
  for (const file of files) {
    await Deno.mkdir(`${staging}/${file.replace(/[^/]*$/, "")}`, { recursive: true });
    await Deno.copyFile(new URL(file, ROOT), `${staging}/${file}`);
  }
  await buildPackage(`${staging}/package`);
  await Deno.writeTextFile(`${staging}/mod.ts`, 'export * from "./package/mod.js";\n');
  // Two may have made one at once: the first one wins.
  await Deno.rename(staging, tree).catch(() => Deno.remove(staging, { recursive: true }));
  return tree + "/";
}

async function filesBelow(path: string): Promise<string[]> {
  if ((await Deno.stat(new URL(path, ROOT))).isFile) return [path];
  const entries = await Array.fromAsync(Deno.readDir(new URL(`${path}/`, ROOT)));
  return (await Promise.all(entries.map(({ name }) => filesBelow(`${path}/${name}`)))).flat();
}

async function hashOf(files: string[]): Promise<string> {
  const digest = async (bytes: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const parts = await Promise.all(files.map(async (file) => {
    const hash = await digest(await Deno.readFile(new URL(file, ROOT)));
    return `${file} ${hash.toHex()}\n`;
  }));
  return (await digest(new TextEncoder().encode(parts.join("")))).slice(0, 8).toHex();
}
