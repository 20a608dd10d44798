import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { CancelledError, TimeoutError, WorkerLostError } from "../../mod.ts";
import type { Executor } from "../../mod.ts";
import { addThree, makeExecutor } from "../fixtures/executor/work.ts";
import { Handshake } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { waitFor } from "../support/alive.ts";
import { Endless } from "../support/endless.ts";
import { describeMethods } from "../support/methods.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
// deno-lint-ignore no-explicit-any
const any = (value: unknown): any => value;

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

describeMethods("executor: map", (method) => {
  let executor: Executor;
  before(() => executor = makeExecutor(method, 2));
  after(() => executor.shutdown());

  it("gives results in the order of the input", async () => {
    const expected = range(500).map((x) => x * x);
    for (const chunkSize of [undefined, 1, 7, 1000]) {
      assert.deepEqual(
        await collect(executor.map(work.square, range(500), { chunkSize })),
        expected,
      );
    }
    assert.deepEqual(await collect(executor.map(work.sleep, [12, 1, 6], undefined)), [12, 1, 6]);
    assert.deepEqual(await collect(executor.map(work.square, [])), []);
    assert.deepEqual(await collect(executor.map(work.square, { length: 2, 0: 3, 1: 4 })), [9, 16]);
  });

  it("takes one argument from each input, until the shortest ends", async () => {
    async function* later() {
      for (const x of [1, 2, 3]) yield await Promise.resolve(x);
    }
    const pairs: [
      Iterable<number> | AsyncIterable<number>,
      Iterable<number> | AsyncIterable<number>,
    ][] = [
      [[1, 2, 3], [10, 20, 30]],
      [[1, 2, 3, 4], new Set([10, 20, 30])],
      [later(), [10, 20, 30, 40]],
      [new Endless().numbers(), later()],
      [later(), later()],
    ];
    const sums = [[11, 22, 33], [11, 22, 33], [11, 22, 33], [1, 3, 5], [2, 4, 6]];
    for (const [i, [first, second]] of pairs.entries()) {
      assert.deepEqual(await collect(executor.map(work.add, first, second)), sums[i]);
    }
    const three = executor.map(addThree, [1, 2], [3, 4], new Int8Array([5, 6]), { chunkSize: 2 });
    assert.deepEqual(await collect(three), ["135", "246"]);
    assert.deepEqual(await collect(executor.map(work.add, [1], [])), []);
  });

  it("reads no further than bufferSize ahead, and ends with the loop", async () => {
    for (const kind of ["numbers", "laterNumbers"] as const) {
      const endless = new Endless();
      let taken = 0;
      for await (const value of executor.map(work.square, endless[kind](), { bufferSize: 5 })) {
        assert.equal(value, taken ** 2);
        taken++;
        assert.ok(endless.pulled <= taken + 6, `${endless.pulled} read, ${taken} taken`);
        if (taken === 30) break;
      }
      await waitFor(() => endless.closed === 1);
    }
  });

  it("has the executor's bufferSize", async () => {
    await using small = makeExecutor(method, { maxWorkers: 1, bufferSize: 3 });
    const endless = new Endless();
    const results = small.map(work.add, endless.numbers(), [1, 1, 1, 1, 1, 1, 1, 1]);
    assert.deepEqual(await results.next(), { done: false, value: 1 });
    assert.ok(endless.pulled <= 5, `${endless.pulled} read`);
    await results.return!();
    assert.deepEqual(await results.next(), { done: true, value: undefined });
  });

  it("ends with the first failure", async () => {
    const endless = new Endless();
    const results = executor.map(work.failAtTwo, endless.numbers());
    assert.deepEqual((await results.next()).value, 0);
    assert.deepEqual((await results.next()).value, 1);
    await assert.rejects(results.next(), { name: "RangeError", message: "no 2" });
    assert.equal((await results.next()).done, true);
    assert.equal(endless.closed, 1);
    await assert.rejects(collect(executor.map(work.exitAtFive, range(10))), WorkerLostError);
    await assert.rejects(collect(executor.map(work.same, [1, new WeakMap()])), {
      name: "SerializationError",
      path: "items[1]",
    });
  });

  it("fails with what an input throws, at its place", async () => {
    function* broken() {
      yield 1;
      throw new URIError("input");
    }
    for (const inputs of [[broken(), [10, 20]], [[10, 20], broken()]] as const) {
      const results = executor.map(work.add, inputs[0], inputs[1]);
      assert.equal((await results.next()).value, 11);
      await assert.rejects(results.next(), { name: "URIError", message: "input" });
      assert.equal((await results.next()).done, true);
    }
    assert.deepEqual(await collect(executor.map(work.add, [1], broken())), [2], "not asked again");
  });

  it("lets what runs go on when the loop is left", async () => {
    using hands = new Handshake();
    const paths = [hands.path, hands.path];
    const results = executor.map(work.hold, paths, ["a", "b"]);
    await Promise.all([hands.began("a"), hands.began("b")]);
    const waiting = executor.submit(work.workerId);
    await results.return!();
    hands.go();
    const workers = [await hands.began("a"), await hands.began("b")];
    assert.ok(workers.includes(await waiting), "no worker was replaced");
  });

  it("counts the timeout from the call", async () => {
    using hands = new Handshake();
    const results = executor.map(work.holdUnlessFirst, new Array(3).fill(hands.path), [
      "first",
      "b",
      "c",
    ], { timeout: 2000, bufferSize: 3 });
    assert.equal((await results.next()).value, "first");
    await assert.rejects(results.next(), TimeoutError);
    assert.equal((await results.next()).done, true);
    hands.go();
    assert.equal((await executor.map(work.square, [3], { timeout: 60_000 }).next()).value, 9);
  });

  it("refuses wrong input at once", () => {
    for (const wrong of [undefined, null, 5, {}]) {
      assert.throws(() => executor.map(work.square, any(wrong)), TypeError);
      assert.throws(() => executor.map(addThree, [1], any(wrong ?? 5), [2]), TypeError);
    }
    assert.throws(() => any(executor).map(work.square), /Cannot map over nothing/);
    for (const chunkSize of [0, 1.5, NaN]) {
      assert.throws(() => executor.map(work.square, [1], { chunkSize }), RangeError);
      assert.throws(() => executor.map(work.square, [1], { bufferSize: chunkSize }), /bufferSize/);
    }
    assert.throws(() => executor.map(work.square, [1], { timeout: NaN }), RangeError);
    assert.throws(() => executor.map(any(5), [1]), TypeError);
    const outside = 5;
    assert.throws(() => executor.map((x: number) => x + outside, [1]), {
      name: "FunctionReferenceError",
    });
  });
});

