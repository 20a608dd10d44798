/** Node's flags, as far as they are about permissions or the size of the heap. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  heapFlag,
  listPermissions,
  splitOptions,
  withoutPermissions,
} from "../../../src/runtime/node_flags.ts";

describe("Node's flags", () => {
  it("are split as Node splits NODE_OPTIONS", () => {
    const cases: [string, string[]][] = [
      ["", []],
      ["  --a   --b ", ["--a", "--b"]],
      ['"--a b" --c="d e"', ["--a b", "--c=d e"]],
      ['"--a\\"b\\\\" --c', ['--a"b\\', "--c"]],
      ["--a\\b", ["--a\\b"]],
      ['""', [""]],
    ];
    for (const [text, words] of cases) assert.deepEqual(splitOptions(text), words, text);
  });

  it("lose what is about permissions, and its values", () => {
    const flags = [
      "--import=./a.ts",
      "--permission",
      "--allow-fs-read",
      "/a",
      "--allow_fs_write=/b",
      "--allow-child-process",
      "--no-allow-net",
      "--permission-audit",
      "--inspect=0",
      "--inspect-port",
      "9",
      "--expose_internals",
      "--env-file",
      ".env",
      "--experimental-default-config-file",
      "--max-old-space-size=100",
      "--no-warnings",
    ];
    assert.deepEqual(withoutPermissions(flags), [
      "--import=./a.ts",
      "--max-old-space-size=100",
      "--no-warnings",
    ]);
  });

  it("name the one that sets the size of the heap, however it is written", () => {
    for (
      const flag of [
        "--max-old-space-size=512",
        "--max_old_space_size=512",
        "--max-old-space-size-percentage=50",
        "--max-heap-size=512",
      ]
    ) assert.equal(heapFlag(["--import=./a.ts", flag]), flag);
    assert.equal(heapFlag(["--max-semi-space-size=64", "--max-http-header-size=9000"]), undefined);
  });

  it("name the paths that they grant, in each form", () => {
    const flags = ["--allow-fs-read", "/a", "--allow_fs_read=/b=c", "--allow-fs-write=/d", "--x"];
    assert.deepEqual(listPermissions(flags), { read: ["/a", "/b=c"], write: ["/d"] });
  });
});
