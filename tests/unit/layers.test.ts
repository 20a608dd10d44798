import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cycleProblems, importProblems, namingProblems } from "../../scripts/layers/rules.ts";
import { tokenize } from "../../scripts/layers/tokens.ts";

const GOOD = {
  "mod.ts": ["src/context.ts"],
  "src/context.ts": ["src/pool/pool.ts", "src/process/process.ts"],
  "src/pool/pool.ts": ["src/process/process.ts", "src/errors.ts"],
  "src/process/process.ts": ["src/runtime/mod.ts"],
  "src/runtime/mod.ts": ["src/errors.ts", "node:os"],
  "src/errors.ts": [],
};

function problemsWith(changes: Record<string, string[]>): string[] {
  const graph = new Map(Object.entries({ ...GOOD, ...changes }));
  return [...importProblems(graph), ...cycleProblems(graph)];
}

describe("layer rules", () => {
  it("accept imports that point downwards", () => {
    assert.deepEqual(problemsWith({}), []);
  });

  it("catch an import that points upwards", () => {
    assert.deepEqual(
      problemsWith({ "src/runtime/mod.ts": ["src/wire/codec.ts"], "src/wire/codec.ts": [] }),
      [
        "src/runtime/mod.ts imports src/wire/codec.ts from a higher layer",
      ],
    );
  });

  it("catch a circle within one layer", () => {
    assert.deepEqual(
      problemsWith({
        "src/pool/pool.ts": ["src/pool/result.ts"],
        "src/pool/result.ts": ["src/pool/pool.ts"],
      }),
      ["imports in a circle: src/pool/pool.ts -> src/pool/result.ts -> src/pool/pool.ts"],
    );
  });

  it("catch imports from outside the project", () => {
    assert.deepEqual(problemsWith({ "src/errors.ts": ["node:fs"], "mod.ts": ["npm:left-pad"] }), [
      "mod.ts imports npm:left-pad, which is no file of the project",
      "src/errors.ts imports node:fs, which is no file of the project",
    ]);
  });

  it("catch a file of no layer", () => {
    assert.deepEqual(problemsWith({ "src/utils.ts": [] }), ["src/utils.ts belongs to no layer"]);
  });
});

describe("naming rules", () => {
  const lines = (source: string, file = "src/pool/pool.ts"): number[] =>
    namingProblems(file, source).map((problem) => Number(problem.match(/:(\d+)/)![1]));

  it("catch a runtime that is named in code", () => {
    const source = [
      "const a = Deno.pid;",
      "const b = globalThis.process;",
      "const c = `${typeof Bun} text`;",
      "const d = x ? Deno : y;",
      'import os from "node:os";',
      'const e = await import("node:fs");',
      "f(Bun, { Deno });",
    ].join("\n");
    assert.deepEqual(lines(source), [1, 2, 3, 4, 5, 6, 7, 7]);
  });

  it("leave comments, strings, templates, patterns, members and keys alone", () => {
    const source = [
      "// Deno and process",
      "/* Bun\n * process */",
      "const a = \"Deno.pid\" + 'process' + `Bun ${1} process`;",
      "const b = /process|Deno/g.test(c) && d / process_count / 2;",
      "worker.process.pid; this.#process; const e = { Deno: 1 };",
      "function f(process: Process) { return process.pid; }",
      'interface F { readonly process: number; Deno?: string } // import "node:os"',
      'throw new Error("node:os is missing");',
    ].join("\n");
    assert.deepEqual(lines(source), []);
  });

  it("allow everything in the runtime's folder", () => {
    assert.deepEqual(lines('import os from "node:os"; Deno.pid', "src/runtime/deno.ts"), []);
  });

  it("count lines through comments, strings and templates", () => {
    const tokens = tokenize("/*\n*/ a `\n${\nb}\n` c");
    const names = tokens.filter(({ kind }) => kind === "name");
    assert.deepEqual(names.map(({ text, line }) => `${text}${line}`), ["a2", "b4", "c5"]);
  });
});
