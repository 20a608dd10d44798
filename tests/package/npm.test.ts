/**
 * The npm package as somebody gets it: built, packed, installed in an empty folder, and used there by
 * programs of others, on the runtimes that it is for. Judged by the tools of the trade.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { RUNTIME } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";

const skip = RUNTIME === "deno" ? false : "the package is built once, by a script for Deno";
const NAMES = ["node22", "node24", "node26", "bun"] as const;
const CONSUMER = fileURLToPath(new URL("./consumer", import.meta.url));
const execute = promisify(execFile);

/** What the program prints, as arrays look the same on all runtimes. */
const PROGRAM =
  ["spawn", "thread"].map((method) => `${method} [ 1, 8, 27 ]\ntrue no 5\n7 done 0\n`).join("") +
  "FunctionReferenceError true\n";
/** What Node 26 prints when a program first shares memory. */
const FFI_WARNING =
  /^\(node:\d+\) ExperimentalWarning: FFI is .*\n\(Use `.* --trace-warnings .*\)\n/gm;

describe("The npm package", { skip }, () => {
  let folder: TempFolder;
  let installed: string;
  // The scripts are for Deno: the other runtimes must not import them.
  let tools: typeof import("../../scripts/npm/tools.ts");
  let runtimes: typeof import("../../scripts/runtimes.ts");

  before(async () => {
    const { buildPackage } = await import("../../scripts/npm/build.ts");
    tools = await import("../../scripts/npm/tools.ts");
    runtimes = await import("../../scripts/runtimes.ts");
    folder = new TempFolder();
    const out = `${folder.path}/package`;
    await buildPackage(out);
    const app = `${folder.path}/app`;
    cpSync(CONSUMER, app, { recursive: true });
    writeFileSync(`${app}/package.json`, '{ "private": true, "type": "module" }\n');
    await npm(out, "pack", "--pack-destination", folder.path);
    await npm(app, "install", "--offline", "--no-audit", "--no-fund", tarball());
    installed = `${app}/node_modules/@manycore/multiprocessing`;
  });

  after(() => folder?.[Symbol.dispose]());

  function tarball(): string {
    return `${folder.path}/${readdirSync(folder.path).find((name) => name.endsWith(".tgz"))}`;
  }

  async function npm(cwd: string, ...args: string[]): Promise<void> {
    const cache = `${folder.path}/cache`;
    const { code, output } = await tools.run("npm", [...args, "--cache", cache], cwd);
    assert.equal(code, 0, output);
    rmSync(cache, { recursive: true, force: true });
  }

  /** Runs a program of the consumer; what it printed. */
  async function run(name: (typeof NAMES)[number], file: string): Promise<string> {
    const executable = await runtimes.runtime(name);
    const cwd = `${folder.path}/app`;
    const { stdout, stderr } = await execute(executable, [file], { cwd, timeout: 60_000 });
    assert.equal(stderr.replace(FFI_WARNING, ""), "");
    return stdout;
  }

  for (const name of NAMES) {
    it(`works for a program in TypeScript, on ${name}`, async () => {
      assert.equal(await run(name, "program.ts"), PROGRAM);
    });

    it(`works for a program that requires it, on ${name}`, async () => {
      const expected = "spawn [ 1, 4, 9 ]\nthread [ 1, 4, 9 ]\n";
      assert.equal(await run(name, "required.cjs"), expected);
    });
  }

  it("works for an application that was bundled, but stays outside of the bundle", async () => {
    const app = `${folder.path}/app`;
    const common = [
      `${app}/app.ts`,
      "--bundle",
      "--format=esm",
      "--platform=node",
      "--target=node22",
    ];
    await tools.tool("esbuild", [...common, "--packages=external", `--outfile=${app}/bundle.js`]);
    await tools.tool("esbuild", [...common, `--outfile=${app}/merged.js`]);
    for (const name of NAMES) {
      const [first, second] = (await run(name, "bundle.js")).split("\n");
      assert.deepEqual([first, second], ["[ 3, 6, 9 ]", "FunctionReferenceError"]);
      assert.match(await run(name, "merged.js"), /ProcessError: .*mark .* as external/);
    }
  });

  it("has types that a strict compiler takes as they are", async () => {
    const app = `${folder.path}/app`;
    const options = ["--noEmit", "--strict", "--target", "esnext", "--module", "nodenext"];
    const more = ["--allowImportingTsExtensions", "--lib", "esnext,dom"];
    const args = [...options, ...more, `${app}/program.ts`, `${app}/app.ts`];
    const { code, output } = await tools.tool("tsc", args, { mayFail: true });
    // Its own lines: what `import.meta.main` is, TypeScript learns from a runtime's types.
    const lines = output.split("\n").filter((line) => /error/.test(line) && !/'main'/.test(line));
    assert.deepEqual(lines, [], `code ${code}`);
  });

  it("calls its classes as it exports them", async () => {
    writeFileSync(
      `${folder.path}/app/names.mjs`,
      `import * as all from "@manycore/multiprocessing";
      for (const [name, one] of Object.entries(all)) {
        if (String(one).startsWith("class") && one.name !== name) console.log(name, one.name);
      }`,
    );
    for (const name of NAMES) assert.equal(await run(name, "names.mjs"), "");
  });

  it("is built as the tools for that ask", async () => {
    const published = await tools.tool("publint", [installed, "--strict"], { mayFail: true });
    assert.equal(published.code, 0, published.output);
    // `require` gets the module itself, which Node can since 22.12: nothing to be built twice.
    const args = [tarball(), "--profile", "esm-only", "--no-emoji", "--format", "ascii"];
    const types = await tools.tool("attw", args, { mayFail: true });
    assert.equal(types.code, 0, types.output);
  });

  it("has few files, all of them named here, and no path of whoever built it", () => {
    const files = readdirSync(installed).map((name) => name.replace(/-\w{8}\.js/, "-*.js")).sort();
    assert.deepEqual([...new Set(files)], [
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "broker_thread.js",
      "broker_thread.js.map",
      "child.js",
      "child.js.map",
      "mod.d.ts",
      "mod.js",
      "mod.js.map",
      "multiprocessing-*.js",
      "multiprocessing-*.js.map",
      "package.json",
    ]);
    for (const name of readdirSync(installed)) {
      const text = readFileSync(`${installed}/${name}`, "utf8");
      assert.ok(!text.includes(folder.path) && !text.includes("manycore-npm-"), name);
      if (!name.endsWith(".map")) continue;
      const { sources } = JSON.parse(text) as { sources: string[] };
      for (const source of sources) assert.match(source, /^\.\.\/(?:src\/|mod\.ts$)/);
    }
    assert.ok(readFileSync(tarball()).length < 500_000, "the tarball has grown beyond 500 kB");
  });
});
