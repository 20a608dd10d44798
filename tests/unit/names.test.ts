import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  missingNames,
  missingReasons,
  unknownNames,
  unlistedExports,
} from "../../scripts/names/rules.ts";
import { camelCase, namesOf, tablesOf, wordsOf } from "../../scripts/names/tables.ts";

const DOCUMENT = `
# Names

## Pool

| Python             | here                         | why    |
| ------------------ | ---------------------------- | ------ |
| \`Pool(4)\`        | \`new Pool({ size: 4 })\`    |        |
| \`imap_unordered\` | the same                     | \`x\`  |
| \`a \\| b\`        | none                         | reason |

\`\`\`md
| \`hidden\` | \`hidden\` | |
\`\`\`

## Lock

| Python    | here                                     | why |
| --------- | ---------------------------------------- | --- |
| \`Lock\`  | \`Lock\`, \`await lock.hold()\`        |     |
| nothing   | \`Pool.map(x, [1])\`                     |     |
`;

const EXPORTS = new Map([
  ["Pool", new Set(["map", "imapUnordered"])],
  ["Lock", new Set(["hold"])],
  ["unused", new Set<string>()],
]);

const tables = tablesOf(DOCUMENT);
const names = (cell: string) => namesOf(cell).map(({ owner, name }) => [owner, name]);

/** The same document with one text in the place of another. */
function changed(from: string, to: string) {
  assert.ok(DOCUMENT.includes(from));
  return tablesOf(DOCUMENT.replace(from, to));
}

describe("Tables of names", () => {
  it("are found under their headings, with the lines of their rows", () => {
    assert.deepEqual(tables.map(({ heading, rows }) => [heading, rows.map(({ line }) => line)]), [
      ["Pool", [8, 9, 10]],
      ["Lock", [20, 21]],
    ]);
    assert.deepEqual(tables[0].rows[2].cells, ["`a \\| b`", "none", "reason"]);
  });

  it("have words on Python's side, names on ours", () => {
    assert.deepEqual(wordsOf("`Pool(4, init)` or `a.b`, not this"), ["Pool", "init", "a", "b"]);
    assert.deepEqual(names('`new Pool({ a: [1], "b": f(c) })`, `x.y.z()`, `array[i]`'), [
      [null, "Pool"],
      ["y", "z"],
    ]);
    assert.deepEqual(names('`if (import.meta.main)`, `"spawn"`, `{ timeout }`'), []);
    assert.equal(camelCase("recv_bytes_into"), "recvBytesInto");
    assert.equal(camelCase("FIRST_DONE"), "FIRST_DONE");
  });
});

describe("The check of names", () => {
  it("accepts what is complete", () => {
    const python = { "module": "Pool Lock imap_unordered", "module.Lock": "Lock" };
    assert.deepEqual(missingNames(tables, python, { "module.Lock": ["Lock"] }), []);
    assert.deepEqual(unlistedExports(tables, ["Pool", "Lock"]), []);
    assert.deepEqual(missingReasons(tables), []);
    assert.deepEqual(unknownNames(tables, EXPORTS), []);
  });

  it("misses Python's names, also under the right heading", () => {
    assert.deepEqual(missingNames(tables, { m: "Pool map hidden" }, {}), [
      "m: no row for map, hidden",
    ]);
    assert.deepEqual(missingNames(tables, { m: "Pool Lock" }, { m: ["Pool"] }), [
      "m: no row under Pool for Lock",
    ]);
  });

  it("finds what does not exist", () => {
    const problem = (from: string, to: string) => unknownNames(changed(from, to), EXPORTS);
    assert.deepEqual(problem("imap_unordered", "starmap"), [
      "line 9: starmap is not exported, and no member",
    ]);
    assert.deepEqual(problem("Pool.map", "Pool.hold"), [
      "line 21: Pool.hold is not exported, and no member",
    ]);
    assert.deepEqual(problem("lock.hold", "lock.take"), [
      "line 20: lock.take is not exported, and no member",
    ]);
  });

  it("finds exports that are not listed, and refusals without a reason", () => {
    assert.deepEqual(unlistedExports(tables, ["unused"]), [
      "unused is exported and stands in no table",
    ]);
    assert.deepEqual(missingReasons(changed("reason", "")), ["line 10: none, but why?"]);
  });
});
