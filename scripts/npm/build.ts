/**
 * Builds the npm package: JavaScript of few files, so that a child starts quickly, one file of
 * declarations, source maps, `package.json`, README, changelog and licence.
 *
 *     deno task npm [--out FOLDER]
 *
 * Default: `.npm/`, git-ignored. Prints the files and their sizes. `npm pack` in that folder makes
 * the tarball.
 */

import { parseArgs } from "node:util";
import { pathOf, tool } from "./tools.ts";

const ROOT = new URL("../../", import.meta.url);
const SOURCES = ["mod.ts", "src/child.ts", "src/broker_thread.ts"];
const DESCRIPTION =
  "Python's multiprocessing for TypeScript: real processes and threads, pools, queues, locks and " +
  "shared memory, on Node, Bun and Deno.";
const KEYWORDS = ["multiprocessing", "worker", "pool", "parallel", "threads", "processes", "cpu"];

/** Builds the package into a folder, which is emptied first. */
export async function buildPackage(out: string): Promise<void> {
  await Deno.remove(out, { recursive: true }).catch(() => {});
  await Deno.mkdir(out, { recursive: true });
  const staging = await Deno.makeTempDir({ prefix: "manycore-npm-" });
  try {
    await copySources(staging);
    // Maps name the sources as they lie from here.
    const built = `${staging}/built`;
    await Promise.all([compile(staging, built), declare(staging, built)]);
    for await (const { name } of Deno.readDir(built)) {
      await Deno.copyFile(`${built}/${name}`, `${out}/${name}`);
    }
  } finally {
    await Deno.remove(staging, { recursive: true });
  }
  for (const file of ["README.md", "CHANGELOG.md", "LICENSE"]) {
    await Deno.copyFile(new URL(file, ROOT), `${out}/${file}`);
  }
  await Deno.writeTextFile(`${out}/package.json`, JSON.stringify(await manifest(), null, 2) + "\n");
}

/** The sources with the addresses of the files that they become. */
async function copySources(staging: string): Promise<void> {
  const copy = async (path: string): Promise<void> => {
    const from = new URL(path, ROOT);
    if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, `${staging}/${path}`);
    await Deno.mkdir(`${staging}/${path}`);
    for await (const { name } of Deno.readDir(from)) await copy(`${path}/${name}`);
  };
  await Promise.all(["mod.ts", "src"].map(copy));
  await Deno.copyFile(new URL("places.ts", import.meta.url), `${staging}/src/runtime/places.ts`);
}

async function compile(staging: string, out: string): Promise<void> {
  await tool("esbuild", [
    ...SOURCES.map((file) => `${staging}/${file}`),
    `--outdir=${out}`,
    "--entry-names=[name]",
    "--chunk-names=multiprocessing-[hash]",
    "--bundle",
    "--splitting",
    "--format=esm",
    "--platform=node",
    "--target=es2022",
    "--minify-whitespace",
    "--line-limit=120", // Node shows the line that has thrown
    "--sourcemap=external", // beside the files, for whoever reads a stack: Deno would load linked ones in every child
    "--sources-content=false",
    "--log-level=warning",
  ]);
  const names = SOURCES.map((file) => file.replace(/.*\//, "").replace(/ts$/, "js"));
  const listed = await Array.fromAsync(Deno.readDir(out), ({ name }) => name);
  const missing = names.filter((name) => !listed.includes(name));
  if (missing.length > 0) throw new Error(`the build made no ${missing.join(", ")}`);
}

async function declare(staging: string, out: string): Promise<void> {
  const compilerOptions = {
    allowImportingTsExtensions: true,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
    types: [],
  };
  await tool("rollup", [
    ...["--input", `${staging}/mod.ts`, "-o", `${out}/mod.d.ts`, "-f", "es", "--silent"],
    ...["-p", `dts=${JSON.stringify({ compilerOptions })}`],
  ]);
}

async function manifest(): Promise<Record<string, unknown>> {
  const { name, version, license } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  return {
    name,
    version,
    description: DESCRIPTION,
    keywords: KEYWORDS,
    license,
    type: "module",
    // `require` gets the same module: nothing in it waits at its top level.
    exports: {
      ".": { types: "./mod.d.ts", default: "./mod.js" },
      "./package.json": "./package.json",
    },
    types: "./mod.d.ts",
    // Classes make themselves known to the codec.
    sideEffects: true,
    engines: { node: ">=22.18", bun: ">=1.2", deno: ">=2.5" },
    peerDependencies: { "cli-progress": "^3.12.0" },
    peerDependenciesMeta: { "cli-progress": { optional: true } },
  };
}

/** The files of a folder with their sizes in bytes, largest first. */
export async function listFiles(folder: string): Promise<[name: string, bytes: number][]> {
  const files = await Array.fromAsync(
    Deno.readDir(folder),
    async ({ name }): Promise<[string, number]> => [
      name,
      (await Deno.stat(`${folder}/${name}`)).size,
    ],
  );
  return files.sort((a, b) => b[1] - a[1]);
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: { out: { type: "string", default: pathOf(new URL(".npm", ROOT)) } },
  });
  await buildPackage(values.out);
  const files = await listFiles(values.out);
  for (const [name, bytes] of files) {
    console.log(`${(bytes / 1024).toFixed(1).padStart(8)} KiB  ${name}`);
  }
  const sum = files.reduce((all, [, bytes]) => all + bytes, 0);
  console.log(`${(sum / 1024).toFixed(1).padStart(8)} KiB  in all, in ${values.out}`);
}
