import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { docBlocks } from "../../scripts/doc_blocks.ts";

describe("examples of the documentation", () => {
  it("are found in Markdown, with the output that is promised", () => {
    const text = [
      "# Title",
      "```ts",
      "console.log(1);",
      "```",
      "prints",
      "```text",
      "1",
      "```",
      "```sh",
      "ls",
      "```",
      "```ts no-run",
      "f();",
      "```",
      "Some words.",
      "```text",
      "not its output",
      "```",
      "```ts ignore",
      "nonsense",
      "```",
    ].join("\n");
    assert.deepEqual(docBlocks("README.md", text), [
      { file: "README.md", line: 2, code: "console.log(1);", output: "1", run: true },
      { file: "README.md", line: 12, code: "f();", output: null, run: false },
    ]);
  });

  it("are found in documentation comments only", () => {
    const text = [
      "/**",
      " * Adds.",
      " *",
      " * ```ts",
      " * if (add(1)) {",
      " *   done();",
      " * }",
      " * ```",
      " */",
      "export function add() {}",
      "const text = `",
      "```ts",
      "no();",
      "```",
      "`;",
    ].join("\n");
    assert.deepEqual(docBlocks("src/a.ts", text), [
      {
        file: "src/a.ts",
        line: 4,
        code: "if (add(1)) {\n  done();\n}",
        output: null,
        run: true,
      },
    ]);
  });
});
