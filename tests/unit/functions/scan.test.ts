/** Reading imports, exports and declarations from source. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checksum } from "../../../src/wire/functions/match.ts";
import { outline } from "../../../src/wire/functions/scan.ts";
import { tokenize } from "../../../src/wire/functions/tokens.ts";

const imports = (source: string): string[] =>
  outline(source).imports.map(({ specifier, form }) => `${form} ${specifier}`);
const exported = (source: string): Record<string, readonly string[]> =>
  Object.fromEntries(outline(source).exported);
const texts = (source: string): string[] => tokenize(source).map(({ text }) => text);

test("tokenize() tells code from comments, strings, templates and regular expressions", () => {
  assert.deepEqual(texts("#!/usr/bin/env x\na // b\n/* c */ d"), ["a", "d"]);
  assert.deepEqual(texts("'it\\'s' + \"\\u{41}\\x42\\n\""), ["it's", "+", "AB\n"]);
  assert.deepEqual(texts("`a${b + `c${d}`}e`"), [
    ..."` a ${ b + ` c ${ d }".split(" "),
    "",
    "`",
    "}",
    "e",
    "`",
  ]);
  assert.deepEqual(texts("a = /[/'\"]\\//g.test(b) / c"), [
    "a",
    "=",
    "/[/'\"]\\//g",
    ...". test ( b ) / c".split(" "),
  ]);
  assert.deepEqual(texts("if (a) /'/.test(b)")[4], "/'/");
  assert.deepEqual(texts("(a) / b / c"), ["(", "a", ")", "/", "b", "/", "c"]);
  assert.deepEqual(texts("return /'/"), ["return", "/'/"]);
  assert.deepEqual(texts("0x1F 1_000n .5e-3 1.5.x"), ["0x1F", "1_000n", ".5e-3", "1.5", ".", "x"]);
});

test("tokenize() recovers from what it cannot read", () => {
  assert.deepEqual(texts("<p>don't</p>\nexport const a = 1").slice(-5), [
    "export",
    "const",
    "a",
    "=",
    "1",
  ]);
  assert.equal(
    tokenize("((({{{\nexport function a() {}").find(({ text }) => text === "a")?.depth,
    0,
  );
  assert.doesNotThrow(() => tokenize("'\n`${ /* \\ @ # } ) ] \u2028"));
});

test("tokenize() is linear on long literals", () => {
  const long = "x".repeat(2_000_000);
  assert.equal(tokenize(`"${long}" + /${long}/ \`${long}\` /*${long}*/`).length, 6);
});

test("outline() reads every form of import, and no others", () => {
  assert.deepEqual(
    imports(`
      import "./side.ts";
      import a from './a.ts';
      import a2, { b, type c as d } from "./b.ts";
      import * as all from "./c.ts";
      import { "odd name" as odd } from "./d.ts";
      import type { T } from "./no1.ts";
      import type U from "./no2.ts";
      import type from "./e.ts";
      import data from "./f.json" with { type: "json" };
      export { x } from "./g.ts";
      export * from "./h.ts";
      export * as ns from "./i.ts";
      export type { V } from "./no3.ts";
      export type * from "./no4.ts";
      // import "./no5.ts";
      const text = 'import "./no6.ts"', t = \`import("./no7.ts") \${await import("./j.ts")}\`;
      const m = import.meta.url, lazy = () => import("./k.ts", {});
      import(name);
      const r = require("./l.cjs"), q = require(name), s = object.require("./no8.cjs");
      import old = require("./m.cjs");
    `),
    [
      "import ./side.ts",
      "import ./a.ts",
      "import ./b.ts",
      "import ./c.ts",
      "import ./d.ts",
      "import ./e.ts",
      "import ./f.json",
      "import ./g.ts",
      "import ./h.ts",
      "import ./i.ts",
      "dynamic ./j.ts",
      "dynamic ./k.ts",
      "require ./l.cjs",
      "require ./m.cjs",
    ],
  );
});

