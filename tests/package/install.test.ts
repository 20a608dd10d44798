/**
 * The ways to install, as the README gives them: its own commands, in empty folders, against the
 * registry that it tells to start. What they install then runs the README's first program.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { EXECUTABLE, ROOT, RUNTIME } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";

const skip = RUNTIME !== "deno"
  ? "the registry is a script for Deno"
  : process.platform === "win32"
  ? "the README's commands are for sh"
  : false;
const ORIGIN = "http://127.0.0.1:4873";
const execute = promisify(execFile);

describe("The README's ways to install", { skip }, () => {
  const readme = readFileSync(`${ROOT}README.md`, "utf8");
  const [, program] = /```ts\n([^]*?)```/.exec(readme)!;
  const [, output] = /prints\n\n```text\n([^]*?)```/.exec(readme)!;
  let folder: TempFolder;
  let registry: Awaited<
    ReturnType<typeof import("../../scripts/registry/server.ts")["startRegistry"]>
  >;

  before(async () => {
    folder = new TempFolder();
    const { startRegistry } = await import("../../scripts/registry/server.ts");
    const { runtime } = await import("../../scripts/runtimes.ts");
    registry = await startRegistry(0);
    mkdirSync(`${folder.path}/bin`);
    symlinkSync(EXECUTABLE, `${folder.path}/bin/deno`);
    symlinkSync(await runtime("bun"), `${folder.path}/bin/bun`);
    symlinkSync(await runtime("node24"), `${folder.path}/bin/node`);
  });

  after(async () => {
    await registry?.[Symbol.asyncDispose]();
    folder?.[Symbol.dispose]();
  });

  /** The command of the README that begins like this, and what belongs to it. */
  function command(beginning: string): string {
    const blocks = [...readme.matchAll(/```sh\n([^]*?)```/g)].map(([, text]) => text);
    const found = blocks.filter((text) =>
      text.includes(`\n${beginning}`) || text.startsWith(beginning)
    );
    assert.equal(found.length, 1, beginning);
    assert.ok(found[0].includes(ORIGIN));
    return found[0].replaceAll(ORIGIN, registry.origin);
  }

  /** Runs lines of a shell in a folder of the test; what they print. */
  async function shell(name: string, lines: string): Promise<string> {
    const cwd = `${folder.path}/${name}`;
    mkdirSync(cwd, { recursive: true });
    const env = {
      PATH: `${folder.path}/bin:${process.env.PATH}`,
      HOME: folder.path,
      npm_config_cache: `${folder.path}/npm`,
      BUN_INSTALL_CACHE_DIR: `${folder.path}/bun`,
      DENO_DIR: `${folder.path}/deno-${name}`,
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
      MANYCORE_TEST_RUN: process.env.MANYCORE_TEST_RUN ?? "",
    };
    const { stdout } = await execute("sh", ["-e", "-c", lines], { cwd, env, timeout: 60_000 });
    return stdout;
  }

  function save(name: string, text: string): void {
    mkdirSync(`${folder.path}/${name}`, { recursive: true });
    writeFileSync(`${folder.path}/${name}/sums.mts`, text);
  }

  it("Node, from npm", async () => {
    save("node", program);
    await shell("node", command("npm install"));
    // `npm init -y` has written "commonjs" (older ones: no type). What ends in .mts is a module all
    // the same, and Node warns of nothing.
    assert.equal(await shell("node", "node sums.mts"), output);
    assert.equal(await shell("node", "node sums.mts 2>&1 >/dev/null"), "");
    // Deno reads package.json, and its children do.
    assert.equal(await shell("node", "deno run -A sums.mts"), output);
    assert.equal(existsSync(`${folder.path}/node/deno.json`), false);
  });

  it("Bun, from npm", async () => {
    save("bun", program);
    await shell("bun", command("bun add"));
    assert.equal(await shell("bun", "bun sums.mts"), output);
  });

  it("Deno, from JSR", async () => {
    save("jsr", program);
    const commands = command("deno add jsr:");
    await shell("jsr", commands);
    assert.equal(await shell("jsr", `${commands.split("\n")[0]}\ndeno run -A sums.mts`), output);
  });

  it("Deno, from an address", async () => {
    const [, line] = /`(import \{ Pool \} from "http:[^`]*)`/.exec(readme)!;
    const [, flag] = /`(--allow-import=[^`]*)`/.exec(readme)!;
    const here = (text: string) =>
      text.replaceAll(new URL(ORIGIN).host, new URL(registry.origin).host);
    save("address", program.replace(/^import .*$/m, here(line)));
    const run = `deno run ${here(flag)} --allow-run --allow-net sums.mts`;
    assert.equal(await shell("address", run), output);
    assert.equal(await shell("address", "deno run -A sums.mts"), output);
  });

  it("Deno, from npm", async () => {
    save("npm", program);
    const commands = command("deno add npm:");
    await shell("npm", commands);
    assert.equal(await shell("npm", `${commands.split("\n")[0]}\ndeno run -A sums.mts`), output);
    save("inline", program.replace("@manycore", "npm:@manycore"));
    const run = `NPM_CONFIG_REGISTRY=${registry.origin} deno run -A sums.mts`;
    assert.equal(await shell("inline", run), output);
  });

  it("what Deno has cached starts children without a network", async () => {
    const { startRegistry } = await import("../../scripts/registry/server.ts");
    const other = await startRegistry(0);
    const names = {
      cachedJsr: "jsr:@manycore/multiprocessing",
      cachedUrl: `${other.origin}/mod.ts`,
    };
    for (const [name, specifier] of Object.entries(names)) {
      save(name, program.replace("@manycore/multiprocessing", specifier));
      const flags = `--allow-import=${new URL(other.origin).host}`;
      await shell(name, `JSR_URL=${other.origin}/ deno cache ${flags} sums.mts`);
    }
    await other[Symbol.asyncDispose]();
    for (const name of Object.keys(names)) {
      assert.equal(await shell(name, `JSR_URL=${other.origin}/ deno run -A sums.mts`), output);
    }
  });
});
