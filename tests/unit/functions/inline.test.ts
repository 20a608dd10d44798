/** Functions that travel as source text. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FunctionReferenceError } from "../../../src/errors.ts";
import type { FunctionReference } from "../../../src/wire/function_hook.ts";
import { describe, inline, resolve } from "../../../src/wire/functions/mod.ts";
import "../../fixtures/functions/host.ts";
import { callInChild } from "../../fixtures/functions/run_child.ts";

/** The function as another process makes it. */
// deno-lint-ignore no-explicit-any -- any function at all
function remade(source: string, name = "work"): any {
  return resolve({ kind: "inline", source, name });
}

const explains = (variable: string) => (error: unknown): boolean => {
  assert.ok(error instanceof FunctionReferenceError, String(error));
  assert.ok(error.message.includes(`uses the variable "${variable}"`), error.message);
  assert.ok(error.message.includes(`Pass ${variable} as an argument`), error.message);
  assert.ok(error.message.includes("partial("), error.message);
  assert.ok(error.message.includes("exported function"), error.message);
  assert.ok(error.cause instanceof ReferenceError);
  return true;
};

test("inline() gives the function back, callable and described by its text", () => {
  const square = (x: number): number => x * x;
  const sent = inline(square);
  assert.equal(sent, square);
  assert.equal(sent(3), 9);
  const reference = describe(sent);
  assert.equal(reference.kind, "inline");
  assert.deepEqual(reference, { kind: "inline", source: square.toString(), name: "square" });
  assert.equal(resolve(reference), square, "it comes back as the same function");
});

test("inline() of a function that came as text sends that text on", () => {
  const came = remade("(x) => x + 1", "increment");
  assert.equal(inline(came), came);
  assert.deepEqual(describe(came), { kind: "inline", source: "(x) => x + 1", name: "increment" });
  assert.equal(came(1), 2);
});

test("inline() functions of every kind work in another process", async () => {
  const factorial = inline(function factorial(n: number): number {
    return n < 2 ? 1 : n * factorial(n - 1);
  });
  const cases: [FunctionReference, unknown[], unknown][] = [
    [describe(inline((x: number, y = 2) => x * y)), [4], 8],
    [describe(inline(async (x: number) => await x + 1)), [4], 5],
    [describe(factorial), [5], 120],
    [
      describe(inline(function* (n: number) {
        yield n;
        yield n + 1;
      })),
      [1],
      [1, 2],
    ],
    [
      describe(inline(async function* (n: number) {
        yield await n;
      })),
      [1],
      [1],
    ],
    [describe(inline(({ a }: { a: number }) => ({ b: a }))), [{ a: 1 }], { b: 1 }],
  ];
  const answers = await callInChild(cases.map(([reference, args]) => ({ reference, args })));
  assert.deepEqual(answers.map(({ error }) => error), cases.map(() => undefined));
  assert.deepEqual(answers.map(({ value }) => value), cases.map(([, , value]) => value));
});

test("an inline function says in another process which variable it lacks", async () => {
  const outside = Number("3"); // not a constant: Bun would write it into the text
  const sync = inline((x: number) => x + outside);
  const later = inline(async (x: number) => await x + outside);
  const answers = await callInChild(
    [sync, later].map((fn) => ({ reference: describe(fn), args: [1] })),
  );
  for (const { error } of answers) {
    assert.equal(error?.name, "FunctionReferenceError");
    assert.match(error!.message, /uses the variable "outside".*Pass outside as an argument/);
    assert.equal(error!.cause?.name, "ReferenceError");
  }
});

test("a missing variable is explained in every kind of function", async () => {
  assert.throws(() => remade("() => absent")(), explains("absent"));
  assert.throws(() => remade("() => { absent = 1 }")(), explains("absent"), "strict mode");
  assert.throws(() => [...remade("function* () { yield absent }")()], explains("absent"));
  await assert.rejects(remade("async () => { await 1; return absent }")(), explains("absent"));
  await assert.rejects(
    remade("async function* () { yield absent }")().next(),
    explains("absent"),
  );
});

test("other errors of an inline function pass as they are", async () => {
  const thrown = new RangeError("mine");
  assert.throws(() => remade("(error) => { throw error }")(thrown), (error) => error === thrown);
  await assert.rejects(
    remade("async (error) => { throw error }", "fail")(thrown),
    (error) => error === thrown,
  );
  const foreign = new ReferenceError("elsewhere is not defined");
  const call = remade("(fn) => fn()");
  assert.throws(() =>
    call(() => {
      throw foreign;
    }), (error) => error === foreign);
  assert.throws(() => remade("() => { early; let early = 1 }")(), ReferenceError);
});

test("the same text is the same function, with its name, length and this", () => {
  const fn = remade("function work(a, b) { return this }");
  assert.equal(remade("function work(a, b) { return this }"), fn);
  assert.equal(fn.name, "work");
  assert.equal(fn.length, 2);
  assert.equal(fn(), undefined, "strict mode");
  assert.equal(fn.call(thrower), thrower);
  assert.deepEqual(describe(fn), {
    kind: "inline",
    source: "function work(a, b) { return this }",
    name: "work",
  });
});

const thrower = (): never => {
  throw new Error("not called");
};

test("inline() refuses what has no text of its own", () => {
  const object = { method(): void {}, async waits(): Promise<void> {}, get(): void {} };
  class Kind {
    method(): void {}
  }
  const bad: [unknown, string][] = [
    [object.method, '"method": its text is no function on its own'],
    [object.waits, "its text is no function on its own"],
    [object.get, "its text is no function on its own"],
    [new Kind().method, "write it as an arrow function"],
    [Kind, '"Kind": it is a class'],
    [Math.sqrt, '"sqrt": a native function has no source text'],
    [thrower.bind(null), '"bound thrower": a bound function has no source text'],
    ["x => x", "needs a function, received string"],
    [null, "received null"],
  ];
  for (const [value, message] of bad) {
    assert.throws(() => inline(value as () => void), (error: unknown) => {
      assert.ok(error instanceof TypeError, String(error));
      assert.ok(error.message.includes(message), error.message);
      return true;
    });
  }
});

test("resolve() refuses text that is no function", () => {
  for (const source of ["1 + 1", "() => {", "({})", "absentName"]) {
    assert.throws(
      () => remade(source),
      (error: unknown) =>
        error instanceof FunctionReferenceError && error.message.includes('inline function "work"'),
    );
  }
});