describeMethods("executor: map and shutdown", (method) => {
  it("runs an array to its end", async () => {
    const executor = makeExecutor(method, 2);
    const one = executor.map(work.square, range(100), { bufferSize: 2 });
    const two = executor.map(work.add, range(100), range(50));
    await executor.shutdown();
    assert.deepEqual(await collect(one), range(100).map((x) => x * x));
    assert.deepEqual(await collect(two), range(50).map((x) => 2 * x));
  });

  it("ends behind what was read of other inputs", async () => {
    for (const kind of ["numbers", "laterNumbers"] as const) {
      for (const single of [true, false]) {
        const endless = new Endless();
        const executor = makeExecutor(method, 1);
        const input = endless[kind]();
        const results = single
          ? executor.map(work.same<number>, input, { bufferSize: 4 })
          : executor.map(work.add, input, new Endless().numbers(), { bufferSize: 4 });
        assert.equal((await results.next()).value, 0);
        await executor.shutdown();
        const values: number[] = [];
        await assert.rejects(async () => {
          for await (const value of results) values.push(value);
        }, { name: "ProcessError", message: /shut down before its input had ended/ });
        assert.ok(values.length <= 6, `${values}`);
        assert.deepEqual(values, values.map((_, i) => single ? i + 1 : 2 * (i + 1)));
        assert.equal(endless.closed, 1);
      }
    }
  });

  it("waits for no input that never gives anything", async () => {
    const executor = makeExecutor(method, 1);
    const results = executor.map(
      work.square,
      (async function* (): AsyncGenerator<number> {
        await new Promise(() => {});
        yield 1;
      })(),
    );
    const next = results.next();
    const ended = assert.rejects(next, { name: "ProcessError" });
    await executor.shutdown();
    await ended;
  });

  it("waits for none that never gives anything beside an array", async () => {
    const executor = makeExecutor(method, 1);
    const never = (async function* (): AsyncGenerator<number> {
      await new Promise(() => {});
      yield 1;
    })();
    const ended = assert.rejects(executor.map(work.add, [1, 2, 3], never).next(), {
      name: "ProcessError",
    });
    await executor.shutdown();
    await ended;
  });

  it("cancels what was not read where it is to", async () => {
    using hands = new Handshake();
    const executor = makeExecutor(method, 1);
    const results = executor.map(work.hold, new Array(50).fill(hands.path), range(50).map(String));
    await hands.began("0");
    const end = executor.shutdown({ cancelFutures: true });
    hands.go();
    await end;
    const values: string[] = [];
    await assert.rejects(async () => {
      for await (const value of results) values.push(value);
    }, CancelledError);
    assert.ok(values.length >= 1 && values.length < 50, `${values.length}`);
    assert.equal(hands.hasBegun("49"), false);
  });
});
