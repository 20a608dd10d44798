import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, it } from "node:test";
import { CancelledError, getContext, partial, ProcessError, TimeoutError } from "../../mod.ts";
import type { AsyncResult, Pool } from "../../mod.ts";
import { Handshake, ready } from "../fixtures/pool/handshake.ts";
import { slowUntil } from "../fixtures/pool/takeover.ts";
import * as work from "../fixtures/pool/work.ts";
import { describeMethods } from "../support/methods.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describeMethods("pool: map, starmap, apply", (method) => {
  let pool: Pool;
  before(async () => await ready(pool = new (getContext(method).Pool)(2)));
  after(() => pool.terminate());

  it("applies a function to arguments", async () => {
    assert.equal(await pool.apply(work.add, [2, 3]), 5);
    assert.equal(await pool.apply(work.count), 0);
    assert.equal(await pool.apply(work.count, [1, undefined, null]), 3);
    assert.equal(await pool.apply(work.nothing), undefined);
  });

  it("maps in the order of the input, whatever the chunk size", async () => {
    const expected = range(1000).map((x) => x * x);
    for (const chunkSize of [undefined, 1, 7, 999, 1000, 5000]) {
      assert.deepEqual(await pool.map(work.square, range(1000), { chunkSize }), expected);
    }
    const delays = [12, 1, 6, 0, 3];
    assert.deepEqual(await pool.map(work.sleep, delays), delays);
  });

  it("maps a hundred thousand items", async () => {
    const results = await pool.map(work.square, range(100_000));
    assert.equal(results.length, 100_000);
    assert.ok(results.every((value, i) => value === i * i));
  });

  it("spreads argument tuples", async () => {
    assert.deepEqual(await pool.starmap(work.add, [[1, 2], [3, 4]]), [3, 7]);
    // deno-lint-ignore no-explicit-any
    const tuples: any[][] = [[], [1], [1, 2, 3]];
    assert.deepEqual(await pool.starmap(work.count, tuples, { chunkSize: 2 }), [0, 1, 3]);
    assert.deepEqual(await pool.starmap(work.add, new Map([[1, 2], [5, 6]])), [3, 11]);
  });

  it("waits for results that are promises, or like promises", async () => {
    assert.deepEqual(await pool.map(work.later, [1, 2, 3]), [2, 3, 4]);
    assert.deepEqual(await pool.map(work.giveThenable, [1, 2, 3], { chunkSize: 3 }), [2, 4, 6]);
    const delays = [1, 20, 3, 30, 1]; // longer than results wait for each other
    assert.deepEqual(await pool.map(work.sleep, delays, { chunkSize: 5 }), delays);
  });

  it("gives each of two idle workers one of two tasks, which may wait for each other", async () => {
    const barrier = new (getContext(method).Barrier)(2);
    await pool.map(work.meet, new Array(1000).fill(null)); // from now on it counts as quick
    for (let round = 0; round < 20; round++) {
      const places = round % 2 === 0
        ? await pool.map(work.meet, [barrier, barrier])
        : await Promise.all([pool.apply(work.meet, [barrier]), pool.apply(work.meet, [barrier])]);
      assert.deepEqual(places.sort(), [0, 1]);
    }
  });

  it("takes every kind of input", async () => {
    function* numbers() {
      yield* [1, 2, 3];
    }
    async function* laterNumbers() {
      for (const x of [1, 2, 3]) yield await Promise.resolve(x);
    }
    const inputs = [
      [1, 2, 3],
      new Set([1, 2, 3]),
      new Float32Array([1, 2, 3]),
      numbers(),
      laterNumbers(),
      { length: 3, 0: 1, 1: 2, 2: 3 },
    ];
    for (const items of inputs) assert.deepEqual(await pool.map(work.square, items), [1, 4, 9]);
    assert.deepEqual(await pool.map(work.same, "aé🙂"), ["a", "é", "🙂"]);
    assert.deepEqual(await pool.map(work.same, new Map([["a", 1]])), [["a", 1]]);
    assert.deepEqual(await pool.map(work.same, new BigInt64Array([5n])), [5n]);
    // deno-lint-ignore no-sparse-arrays
    assert.deepEqual(await pool.map(work.typeOf, [1, , "x"]), ["number", "undefined", "string"]);
  });

  it("resolves at once for an empty input, even when every worker is busy", async () => {
    using hands = new Handshake();
    await ready(pool);
    const held = ["a", "b"].map((name) => pool.apply(work.hold, [hands.path, name]));
    await Promise.all([hands.began("a"), hands.began("b")]);
    for (const items of [[], new Set<number>(), (async function* () {})(), ""]) {
      assert.deepEqual(await pool.map(work.same, items as number[]), []);
    }
    assert.deepEqual(await pool.starmap(work.add, []), []);
    assert.deepEqual(await pool.mapAsync(work.square, []).get(), []);
    assert.deepEqual(await pool.imap(work.square, []).next(), { done: true, value: undefined });
    hands.go();
    assert.deepEqual(await Promise.all(held), ["a", "b"]);
  });

  it("ends a map over a generator while other calls keep every worker busy", async () => {
    using hands = new Handshake();
    const items = new Set([1, 2, 3]);
    const first = pool.apply(work.hold, [hands.path, "first"]);
    await hands.began("first");
    const results = pool.map(work.square, items);
    const second = pool.apply(work.hold, [hands.path, "second"]);
    await hands.began("second");
    assert.deepEqual(await results, [1, 4, 9]);
    hands.go();
    await Promise.all([first, second]);
  });

  it("rejects a map with its first failure and drops what has not begun", async () => {
    using hands = new Handshake();
    const file = hands.write("tally", "");
    const items = [-1, ...range(300)];
    for (const chunkSize of [1, 150]) {
      const error = await pool.starmap(work.tally, items.map((x) => [file, x, 2] as const), {
        chunkSize,
      }).catch((error) => error);
      assert.ok(error instanceof RangeError, String(error));
      assert.equal((error as { taskIndex?: number }).taskIndex, 0);
      assert.equal(Object.keys(error).includes("taskIndex"), false);
    }
    assert.equal(await pool.apply(work.square, [3]), 9);
    await pool.broadcast(work.nothing); // both workers are past what they had begun
    const began = readFileSync(file, "utf8").trim().split("\n").length;
    assert.ok(began < 300, `${began} of 602 tasks began`);
  });

  it("settles every task where it is asked to", async () => {
    for (const chunkSize of [undefined, 1, 4]) {
      const settled = await pool.map(work.failAtTwo, range(4), { settle: true, chunkSize });
      assert.deepEqual(settled.map(({ status }) => status), [
        "fulfilled",
        "fulfilled",
        "rejected",
        "fulfilled",
      ]);
      assert.equal((settled[3] as PromiseFulfilledResult<number>).value, 3);
      const { reason } = settled[2] as PromiseRejectedResult;
      assert.ok(reason instanceof RangeError);
      assert.equal((reason as { taskIndex?: number }).taskIndex, 2);
    }
    assert.deepEqual(await pool.starmap(work.add, [[1, 2]], { settle: true }), [
      { status: "fulfilled", value: 3 },
    ]);
    assert.deepEqual(await pool.map(work.square, [], { settle: true }), []);
  });

  it("fails with what the input throws, at its place, and stays usable", async () => {
    function* broken() {
      yield 1;
      yield 2;
      throw new URIError("input");
    }
    async function* brokenLater() {
      yield 1;
      yield 2;
      await Promise.resolve();
      throw new URIError("input");
    }
    const getter = {
      length: 9,
      0: 1,
      1: 2,
      get 2(): number {
        throw new URIError("input");
      },
    };
    for (const make of [broken, brokenLater, () => getter as ArrayLike<number>]) {
      const wanted = { name: "URIError", message: "input" };
      await assert.rejects(pool.map(work.square, make()), wanted);
      await assert.rejects(pool.mapAsync(work.square, make()).get(), wanted);
      const settled = await pool.map(work.square, make(), { settle: true });
      assert.equal(settled.length, 3);
      assert.deepEqual(settled.slice(0, 2), [
        { status: "fulfilled", value: 1 },
        { status: "fulfilled", value: 4 },
      ]);
      assert.equal((settled[2] as PromiseRejectedResult).reason.message, "input");
    }
    await assert.rejects(
      pool.starmap(
        work.add,
        (function* () {
          yield [1, 2] as const;
          throw new URIError("input");
        })(),
      ),
      URIError,
    );
    assert.deepEqual(await pool.map(work.square, [4]), [16]);
  });

  it("tells the progress: never back, at last all of it, before the promise resolves", async () => {
    async function* laterNumbers() {
      for (let i = 0; i < 50; i++) yield await Promise.resolve(i);
    }
    const inputs = [range(500), new Set(range(50)), laterNumbers(), []];
    for (const items of inputs) {
      const calls: [number, number | undefined][] = [];
      const results = await pool.map(work.square, items as number[], {
        onProgress: (done, total) => calls.push([done, total]),
        progress: true, // draws nothing: standard error is no terminal here
      });
      assert.ok(calls.every(([done], i) => i === 0 || done >= calls[i - 1][0]));
      assert.deepEqual(calls.at(-1), [results.length, results.length]);
    }
  });

  it("fails with what onProgress throws", async () => {
    const onProgress = () => {
      throw new URIError("progress");
    };
    await assert.rejects(pool.map(work.square, range(10), { onProgress }), URIError);
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("answers a short call while a long map runs", async () => {
    // Half a minute's work for both workers, until they are told to hurry.
    const hurry = new (getContext(method).Event)();
    const COUNT = 10_000;
    let done = 0;
    const long = pool.map(partial(slowUntil, hurry), new Array<number>(COUNT).fill(6), {
      onProgress: (n) => done = n,
    });
    assert.equal(await pool.apply(work.square, [5]), 25);
    assert.ok(done < COUNT, "the map was over");
    assert.equal((await pool.map(work.square, range(20))).length, 20);
    assert.ok(done < COUNT, "the map was over");
    hurry.set();
    assert.equal((await long).length, COUNT);
  });

  it("runs thousands of calls at a time", async () => {
    const results = await Promise.all(range(5000).map((x) => pool.apply(work.square, [x])));
    assert.ok(results.every((value, i) => value === i * i));
  });
});

