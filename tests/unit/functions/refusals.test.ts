/** Functions that cannot travel: refused here, at the call, with what to do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FunctionReferenceError } from "../../../src/errors.ts";
import { registerCall } from "../../../src/wire/functions/advice.ts";
import { describe, mainGuard, toFunctionReference } from "../../../src/wire/functions/mod.ts";
import "../../fixtures/functions/host.ts";
import common from "../../fixtures/functions/registered.cjs";
import { refused } from "../../fixtures/functions/refused.ts";
import * as twinA from "../../fixtures/functions/twin_a.ts";
import "../../fixtures/functions/twin_b.ts";

const fixture = (name: string): string =>
  new URL(`../../fixtures/functions/${name}`, import.meta.url).href;

// deno-lint-ignore ban-types -- any function at all
function refusal(fn: Function, path: string): FunctionReferenceError {
  try {
    describe(fn, path);
  } catch (error) {
    if (error instanceof FunctionReferenceError) return error;
    throw error;
  }
  throw new Error(`${fn.name} was not refused`);
}

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
    "Move it to the top level and export it",
    "inline(closure)",
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
  refuses(object.async, '"async"', "calls object.async()", "{ async: object.async }");
  const getter = Object.getOwnPropertyDescriptor(Map.prototype, "size")!.get!;
  refuses(getter, "native function");
});

test("describe() refuses static methods, and says how to send them", () => {
  refuses(
    refused.staticMethod,
    '"twice"',
    "is a method",
    "calls Calculator.twice()",
    `register(import.meta, { twice: Calculator.twice }) at the top level of ${
      fixture("refused.ts")
    }`,
  );
  const { message } = refusal(refused.staticWithThis, "fn");
  assert.match(
    message,
    /needs its object.*Send an exported function that calls Calculator\.thrice/,
  );
  assert.doesNotMatch(message, /register\(/, "it would lose its class there");
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
  refuses(refused.anonymous, "partial() for the values it needs");
  assert.match(refusal(refused.anonymous, "").message, /^Cannot send an anonymous function to/);
});

test("describe() says what to do with an export whose value has no name", () => {
  const { message } = refusal(refused.wrapped, "fn");
  assert.match(
    message,
    /an anonymous function \(fn\).*\. If a call has made it.*register\(import\./,
  );
  assert.match(message, /also if it is exported/);
});

test("describe() does not take the name of an option for a function's own", () => {
  const outside = 5;
  const options = {
    target: () => outside,
    initializer: async (x: number) => await Promise.resolve(x + outside),
    done: function (): number {
      return outside;
    },
    named: function named(): number {
      return outside;
    },
  };
  for (const [fn, path] of [[options.target, "target"], [options.initializer, "initializer"]]) {
    const { message } = refusal(fn as () => void, path as string);
    assert.ok(
      message.startsWith(`Cannot send the function given as \`${path}\` to another`),
      message,
    );
    assert.match(
      message,
      /it has no name of its own.*Declare it as an exported function.*partial\(\)/,
    );
    assert.doesNotMatch(message, /register\(/);
  }
  assert.match(refusal(options.done, "args[0].done").message, /given as `args\[0\]\.done`/);
  assert.match(refusal(options.done, "fn").message, /the function "done" \(fn\)/);
  assert.match(refusal(options.named, "named").message, /the function "named" \(named\)/);
  const chosen = (): number => outside + 1;
  assert.match(refusal(chosen, "chosen").message, /"chosen" \(chosen\).*declared inside another/);
});

test("describe() speaks of bundles where a bundler may have been", () => {
  const { box } = common as { box: { unexported(x: number): number } };
  const { message } = refusal(box.unexported, "fn");
  assert.match(message, /registered\.cjs but not exported.*in a bundle: from the bundle's entry/);
  assert.match(message, /or call register\(module, \{ unexported \}\) there/, "it is CommonJS");
  assert.doesNotMatch(refusal(refused.unexported, "fn").message, /bundle/);
});

test("the main guard and register() are written as the module can hold them", () => {
  assert.equal(mainGuard(import.meta.url), "import.meta.main");
  assert.equal(mainGuard(null), "import.meta.main");
  assert.equal(mainGuard(fixture("plain.js")), "import.meta.main");
  assert.equal(mainGuard("file:///made-up/a.mjs"), "import.meta.main");
  assert.equal(mainGuard("file:///made-up/a.js"), "import.meta.main", "it cannot be read");
  assert.equal(mainGuard("file:///made-up/a.cjs?x"), "require.main === module");
  assert.equal(mainGuard("file:///made-up/a.cts"), "require.main === module");
  const call = (name: string, module = "file:///made-up/a.ts") => registerCall(name, module);
  assert.equal(call("work"), "register(import.meta, { work })");
  assert.equal(call("work", "file:///made-up/a.cjs"), "register(module, { work })");
  assert.equal(call("Calc.inc"), "register(import.meta, { inc: Calc.inc })");
  assert.equal(call("any name"), 'register(import.meta, { "any name": fn })');
  assert.equal(call("default"), "register(import.meta, { default: fn })");
  assert.equal(call(""), "register(import.meta, { name: fn })");
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