test("outline() reads the exports of modules", () => {
  assert.deepEqual(
    exported(`
      export function a() {}
      export async function* b() {}
      export class C extends D {}
      export abstract class E {}
      export const f = 1, g = (x: Map<string, number>, y = 2) => x, h: F = async () => {};
      export let i;
      function j() {}
      export { j as k, type L, m as default, n as "o p" };
      export { q } from "./q.ts";
      export const r = async function inner() {};
      export type S = () => void;
      export declare function t(): void;
      export interface U {}
    `),
    {
      a: ["a"],
      b: ["b"],
      C: ["C"],
      E: ["E"],
      f: ["f"],
      g: ["g"],
      h: ["h"],
      i: ["i"],
      j: ["k"],
      m: ["default"],
      n: ["o p"],
      r: ["r"],
      inner: ["r"],
    },
  );
  assert.deepEqual(exported("export default function a() {}"), { a: ["default"] });
  assert.deepEqual(exported("export default async function* a() {}"), { a: ["default"] });
  assert.deepEqual(exported("export default class extends A {}"), { default: ["default"] });
  assert.deepEqual(exported("const a = 1; export default a;"), { a: ["default"] });
  assert.deepEqual(exported("export default a => a + 1"), { default: ["default"] });
  assert.deepEqual(exported("const x=1;export{x as y,x as z}"), { x: ["y", "z"] });
});

test("outline() reads the exports of CommonJS", () => {
  assert.deepEqual(exported("exports.a = a; module.exports.b = function c() {};"), {
    a: ["a"],
    c: ["b"],
  });
  assert.deepEqual(exported("exports.a = exports.b = a;")["a"], ["b"]);
  assert.deepEqual(exported("exports.a = (x) => x; exports.b = async function () {};"), {
    "=a": ["a"],
    "=b": ["b"],
  });
  assert.deepEqual(
    exported(
      "module.exports = { a, b: c, 'd e': f, g: function () {}, h: class H {}, ...rest, i() {} };",
    ),
    { a: ["a"], c: ["b"], f: ["d e"], g: ["g"], H: ["h"] },
  );
  assert.deepEqual(exported("module.exports = class A {}"), { A: ["default"] });
  assert.deepEqual(exported("module.exports = a"), { a: ["default"] });
  assert.deepEqual(exported("if (module.exports == a) exports.b === c;"), {});
});

test("outline() gives each declaration its whole statement", () => {
  const source = `const a = (x) => {
  const inner = 1;
  return x
}
function b(): { c: number } {
  return { c: 1 };
}
export async function d() {} export const e = class {}
  , f = 1
type G = number
class H {}`;
  const { declared } = outline(source);
  const parts = (name: string): string[] =>
    declared.get(name)!.map(({ start, end }) => source.slice(start, end).trim());
  assert.deepEqual(parts("a"), ["const a = (x) => {\n  const inner = 1;\n  return x\n}"]);
  assert.deepEqual(parts("b"), ["function b(): { c: number } {\n  return { c: 1 };\n}"]);
  assert.deepEqual(parts("d"), ["async function d() {}"]);
  assert.deepEqual(parts("f"), ["const e = class {}\n  , f = 1"]);
  assert.deepEqual(parts("H"), ["class H {}"]);
  assert.equal(declared.get("inner")![0].top, false);
  assert.equal(declared.get("a")![0].top, true);
});

test("checksum() differs for small differences, and is never 0", () => {
  const sums = new Set<number>();
  for (let at = 0; at < 50_000; at++) sums.add(checksum(`function f() { return ${at}; }`));
  assert.equal(sums.size, 50_000);
  assert.equal(checksum("(x)=>x"), checksum("(x)=>x"));
  for (const sum of [...sums].slice(0, 100)) assert.ok(Number.isSafeInteger(sum) && sum > 0);
  assert.notEqual(checksum(""), 0);
});