describeMethods("pool: results that come later", (method) => {
  let pool: Pool;
  before(async () => await ready(pool = new (getContext(method).Pool)(2)));
  after(() => pool.terminate());

  it("gives a handle for each asynchronous form", async () => {
    assert.equal(await pool.applyAsync(work.add, [1, 2]), 3);
    assert.deepEqual(await pool.mapAsync(work.square, [1, 2]).get(), [1, 4]);
    assert.deepEqual(await pool.starmapAsync(work.add, [[1, 2]]), [3]);
    const result = pool.applyAsync(work.add, [1, 2]);
    assert.equal(await result.get({ timeout: 20_000 }), 3);
    assert.equal(await result.get(), 3, "again");
    assert.equal(await result.get({ timeout: 0 }), 3, "without waiting");
  });

  it("stops waiting at a timeout, and the task goes on", async () => {
    using hands = new Handshake();
    const result = pool.applyAsync(work.hold, [hands.path, "a"]);
    await assert.rejects(result.get({ timeout: 5 }), TimeoutError);
    await assert.rejects(result.get({ timeout: 0 }), TimeoutError);
    await assert.rejects(result.get({ timeout: -1 }), TimeoutError);
    await assert.rejects(result.get({ timeout: NaN }), RangeError);
    await result.wait({ timeout: 5 });
    assert.equal(result.ready(), false);
    assert.throws(() => result.successful(), ProcessError);
    const reason = new Error("enough");
    await assert.rejects(result.get({ signal: AbortSignal.abort(reason) }), (e) => e === reason);
    const controller = new AbortController();
    const waiting = result.wait({ signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(waiting, (e) => e === reason);
    hands.go();
    assert.equal(await result.get(), "a");
    assert.equal(result.ready(), true);
    assert.equal(result.successful(), true);
  });

  it("knows that a call has failed", async () => {
    const result = pool.applyAsync(work.failIf, [1, 1]);
    await result.wait();
    assert.equal(result.ready(), true);
    assert.equal(result.successful(), false);
    await assert.rejects(result.get(), RangeError);
    await assert.rejects(result.get({ timeout: 0 }), RangeError);
  });

  it("calls exactly one callback, once, before the result is ready", async () => {
    const calls: unknown[] = [];
    const watch = (name: string, get: () => AsyncResult<unknown>) => (value: unknown) => {
      calls.push([name, value instanceof Error ? value.name : value, get().ready()]);
    };
    const good: AsyncResult<unknown> = pool.applyAsync(work.add, [1, 2], {
      callback: watch("callback", () => good),
      errorCallback: watch("errorCallback", () => good),
    });
    assert.equal(await good, 3);
    const bad: AsyncResult<unknown> = pool.mapAsync(work.failAtTwo, [1, 2, 3], {
      callback: watch("callback", () => bad),
      errorCallback: watch("errorCallback", () => bad),
    });
    await assert.rejects(bad.get(), RangeError);
    const many: AsyncResult<unknown> = pool.starmapAsync(work.add, [[1, 1]], {
      callback: watch("callback", () => many),
    });
    await many;
    assert.deepEqual(calls, [
      ["callback", 3, false],
      ["errorCallback", "RangeError", false],
      ["callback", [2], false],
    ]);
  });

  it("fails with what a callback throws", async () => {
    const callback = () => {
      throw new URIError("callback");
    };
    const seen: unknown[] = [];
    const errorCallback = (error: unknown) => seen.push(error);
    const result = pool.applyAsync(work.add, [1, 2], { callback, errorCallback });
    await assert.rejects(result.get(), { name: "URIError" });
    assert.equal(result.successful(), false);
    assert.deepEqual(seen, [], "the other callback is not called as well");
    await assert.rejects(
      pool.applyAsync(work.failIf, [1, 1], { errorCallback: callback }).get(),
      { name: "URIError" },
    );
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("cancels what runs and what has not begun", async () => {
    using hands = new Handshake();
    await ready(pool);
    const running = ["a", "b"].map((name) => pool.applyAsync(work.hold, [hands.path, name]));
    await Promise.all([hands.began("a"), hands.began("b")]);
    const waiting = pool.applyAsync(work.hold, [hands.path, "c"]);
    const mapped = pool.mapAsync(work.square, [1, 2]);
    assert.equal(waiting.cancel(), true);
    assert.equal(waiting.cancel(), false, "again");
    assert.equal(mapped.cancel(), true);
    assert.equal(running[0].cancel(), true);
    for (const result of [waiting, mapped, running[0]]) {
      await assert.rejects((result as AsyncResult<unknown>).get(), CancelledError);
      assert.equal(result.successful(), false);
    }
    hands.go();
    assert.equal(await running[1], "b");
    assert.equal(running[1].cancel(), false);
    assert.equal(await pool.apply(work.square, [3]), 9);
    assert.equal(hands.hasBegun("c"), false);
  });
});

describeMethods("pool: bad input", (method) => {
  const { Pool } = getContext(method);
  let pool: Pool;
  before(() => pool = new Pool(1));
  after(() => pool.terminate());

  // deno-lint-ignore no-explicit-any
  const any = (value: unknown): any => value;

  it("refuses to be made of nonsense", () => {
    for (const processes of [0, -1, 1.5, NaN, Infinity]) {
      assert.throws(() => new Pool(processes), RangeError);
      assert.throws(() => new Pool({ processes }), /processes/);
    }
    for (const wrong of ["2", null, true]) assert.throws(() => new Pool(any(wrong)), TypeError);
    assert.throws(() => new Pool({ processes: any("2") }), TypeError);
    assert.throws(() => new Pool({ maxTasksPerChild: 0 }), RangeError);
    assert.throws(() => new Pool({ maxTasksPerChild: any("1") }), TypeError);
    assert.throws(() => new Pool({ initializer: any(5) }), TypeError);
    assert.throws(() => new Pool({ initializer: work.prepare, initArgs: any("x") }), TypeError);
    assert.throws(
      () => new Pool({ initializer: work.prepare, initArgs: [new WeakMap()] }),
      { name: "SerializationError", path: "initArgs[0]" },
    );
    assert.throws(() => new Pool({ initializer: () => {} }), {
      name: "FunctionReferenceError",
      message: /the function given as `initializer` .* has no name of its own/,
    });
  });

  it("refuses a function that is none, or cannot be found", async () => {
    for (const wrong of [undefined, null, 5, "square", {}]) {
      assert.throws(() => pool.applyAsync(any(wrong), []), TypeError);
      await assert.rejects(pool.map(any(wrong), [1]), TypeError);
    }
    const outside = 5;
    const closure = (x: number) => x + outside;
    const wanted = { name: "FunctionReferenceError", message: /closure/ };
    const inPlace = { name: "FunctionReferenceError", message: /no name of its own.*partial\(\)/ };
    await assert.rejects(pool.map((x) => x * outside, [1]), inPlace);
    await assert.rejects(pool.map(closure, [1]), wanted);
    await assert.rejects(pool.apply(closure, [1]), wanted);
    assert.throws(() => pool.imap(closure, [1]), wanted);
    assert.throws(() => pool.mapAsync(closure, [1]), wanted);
    await assert.rejects(pool.map({ module: "./work.ts", name: "" }, [1]), TypeError);
  });

  it("refuses arguments and items that are none", async () => {
    for (const wrong of [5, "ab", null, { length: 1 }]) {
      await assert.rejects(pool.apply(work.count, any(wrong)), TypeError);
    }
    for (
      const wrong of [undefined, null, 5, true, {}, () => {}, new DataView(new ArrayBuffer(8))]
    ) {
      await assert.rejects(pool.map(work.square, any(wrong)), TypeError);
      assert.throws(() => pool.imap(work.square, any(wrong)), TypeError);
      assert.throws(() => pool.starmapAsync(work.square, any(wrong)), TypeError);
    }
    await assert.rejects(pool.starmap(work.add, any([5])), TypeError);
    await assert.rejects(pool.map(work.square, { length: -1 }), TypeError);
  });

  it("refuses options that are wrong", async () => {
    for (const chunkSize of [0, -1, 1.5, NaN]) {
      await assert.rejects(pool.map(work.square, [1], { chunkSize }), RangeError);
      await assert.rejects(pool.starmap(work.add, [[1, 1]], { chunkSize }), RangeError);
      assert.throws(() => pool.imap(work.square, [1], { chunkSize }), RangeError);
      assert.throws(() => pool.imapUnordered(work.square, [1], { buffer: chunkSize }), RangeError);
      assert.throws(() => pool.mapAsync(work.square, [], { chunkSize }), RangeError);
    }
    await assert.rejects(pool.map(work.square, [1], { chunkSize: any("2") }), TypeError);
    await assert.rejects(pool.apply(work.square, [1], { timeout: NaN }), RangeError);
    await assert.rejects(pool.apply(work.square, [1], { timeout: any("1") }), TypeError);
    for (const grace of [NaN, -1]) {
      await assert.rejects(pool.apply(work.square, [1], { grace }), {
        name: "RangeError",
        message: `Cannot apply with grace ${grace}: give a number from 0 up`,
      });
    }
    await assert.rejects(pool.apply(work.square, [1], { retries: -1 }), RangeError);
    await assert.rejects(pool.apply(work.square, [1], { retries: any("1") }), TypeError);
    await assert.rejects(pool.apply(work.square, [1], { signal: any({}) }), /AbortSignal/);
    assert.equal(await pool.apply(work.square, [3]), 9, "usable as before");
  });
});
