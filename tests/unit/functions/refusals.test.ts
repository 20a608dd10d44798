/** Functions that cannot travel: refused here, at the call, with what to do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FunctionReferenceError } from "../../../src/errors.ts";
import { describe, toFunctionReference } from "../../../src/wire/functions/mod.ts";
import "../../fixtures/functions/host.ts";
import { refused } from "../../fixtures/functions/refused.ts";
import * as twinA from "../../fixtures/functions/twin_a.ts";
import "../../fixtures/functions/twin_b.ts";

const fixture = (name: string): string =>
  new URL(`../../fixtures/functions/${name}`, import.meta.url).href;

// deno-lint-ignore ban-types -- any function at all
function refuses(fn: Function, ...parts: string[]): void {
  assert.throws(() => describe(fn, "args[0].done"), (error: unknown) => {
    assert.ok(error instanceof FunctionReferenceError, String(error));
    for (const part of ["(args[0].done)", ...parts]) {
      assert.ok(error.message.includes(part), `${error.message}\ndoes not say: ${part}`);
    }
    return true;
  });
}

test("describe() refuses a function that is not exported, and says where it is declared", () => {
  refuses(
    refused.unexported,
    'the function "unexported"',
    `declared in ${fixture("refused.ts")} but not exported`,
    "Looked in",
    "export it from its module",
    "register(import.meta, { unexported })",
    "inline(unexported)",
  );
});

test("describe() refuses a closure", () => {
  refuses(
    refused.closure,
    '"closure"',
    `inside another function in ${fixture("refused.ts")}`,
    "register(import.meta, { closure })",
  );
});

test("describe() is not misled by an export of the same name", () => {
  refuses(
    refused.shadow,
    '"shadowed"',
    `inside another function in ${fixture("refused.ts")}`,
    "inline(shadowed)",
  );
});

test("describe() refuses methods, whatever their form", () => {
  const object = {
    plain(): void {},
    async waiting(): Promise<void> {},
    *many(): Generator<void> {},
    get(): void {},
    ["computed name"](): void {},
    async(): void {},
  };
  refuses(refused.method, '"method"', "is a method", "takes the object as an argument");
  refuses(refused.asyncStatic, '"make"', "is a method");
  for (const method of Object.values(object)) refuses(method, "is a method");
  const getter = Object.getOwnPropertyDescriptor(Map.prototype, "size")!.get!;
  refuses(getter, "native function");
});

test("describe() refuses a function kept in a field", () => {
  refuses(refused.field, '"field"', "export");
});

test("describe() refuses bound functions", () => {
  refuses(refused.bound, '"bound shadowed"', "is a bound function", "partial(fn, …)");
});

test("describe() refuses functions and classes without a name", () => {
  refuses(refused.anonymous, "an anonymous function", "no name", "inline(fn)", "register(");
  refuses((() => class {})(), "an anonymous function", "no name");
});

test("describe() refuses native functions that have no name in globalThis", () => {
  refuses(refused.unlisted, '"map"', "native function", "exported function");
});

test("describe() refuses a class that is not exported", () => {
  refuses(refused.class, '"Hidden"', fixture("refused.ts"));
});

test("describe() refuses what two modules export with the same text, and names both", () => {
  refuses(
    twinA.twin,
    '"twin"',
    fixture("twin_a.ts"),
    fixture("twin_b.ts"),
    "same text",
    "register(import.meta, { twin })",
    "{ module, name }",
  );
});

test("describe() refuses a function made by eval", () => {
  const text = "return function evaluated(x) { return x + 1 }";
  refuses(new Function(text)(), '"evaluated"', "no module exports it", "Looked in");
});

test("toFunctionReference() refuses what is no function and no module with a name", () => {
  const bad: [unknown, string][] = [
    [null, "received null"],
    ["work", "received string"],
    [{ module: "./x.ts" }, "received object"],
    [{ module: "./x.ts", name: "" }, 'received name ""'],
    [{ module: "./x.ts", name: 3 }, "received name number"],
    [{ module: 3, name: "work" }, "received number"],
    [{ module: "", name: "work" }, 'received ""'],
  ];
  for (const [target, message] of bad) {
    assert.throws(() => toFunctionReference(target as never, "target"), (error: unknown) => {
      assert.ok(error instanceof TypeError);
      assert.ok(error.message.includes("(target)"), error.message);
      assert.ok(error.message.includes(message), error.message);
      return true;
    });
  }
});

test("toFunctionReference() refuses a package that cannot be found", () => {
  assert.throws(
    () => toFunctionReference({ module: "no-such-package-anywhere", name: "work" }, "target"),
    (error: unknown) =>
      error instanceof FunctionReferenceError && /no-such-package-anywhere.*from file:/.test(
        error.message,
      ),
  );
});
