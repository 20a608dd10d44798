/** What happens in one process: partials, registration, modules and names, the caller, globals. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FunctionReferenceError } from "../../../src/errors.ts";
import { functionHooks, type FunctionReference } from "../../../src/wire/function_hook.ts";
import {
  callerModule,
  describe,
  getMainModule,
  importingModules,
  installFunctionHooks,
  isOwnModule,
  loadModules,
  loadReference,
  makePartial,
  missingModules,
  partial,
  partialOf,
  register,
  resolve,
  setMainModule,
  toFunction,
  toFunctionReference,
} from "../../../src/wire/functions/mod.ts";
import { whyNotThen } from "../../../src/wire/functions/trust.ts";
import "../../fixtures/functions/host.ts";
import { whileLoading } from "../../fixtures/functions/loading.ts";
import common from "../../fixtures/functions/registered.cjs";
import { typed } from "../../fixtures/functions/library.ts";
import { callThrough } from "../../fixtures/functions/through.ts";

const fixture = (name: string): string =>
  new URL(`../../fixtures/functions/${name}`, import.meta.url).href;

const add = (a: number, b: number, c: number): number => a * 100 + b * 10 + c;

test("partial() binds the first arguments, with types that fit", () => {
  const one = partial(add, 1);
  const two: (b: number, c: number) => number = one;
  const none: () => number = partial(add, 1, 2, 3);
  assert.equal(two(2, 3), 123);
  assert.equal(none(), 123);
  assert.equal(one.name, "partial(add)");
  assert.equal(one.length, 2);
  // @ts-expect-error the argument that is left is a number
  partial(add, 1, 2)("3");
  // @ts-expect-error the first argument is a number
  partial(add, "1");
  const upper: (mark: string) => Promise<string> = partial(
    async (text: string, mark: string): Promise<string> => await text + mark,
    "a",
  );
  assert.equal(typeof upper, "function");
});

test("partial() of a partial is one partial with all the values", () => {
  const nested = partial(partial(add, 1), 2);
  assert.deepEqual(partialOf(nested), { fn: add, bound: [1, 2] });
  assert.equal(nested(3), 123);
  assert.equal(partialOf(add), undefined);
  const again = makePartial(add, [1]);
  assert.deepEqual(partialOf(makePartial(again, [2, 3])), { fn: add, bound: [1, 2, 3] });
});

test("partial() does not change with the array that it was made from", () => {
  const bound = [1];
  const made = makePartial(add, bound);
  bound.push(9);
  assert.equal(made(2, 3), 123);
});

test("partial() takes a module and a name, but cannot be called here then", () => {
  const made = partial({ module: fixture("library.ts"), name: "typed" }, 1);
  const { fn, bound } = partialOf(made)!;
  assert.deepEqual(bound, [1]);
  assert.deepEqual(
    describe(fn),
    toFunctionReference({ module: fixture("library.ts"), name: "typed" }, ""),
  );
  assert.throws(() => made(), /Cannot call "typed" of file:.*given by module and name/);
  assert.throws(() => partial(3 as never), TypeError);
});

test("register() refuses what is no import.meta and no function", () => {
  const bad: [unknown, unknown, RegExp][] = [
    [undefined, {}, /import\.meta first \(in CommonJS: module\), received undefined/],
    ["file:///x.ts", {}, /received "file:\/\/\/x\.ts"/],
    [{}, {}, /an object without the url or filename/],
    [{ filename: "./work.cjs" }, {}, /an object without the url or filename/],
    ["/work.cjs", {}, /in CommonJS: module\), received "\/work\.cjs"/],
    [{ url: "not an address" }, {}, /to be an address, received not an address/],
    [import.meta, undefined, /object of functions, received undefined/],
    [import.meta, [add], /received an array/],
    [import.meta, { add, wrong: 3 }, /Cannot register "wrong": it is not a function but a number/],
  ];
  for (const [meta, functions, message] of bad) {
    assert.throws(() => register(meta as never, functions as never), (error: unknown) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, message);
      return true;
    });
  }
  assert.throws(() => describe(add), FunctionReferenceError, "nothing of it was registered");
});

test("register() takes CommonJS's module, and finds the same address as an import", () => {
  const kept = common.registerIn(register) as typeof typed;
  const modules = [fixture("registered.cjs")];
  assert.deepEqual(describe(kept), {
    kind: "export",
    modules,
    name: "kept",
    check: 0,
    search: false,
  });
  const odd = () => 1;
  register({ filename: "/made up/#1 100%.cjs" }, { odd });
  const [address] = (describe(odd) as { modules: string[] }).modules;
  assert.equal(address, "file:///made%20up/%231%20100%25.cjs");
  register({ filename: "C:\\made\\up.cjs" }, { odd });
  assert.deepEqual((describe(odd) as { modules: string[] }).modules, ["file:///C:/made/up.cjs"]);
  register({ url: "file:///first.ts", filename: "/second.ts" }, { odd });
  assert.deepEqual((describe(odd) as { modules: string[] }).modules, ["file:///first.ts"]);
});

test("register() replaces a name, and forgets who had it", () => {
  const meta = { url: "file:///made-up/module.ts" };
  const first = (() => () => 1)();
  const second = (() => () => 2)();
  register(meta, { work: first });
  const reference = describe(first);
  assert.equal(resolve(reference), first);
  register(meta, { work: second });
  assert.deepEqual(describe(second), reference);
  assert.equal(resolve(reference), second);
  assert.throws(() => describe(first), FunctionReferenceError);
  assert.deepEqual(missingModules(reference), [], "a registered function is there already");
});

test("register() replaces a name of a function that has another one", () => {
  const meta = { url: "file:///made-up/aliases.ts" };
  const first = (() => () => 1)();
  const second = (() => () => 2)();
  for (const names of [["one", "two"], ["two", "one"]]) {
    register(meta, { one: first, two: first });
    const before = describe(first);
    register(meta, { [names[0]]: second });
    const reference = describe(first);
    assert.equal((reference as { name: string }).name, names[1]);
    assert.equal(resolve(reference), first);
    assert.equal((describe(second) as { name: string }).name, names[0]);
    assert.ok(["one", "two"].includes((before as { name: string }).name));
  }
});

test("a partial that is registered is found by its name, also within another one", () => {
  const hidden = (() => (a: number, b: number) => a + b)();
  const named = partial(hidden, 1);
  register({ url: "file:///made-up/partial.ts" }, { named });
  assert.equal(partialOf(named), undefined);
  assert.equal((describe(named) as { name: string }).name, "named");
  const more = partial(named, 2);
  assert.deepEqual(partialOf(more), { fn: named, bound: [2] });
  assert.equal(more(), 3);
});

test("a function that comes back is the very same one, without any import", () => {
  const reference = JSON.parse(JSON.stringify(describe(typed))) as FunctionReference;
  assert.deepEqual(missingModules(reference), []);
  assert.equal(resolve(reference), typed);
});

test("a reference is resolved once its module is loaded, and to the same function again", async () => {
  const reference = toFunctionReference({ module: fixture("plain.js"), name: "plain" }, "");
  assert.deepEqual(missingModules(reference), [fixture("plain.js")]);
  assert.throws(() => resolve(reference), /plain\.js is not loaded in this process/);
  await loadReference(reference);
  assert.deepEqual(missingModules(reference), []);
  const plain = resolve(reference);
  assert.equal(plain, (await import("../../fixtures/functions/plain.js")).plain);
  assert.equal(resolve(reference), plain);
  assert.equal(describe(plain), reference);
});

test("what a child does not find is told with code that can be written", async () => {
  const load = async (name: string, check = 0): Promise<never> => {
    const modules = [fixture("plain.js")];
    const reference: FunctionReference = { kind: "export", modules, name, check, search: false };
    await loadReference(reference);
    resolve(reference);
    throw new Error("it was found");
  };
  await assert.rejects(
    load("Calc.inc"),
    /\{ inc: Calc\.inc \}\) at the top level, and give the name/,
  );
  await assert.rejects(
    load("nothing"),
    /register\(import\.meta, \{ nothing \}\) at the top level$/,
  );
  await assert.rejects(load("plain", 1), /text differs.*restart.*vitest.*register\(import\.meta/);
});

test("importingModules() is true while a module of the user runs, and only then", async () => {
  assert.equal(importingModules(), false);
  const loading = loadModules([fixture("loading.ts"), fixture("loading_main.ts")]);
  assert.equal(importingModules(), true);
  await loading;
  assert.equal(importingModules(), false);
  assert.deepEqual(whileLoading, [true]);
  await assert.rejects(loadModules([fixture("throws.ts")]), RangeError);
  assert.equal(importingModules(), false);
  const again = loadModules([fixture("throws.ts")], 'the function "never"');
  await assert.rejects(again, (error: unknown) => error instanceof RangeError);
});

test("a module and a name may be a URL, an address, a path, or relative to the caller", () => {
  const url = new URL("../../fixtures/functions/library.ts", import.meta.url);
  const modules = [
    url,
    url.href,
    decodeURIComponent(url.pathname),
    "../../fixtures/functions/library.ts",
  ];
  for (const module of modules) {
    assert.deepEqual(toFunctionReference({ module, name: "typed" }, "target"), {
      kind: "export",
      modules: [url.href],
      name: "typed",
      check: 0,
      search: false,
    });
  }
  const remote = toFunctionReference({ module: "https://example.com/a.ts", name: "work" }, "");
  assert.deepEqual((remote as { modules: string[] }).modules, ["https://example.com/a.ts"]);
  assert.equal(toFunction(typed, "target"), typed);
});

test("callerModule() is the nearest module outside of the library", async () => {
  assert.equal(callerModule(), import.meta.url);
  assert.equal(callThrough(callerModule), fixture("through.ts"));
  await Promise.resolve();
  assert.equal(callerModule(), import.meta.url, "after an await");
  const timed = new Promise((done) => setTimeout(() => done(callerModule()), 0));
  assert.equal(await timed, import.meta.url, "in a timer");
  assert.equal([1].map(() => callerModule())[0], import.meta.url, "in a callback");
  const deep = (n: number): string | null => n === 0 ? callerModule() : deep(n - 1);
  assert.equal(deep(50), import.meta.url);
});

test("callerModule() leaves Error as it was", () => {
  const tracing = Error as { stackTraceLimit?: number; prepareStackTrace?: unknown };
  const before = [tracing.stackTraceLimit, tracing.prepareStackTrace];
  const mine = (): string => "mine";
  tracing.stackTraceLimit = 0;
  tracing.prepareStackTrace = mine;
  try {
    assert.equal(callerModule(), import.meta.url);
    assert.equal(tracing.stackTraceLimit, 0);
    assert.equal(tracing.prepareStackTrace, mine);
  } finally {
    [tracing.stackTraceLimit, tracing.prepareStackTrace] = before as [number, unknown];
  }
});

test("the library's own modules are src/ and mod.ts, not its tests and examples", () => {
  const root = new URL("../../../", import.meta.url).href;
  assert.equal(isOwnModule(root + "src/wire/functions/mod.ts"), true);
  assert.equal(isOwnModule(root + "mod.ts"), true);
  assert.equal(isOwnModule(import.meta.url), false);
  assert.equal(isOwnModule(root + "examples/01.ts"), false);
  assert.equal(isOwnModule(root + "bench/src/wire/x.ts"), false);
});

test("the main module can be another process's", () => {
  const own = getMainModule();
  setMainModule("file:///elsewhere/main.ts");
  assert.equal(getMainModule(), "file:///elsewhere/main.ts");
  setMainModule(own);
  assert.equal(getMainModule(), own);
});

test("functions of the engine are known by their place in globalThis", () => {
  const cases: [unknown, string][] = [
    [Math.sqrt, "Math.sqrt"],
    [parseInt, "parseInt"],
    [Number.parseFloat, "parseFloat"],
    [JSON.stringify, "JSON.stringify"],
    [String, "String"],
    [Array.isArray, "Array.isArray"],
    [structuredClone, "structuredClone"],
    [URL, "URL"],
  ];
  for (const [fn, path] of cases) {
    const reference = describe(fn as () => void);
    assert.deepEqual(reference, { kind: "global", path });
    assert.equal(resolve({ kind: "global", path }), fn);
  }
});

test("resolve() refuses globals that are not there", () => {
  for (const path of ["noSuchGlobal", "Math.nothing", "Math.PI", "toString.call", ""]) {
    assert.throws(
      () => resolve({ kind: "global", path }),
      (error: unknown) =>
        error instanceof FunctionReferenceError && error.message.includes(`"${path}"`),
    );
  }
});

test("installFunctionHooks() connects the codec", () => {
  installFunctionHooks();
  assert.deepEqual(functionHooks(), { describe, resolve, partialOf, makePartial, whyNotThen });
});
