/** Whole programs: main modules, packages, remote modules, and what goes wrong in the child. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { FunctionReference } from "../../../src/wire/function_hook.ts";
import { describe, toFunctionReference } from "../../../src/wire/functions/mod.ts";
import "../../fixtures/functions/host.ts";
import { typed } from "../../fixtures/functions/library.ts";
import { callInChild, inDeno, runProgram } from "../../fixtures/functions/run_child.ts";

const fixture = (name: string): string =>
  new URL(`../../fixtures/functions/${name}`, import.meta.url).href;
const library = new URL("../../../src/wire/functions/mod.ts", import.meta.url).href;
const host = fixture("host.ts");

/** Writes files into a new folder, and removes it in the end. */
async function inFolder(
  files: Record<string, string>,
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "functions-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, name, ".."), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function referencesOf(...args: Parameters<typeof runProgram>): Promise<FunctionReference[]> {
  const output = await runProgram(...args);
  assert.equal(output.code, 0, output.stderr);
  return JSON.parse(output.stdout);
}

test("a main module sends its own function while it waits at its top level", async () => {
  const file = fileURLToPath(fixture("main_await.ts"));
  const [own, near, same] = await referencesOf(file, []);
  assert.deepEqual((own as { modules: string[] }).modules, [fixture("main_await.ts")]);
  assert.deepEqual((near as { modules: string[] }).modules, [fixture("deep_2.ts")]);
  assert.equal(same, true);
  const answers = await callInChild([own, near].map((reference) => ({ reference, args: [1] })));
  assert.deepEqual(answers.map(({ value }) => value), [32, 0]);
});

test("functions of installed packages are found, in all their forms", async () => {
  const files = {
    "deno.json": `{ "nodeModulesDir": "manual" }`,
    "package.json": `{ "type": "module", "dependencies": { "both": "1.0.0", "built": "1.0.0" } }`,
    "node_modules/both/package.json": `{
      "name": "both", "version": "1.0.0",
      "exports": { ".": { "import": "./both.mjs", "require": "./both.cjs" }, "./sub/*": "./lib/*.js" }
    }`,
    "node_modules/both/both.mjs": `export const form = (x) => "import " + x;\n` +
      `export function own(x) { return x + 1; }`,
    "node_modules/both/both.cjs": `exports.form = (x) => "require " + x;`,
    "node_modules/both/lib/deep.js": `function deep(x) { return "deep " + x; }\n` +
      `module.exports = { deep };`,
    "node_modules/built/package.json": `{ "name": "built", "version": "1.0.0", "main": "x.js" }`,
    "node_modules/built/x.js": `var all = {};\n` +
      `((target, made) => { for (var key in made) target[key] = made[key]; })(all, {\n` +
      `  hidden: function hidden(x) { return "built " + x; },\n});\nmodule.exports = all;`,
    "main.mjs": `import ${JSON.stringify(host)};
      import { describe } from ${JSON.stringify(library)};
      import { form, own } from "both";
      import sub from "both/sub/deep";
      import built from "built";
      console.log(JSON.stringify([form, own, sub.deep, built.hidden].map((fn) => describe(fn))));`,
  };
  await inFolder(files, async (folder) => {
    const flags = inDeno ? ["run", "-A"] : [];
    const references = await referencesOf(join(folder, "main.mjs"), [], { cwd: folder, flags });
    // Deno takes the rules for packages from the program's own configuration.
    const childFlags = inDeno ? [...flags, "--config=" + join(folder, "deno.json")] : [];
    const calls = references.map((reference) => ({ reference, args: [1] }));
    const answers = await callInChild(calls, { flags: childFlags });
    assert.deepEqual(answers.map(({ error }) => error?.message), Array(4).fill(undefined));
    assert.deepEqual(answers.map(({ value }) => value), ["import 1", 2, "deep 1", "built 1"]);
  });
});

test("a module that is reached through a symbolic link is one module", async () => {
  const files = {
    "real/work.mjs": `export function work(x) { return x + 1; }`,
    "main.mjs": `import ${JSON.stringify(host)};
      import { describe } from ${JSON.stringify(library)};
      import { work } from "./real/work.mjs";
      import "./linked/work.mjs";
      console.log(JSON.stringify([describe(work)]));`,
  };
  await inFolder(files, async (folder) => {
    symlinkSync(join(folder, "real"), join(folder, "linked"));
    const [reference] = await referencesOf(join(folder, "main.mjs"), []);
    const [{ value }] = await callInChild([{ reference, args: [1] }]);
    assert.equal(value, 2);
  });
});

test("paths with odd characters lead to the right module", async () => {
  const files = {
    "od d%41#ü/work.ts": `export function work(x: number): number { return x + 1; }`,
    "od d%41#ü/main.ts": `import ${JSON.stringify(host)};
      import { callerModule, describe } from ${JSON.stringify(library)};
      import { work } from "./work.ts";
      if (callerModule() !== import.meta.url) throw new Error(callerModule() ?? "none");
      console.log(JSON.stringify([describe(work)]));`,
  };
  await inFolder(files, async (folder) => {
    const main = join(folder, "od d%41#ü", "main.ts");
    const [reference] = await referencesOf(inDeno ? pathToFileURL(main).href : main, []);
    const [{ value }] = await callInChild([{ reference, args: [1] }]);
    assert.equal(value, 2);
  });
});

