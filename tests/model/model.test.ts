/**
 * Protocols under every interleaving: runs the cases of this folder in a Deno of their own, with
 * `deno.json`, which puts a scheduler in the place of `src/memory/atomics.ts`. How the model works and
 * what it cannot see is said in `scheduler.ts`. Two agents are explored to the end, unless the case
 * says `preemptions`; three agents with one to three preemptions. To run one kind of case:
 *
 *     deno test -A --config tests/model/deno.json tests/model/lock_case.ts
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import process from "node:process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { EXECUTABLE, RUNTIME } from "../support/runtime.ts";

const FOLDER = fileURLToPath(new URL("./", import.meta.url));
const skip = RUNTIME === "deno"
  ? false
  : "the model replaces a module by an import map, which only Deno has";

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith("_case.ts")).sort()) {
  it(`The model of ${file.replace("_case.ts", "").replace("_", " ")}`, { skip }, async () => {
    const options = ["-A", "--no-check", "--config", `${FOLDER}deno.json`];
    const { code, output } = await run(["test", ...options, FOLDER + file]);
    assert.equal(code, 0, output);
    assert.match(output, /\b[1-9]\d* states\b/, "nothing was explored");
  });
}

function run(args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(EXECUTABLE, args, { env: { ...process.env, NO_COLOR: "1" } });
    let output = "";
    child.stdout.on("data", (data) => output += data);
    child.stderr.on("data", (data) => output += data);
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}
