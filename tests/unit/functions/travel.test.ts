/** Functions that are found again: described here, called in another process. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import "../../fixtures/functions/host.ts";
import common from "../../fixtures/functions/common.cjs";
import commonObject from "../../fixtures/functions/common_object.cjs";
import whole from "../../fixtures/functions/common_whole.cjs";
import { near, reached } from "../../fixtures/functions/deep_1.ts";
import main, * as library from "../../fixtures/functions/library.ts";
import shout, { plain, renamed } from "../../fixtures/functions/plain.js";
import nameless from "../../fixtures/functions/nameless.ts";
import { registered } from "../../fixtures/functions/registered.ts";
import { type Answer, callInChild } from "../../fixtures/functions/run_child.ts";
import * as twinA from "../../fixtures/functions/twin_a.ts";
import * as twinB from "../../fixtures/functions/twin_b.ts";
import { basename } from "node:path";
import { describe, inline, toFunctionReference } from "../../../src/wire/functions/mod.ts";

type Case = {
  title: string;
  // deno-lint-ignore ban-types -- any function at all
  fn: Function;
  args: unknown[];
  value: unknown;
  file?: string;
  name?: string;
  construct?: boolean;
};

const fixture = (name: string): string =>
  new URL(`../../fixtures/functions/${name}`, import.meta.url).href;

const cases: Case[] = [
  { title: "types, default and rest", fn: library.typed, args: [3, 4, 5], value: 13 },
  {
    title: "generics and satisfies",
    fn: library.generic,
    args: [{ id: 1 }],
    value: { left: { id: 1 }, right: { id: 1 } },
  },
  { title: "an async function", fn: library.waits, args: [1], value: 2 },
  { title: "a generator", fn: library.counts, args: [3], value: [0, 1, 2] },
  { title: "an async generator", fn: library.streams, args: [2], value: [0, 10] },
  { title: "an arrow with quotes", fn: library.arrow, args: ["a'b"], value: "quoted" },
  {
    title: "a named expression",
    fn: library.assigned,
    args: ["ab"],
    value: "AB",
    name: "assigned",
  },
  { title: "overloads", fn: library.overloaded, args: ["a"], value: "a!" },
  { title: "a renamed export", fn: library.shown, args: [5], value: 4, name: "shown" },
  { title: "one of two declarators", fn: library.listed, args: [5], value: 3 },
  { title: "a text as name", fn: library["a name"], args: [5], value: 2, name: "a name" },
  { title: "assigned later", fn: library.late, args: [5], value: 500 },
  { title: "a default export", fn: main, args: [2], value: 2000, name: "default" },
  { title: "a class", fn: library.Counter, args: [4], value: 5, construct: true },
  { title: "a class with a static name", fn: library.Named, args: [], value: 6, construct: true },
  { title: "JavaScript", fn: plain, args: [2], value: [4, 2], file: "plain.js" },
  { title: "JavaScript, renamed", fn: renamed, args: [2], value: 3, file: "plain.js" },
  {
    title: "a default export without a name",
    fn: shout,
    args: ["a"],
    value: "a!",
    file: "plain.js",
    name: "default",
  },
  {
    title: "a default function without a name, with types",
    fn: nameless,
    args: ["ab"],
    value: "abab",
    file: "nameless.ts",
    name: "default",
  },
  { title: "CommonJS", fn: common.direct, args: [1], value: 2, file: "common.cjs" },
  {
    title: "CommonJS without a name",
    fn: common.nameless,
    args: [1],
    value: 3,
    file: "common.cjs",
    name: "nameless",
  },
  { title: "CommonJS arrow", fn: common.pointed, args: [1], value: 4, file: "common.cjs" },
  { title: "CommonJS under two names", fn: common.alias, args: [1], value: 5, file: "common.cjs" },
  { title: "CommonJS in a wrapper", fn: common.wrapped, args: [1], value: 6, file: "common.cjs" },
  { title: "CommonJS object", fn: commonObject.listed, args: [2], value: 4 },
  { title: "CommonJS object, renamed", fn: commonObject.renamed, args: [2], value: 6 },
  { title: "CommonJS object, property", fn: commonObject.property, args: [2], value: 8 },
  { title: "CommonJS object, arrow", fn: commonObject.pointed, args: [2], value: 10 },
  { title: "CommonJS, whole module", fn: whole, args: [2], value: -2, name: "default" },
  { title: "the end of a chain", fn: reached.far, args: [3], value: 4, file: "deep_3.ts" },
  { title: "through export *", fn: near, args: [3], value: 2, file: "deep_2.ts" },
  { title: "the first of two homonyms", fn: twinA.convert, args: [1], value: 2, file: "twin_a.ts" },
  { title: "the second of them", fn: twinB.convert, args: [1], value: 3, file: "twin_b.ts" },
  { title: "part of a homonym", fn: twinA.contained, args: [1], value: 1, file: "twin_a.ts" },
  { title: "more than a homonym", fn: twinB.contained, args: [1], value: 3, file: "twin_b.ts" },
  {
    title: "registered, not exported",
    fn: registered.unexported,
    args: [1],
    value: 22,
    file: "registered.ts",
  },
  { title: "registered closure", fn: registered.closure, args: [1], value: 23, name: "any name" },
  { title: "registered bound function", fn: registered.bound, args: [3], value: 8 },
  { title: "inline", fn: inline((x: number) => x * x), args: [5], value: 25 },
  { title: "the runtime's own module", fn: basename, args: ["/a/b.ts"], value: "b.ts" },
  { title: "a global", fn: parseInt, args: ["12"], value: 12 },
  { title: "one below a global", fn: Math.hypot, args: [3, 4], value: 5 },
];

let answers: Answer[];

before(async () => {
  const calls = cases.map(({ fn, args, construct }) => ({
    reference: describe(fn),
    args,
    construct,
  }));
  answers = await callInChild(calls);
});

for (const [at, { title, fn, value, file, name }] of cases.entries()) {
  test(`a function is found by another process: ${title}`, () => {
    const reference = describe(fn);
    assert.deepEqual(answers[at].error, undefined);
    assert.deepEqual(answers[at].value, value);
    assert.deepEqual(answers[at].again, reference);
    if (file !== undefined || name !== undefined) assert.equal(reference.kind, "export");
    if (reference.kind !== "export") return;
    if (file !== undefined) assert.deepEqual(reference.modules, [fixture(file)]);
    if (name !== undefined) assert.equal(reference.name, name);
  });
}

test("describe() gives the same reference again, and one that survives JSON", () => {
  const reference = describe(library.typed, "target");
  assert.equal(describe(library.typed), reference);
  assert.deepEqual(JSON.parse(JSON.stringify(reference)), reference);
});

test("a module and a name need no function at hand", async () => {
  const url = new URL("../../fixtures/functions/library.ts", import.meta.url);
  const references = [
    toFunctionReference({ module: url, name: "typed" }, "target"),
    toFunctionReference({ module: "../../fixtures/functions/library.ts", name: "default" }, ""),
    toFunctionReference({ module: fixture("registered.ts"), name: "any name" }, "target"),
    toFunctionReference({ module: "node:path", name: "basename" }, "target"),
  ];
  const called = await callInChild(
    [[1], [2], [3], ["/x/y"]].map((args, at) => ({ reference: references[at], args })),
  );
  assert.deepEqual(called.map(({ value }) => value), [2, 2000, 25, "y"]);
});