test("another text under the same name is refused by the child", async () => {
  const reference = { ...describe(typed), modules: [fixture("twin_a.ts")], name: "convert" };
  const [{ error }] = await callInChild([{ reference, args: [1] }]);
  assert.equal(error?.name, "FunctionReferenceError");
  assert.match(error!.message, /"convert" of file:.*twin_a\.ts is another one than was sent/);
});

test("a name that the module does not export is refused with those that it does", async () => {
  const reference = toFunctionReference({ module: fixture("twin_a.ts"), name: "nothing" }, "");
  const [{ error }] = await callInChild([{ reference, args: [] }]);
  assert.equal(error?.name, "FunctionReferenceError");
  assert.match(error!.message, /"nothing" in file:.*twin_a\.ts.*exports contained, convert, twin/);
});

test("likely modules are told apart by the child, and twins refused", async () => {
  const urls = [fixture("twin_a.ts"), fixture("twin_b.ts")];
  const answer = async (name: string, check: number) => {
    const reference: FunctionReference = {
      kind: "export",
      modules: urls,
      name,
      check,
      search: false,
    };
    return (await callInChild([{ reference, args: [1] }]))[0];
  };
  const convert = (await callInChild([{
    reference: toFunctionReference({ module: urls[1], name: "convert" }, ""),
    args: [1],
  }]))[0];
  assert.equal(convert.value, 3);
  const { error } = await answer("convert", 0);
  assert.match(error!.message, /Cannot tell which function "convert".*twin_a\.ts and .*twin_b\.ts/);
});

test("a module that throws rejects with its own error, every time, and says what for", async () => {
  const reference = toFunctionReference({ module: fixture("throws.ts"), name: "never" }, "");
  const missing = toFunctionReference({ module: fixture("missing.ts"), name: "never" }, "");
  const calls = [reference, reference, missing].map((one) => ({ reference: one, args: [] }));
  for (const plain of [false, true]) {
    const answers = await callInChild(calls, { plain });
    assert.equal(answers[0].error?.name, "RangeError");
    assert.equal(answers[0].error?.message, "this module always throws");
    assert.match(answers[0].error!.cause!.message, /throws\.ts was being imported to find/);
    assert.deepEqual(answers[1], answers[0]);
    assert.match(answers[2].error!.message, /missing\.ts/);
  }
});

test("a program that may not read its own modules leaves the search to the child", {
  skip: inDeno ? false : "only Deno has permissions here",
}, async () => {
  const file = fileURLToPath(fixture("main_await.ts"));
  const references = await referencesOf(file, [], { flags: ["run", "--deny-read", "--no-config"] });
  const own = references[0];
  assert.ok(own.kind === "export" && own.search);
  assert.deepEqual(own.modules, [fixture("main_await.ts")]);
  const [{ value }] = await callInChild([{ reference: own, args: [1] }]);
  assert.equal(value, 32);
});

test("a program without a file says that there is nowhere to look", async () => {
  const text = `await import(${JSON.stringify(host)});
    const { describe } = await import(${JSON.stringify(library)});
    const work = (x) => x + 1;
    try { describe(work) } catch (error) { console.log(error.message) }`;
  const flags = inDeno ? ["eval", "--no-config"] : ["--eval"];
  const { stdout, stderr } = await runProgram(text, [], { flags });
  assert.match(stdout, /"work" to another process: no module exports it.*inline\(work\)/, stderr);
});

test("functions of remote modules are found by the child", {
  skip: inDeno ? false : "only Deno imports over HTTP",
}, async () => {
  const root = new URL("../../../", import.meta.url);
  const cache = mkdtempSync(join(tmpdir(), "functions-"));
  const server = createServer((request, response) => {
    const file = new URL("." + request.url, root);
    response.setHeader("content-type", "application/typescript");
    response.end(readFileSync(file));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", () => done()));
  try {
    const { port } = server.address() as { port: number };
    const base = `http://127.0.0.1:${port}/tests/fixtures/functions/`;
    const options = { env: { DENO_DIR: cache }, cwd: cache };
    // Remote from the main module on, with the library beside it.
    const references = await referencesOf(base + "remote_main.ts", [], options);
    assert.ok(references.every((one) => one.kind === "export" && one.search));
    const calls = references.map((reference) => ({ reference, args: [3] }));
    for (const plain of ["", "plain"]) {
      const output = await runProgram(base + "child.ts", [JSON.stringify(calls), plain], options);
      assert.equal(output.code, 0, output.stderr);
      const answers: { value: unknown; error: unknown }[] = JSON.parse(output.stdout);
      assert.deepEqual(answers.map(({ error }) => error), Array(3).fill(undefined));
      assert.deepEqual(answers.map(({ value }) => value), [34, 4, 2]);
    }
    // A local program that uses a remote module.
    const local = `import ${JSON.stringify(host)};
      import { describe } from ${JSON.stringify(library)};
      import { near } from "${base}deep_1.ts";
      console.log(JSON.stringify([describe(near)]));`;
    await inFolder({ "main.ts": local }, async (folder) => {
      const [reference] = await referencesOf(join(folder, "main.ts"), [], options);
      assert.deepEqual((reference as { modules: string[] }).modules, [base + "deep_1.ts"]);
      const text = JSON.stringify([{ reference, args: [3] }]);
      const output = await runProgram(fileURLToPath(fixture("child.ts")), [text], options);
      assert.equal(JSON.parse(output.stdout)[0].value, 2, output.stdout + output.stderr);
    });
  } finally {
    await new Promise((done) => server.close(done));
    rmSync(cache, { recursive: true });
  }
});
