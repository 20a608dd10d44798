import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import {
  getContext,
  inline,
  partial,
  RemoteError,
  SerializationError,
  WorkerLostError,
} from "../../mod.ts";
import type { Pool } from "../../mod.ts";
import { ready } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { describeMethods } from "../support/methods.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const WORK = new URL("../fixtures/pool/work.ts", import.meta.url);

/** What a promise rejects with. */
async function failure(promise: PromiseLike<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new assert.AssertionError({ message: "it did not fail" });
}

describeMethods("pool: errors", (method) => {
  let pool: Pool;
  before(async () => await ready(pool = new (getContext(method).Pool)(2)));
  after(() => pool.terminate());

  it("keeps class, message and own fields, with the worker's stack as cause", async () => {
    const error = await failure(pool.apply(work.failIf, [1, 1]));
    assert.ok(error instanceof RangeError);
    assert.equal(error.message, "no 1");
    assert.equal(error.taskIndex, 0);
    const { cause } = error;
    assert.ok(cause instanceof RemoteError);
    assert.match(cause.message, /PoolWorker-\d+ \(pid \d+\): no 1/);
    assert.match(cause.stack!, /failIf/);
    assert.match(cause.stack!, /work\.ts/);
    const coded = await failure(pool.apply(work.failCode));
    assert.equal(coded.code, "ENOENT");
    assert.equal(coded.path, "/nowhere");
  });

  it("keeps a registered class, and the error's own cause behind the remote one", async () => {
    const error = await failure(pool.apply(work.failOdd));
    assert.ok(error instanceof work.Odd);
    assert.equal(error.name, "Odd");
    assert.equal(error.code, 7);
    assert.deepEqual(error.details, { list: [1, 2] });
    const remote = error.cause as RemoteError;
    assert.ok(remote instanceof RemoteError);
    assert.ok(remote.cause instanceof TypeError);
    assert.equal(remote.cause.message, "because");
  });

  it("keeps the errors of an AggregateError", async () => {
    const error = await failure(pool.apply(work.failMany)) as unknown as AggregateError;
    assert.ok(error instanceof AggregateError);
    assert.deepEqual(error.errors.map((each) => [each.name, each.message]), [
      ["TypeError", "one"],
      ["RangeError", "two"],
    ]);
  });

  it("passes on what is no error as it is", async () => {
    for (const value of ["text", 5, null, undefined, { a: [1] }]) {
      const settled = await pool.map(work.throwValue, [value], { settle: true });
      assert.deepEqual(settled, [{ status: "rejected", reason: value }]);
    }
  });

  it("takes a promise that rejects, and a result that is no promise after all", async () => {
    assert.equal((await failure(pool.map(work.failLater, [1, 2]))).message, "no 2");
    const error = await failure(pool.apply(work.giveBadThen));
    assert.equal(error.message, "bad then");
  });

  it("still tells of an error with a field that cannot travel", async () => {
    const error = await failure(pool.apply(work.failWithField));
    assert.ok(error instanceof TypeError);
    assert.equal(error.message, "kept");
  });

  it("replaces a thrown value that cannot travel by an error with its path", async () => {
    for (const fn of [work.throwFunction, work.throwWeird]) {
      const error = await failure(pool.apply(fn as () => never));
      assert.ok(error instanceof SerializationError, String(error));
      assert.match(error.message, /threw a value that cannot travel/);
      assert.match(`${error.message} ${error.path}`, /error\.(deep\.fn|promise)/);
    }
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("fails a task whose result cannot travel, and only that one", async () => {
    for (const chunkSize of [1, 4]) {
      const settled = await pool.map(work.giveUnsendable, range(4), { settle: true, chunkSize });
      assert.deepEqual(settled.map((one) => one.status === "fulfilled" ? one.value : "failed"), [
        0,
        "failed",
        2,
        3,
      ]);
      const { reason } = settled[1] as PromiseRejectedResult;
      assert.ok(reason instanceof SerializationError);
      assert.equal(reason.path, "result.user.socket");
      assert.equal((reason as { taskIndex?: number }).taskIndex, 1);
    }
    const error = await failure(pool.map(work.giveUnsendable, range(4)));
    assert.ok(error instanceof SerializationError);
  });

  it("refuses an argument that cannot travel, at the call, with its path", async () => {
    const wrong = { user: { socket: new WeakMap() } };
    const wanted = { name: "SerializationError", path: "args[0].user.socket" };
    assert.throws(() => pool.applyAsync(work.same, [wrong]), wanted);
    await assert.rejects(pool.apply(work.same, [wrong]), wanted);
    await assert.rejects(pool.apply(work.same, [Promise.resolve()]), { path: "args[0]" });
    for (const chunkSize of [1, 3]) {
      const error = await failure(pool.map(work.same, [1, wrong, 3], { chunkSize }));
      assert.ok(error instanceof SerializationError);
      assert.equal(error.path, "items[1].user.socket");
      assert.match(error.message, /items\[1\]\.user\.socket/);
      const settled = await pool.map(work.takeAnything, [1, wrong, 3], { chunkSize, settle: true });
      assert.deepEqual(settled.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    }
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("settles each item once where one cannot be sent and another one ends its worker", async () => {
    const items = [1, new WeakMap(), 5, 7, new WeakMap(), 9];
    for (const chunkSize of [1, 2, 3, 6]) {
      // deno-lint-ignore no-explicit-any
      const settled = await pool.map(work.exitAtFive as any, items, { chunkSize, settle: true });
      const outcomes = settled.map((one) =>
        one.status === "fulfilled" ? one.value : (one.reason as Error).constructor
      );
      assert.deepEqual(outcomes, [
        1,
        SerializationError,
        WorkerLostError,
        7,
        SerializationError,
        9,
      ]);
    }
  });

  it("fails the one item that cannot be rebuilt in the worker", async () => {
    const items = [1, { before: [1], it: new work.Fragile("worker"), after: "rest" }, 3, 4];
    for (const chunkSize of [1, 4]) {
      const settled = await pool.map(work.takeAnything, items, { chunkSize, settle: true });
      assert.deepEqual(settled.map((one) => one.status === "fulfilled" ? one.value : "failed"), [
        1,
        "failed",
        3,
        4,
      ]);
      assert.match(String((settled[1] as PromiseRejectedResult).reason), /cannot rebuild worker/);
    }
    const error = await failure(pool.apply(work.takeAnything, [new work.Fragile("worker")]));
    assert.match(error.message, /cannot rebuild worker/);
  });

  it("fails the one item whose result cannot be rebuilt here", async () => {
    for (const chunkSize of [1, 4]) {
      const settled = await pool.map(work.giveFragile, range(4), { chunkSize, settle: true });
      assert.deepEqual(settled.map((one) => one.status === "fulfilled" ? one.value : "failed"), [
        0,
        1,
        "failed",
        3,
      ]);
      assert.match(String((settled[2] as PromiseRejectedResult).reason), /cannot rebuild main/);
    }
  });
});

describeMethods("pool: functions", (method) => {
  let pool: Pool;
  before(async () => await ready(pool = new (getContext(method).Pool)(2)));
  after(() => pool.terminate());

  it("takes every way to name a function", async () => {
    assert.equal(await pool.apply(work.square, [3]), 9);
    assert.equal(await pool.apply(work.registered, [3]), 103);
    assert.equal(await pool.apply({ module: WORK, name: "square" }, [3]), 9);
    assert.equal(await pool.apply({ module: WORK.href, name: "add" }, [3, 4]), 7);
    assert.deepEqual(await pool.map({ module: WORK, name: "hidden" }, [1]), [101]);
    assert.deepEqual(await pool.map(inline((x: number) => x + 0.5), [1, 2]), [1.5, 2.5]);
    assert.deepEqual(await pool.map(partial(work.add, 10), [1, 2]), [11, 12]);
    assert.deepEqual(await pool.map(Math.sqrt, [4, 9]), [2, 3]);
  });

  it("tells what is wrong with a function that only the worker can look up", async () => {
    for (const name of ["absent", "default"]) {
      const error = await failure(pool.apply({ module: WORK, name }, []));
      assert.equal(error.name, "FunctionReferenceError");
      assert.match(error.message, new RegExp(name));
    }
    const absent = new URL("../fixtures/pool/absent.ts", import.meta.url);
    const error = await failure(pool.map({ module: absent, name: "work" }, [1, 2]));
    assert.match(error.message, /absent\.ts/);
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("tells what a module threw while it was imported", async () => {
    const module = new URL("../fixtures/pool/throws.ts", import.meta.url);
    const error = await failure(pool.apply({ module, name: "work" }, []));
    const text = `${error.message} ${(error.cause as Error)?.message} ${
      ((error.cause as Error)?.cause as Error)?.message
    }`;
    assert.match(text, /thrown while being imported/);
    const settled = await pool.map({ module, name: "work" }, [1, 2], { settle: true });
    assert.deepEqual(settled.map(({ status }) => status), ["rejected", "rejected"]);
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("carries functions in arguments and results", async () => {
    assert.equal(await pool.apply(work.apply<number>, [work.square, 5]), 25);
    assert.equal(await pool.apply(work.apply<number>, [Math.sqrt, 16]), 4);
    assert.equal(await pool.apply(work.apply<number>, [partial(work.add, 1), 2]), 3);
    assert.equal(await pool.apply(work.giveHidden), work.registered);
    assert.equal(await pool.apply(work.same<unknown>, [work.square]), work.square);
    assert.deepEqual(await pool.map(work.same<unknown>, [work.add, Math.max]), [
      work.add,
      Math.max,
    ]);
    const list = await pool.apply(work.same<unknown[]>, [[work.square, { fn: work.square }]]);
    assert.deepEqual(list, [work.square, { fn: work.square }]);
  });

  it("fails only the item that holds a function which cannot be found", async () => {
    const bad = { fn: () => 5 };
    const settled = await pool.map(work.takeAnything, [1, bad, 3], { chunkSize: 3, settle: true });
    assert.deepEqual(settled.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    assert.equal((settled[1] as PromiseRejectedResult).reason.name, "FunctionReferenceError");
  });

  it("calls the right one of very many functions", async () => {
    const functions = range(700).map((i) => partial(work.add, i));
    for (let round = 0; round < 3; round++) {
      const results = await Promise.all(functions.map((fn) => pool.apply(fn, [1])));
      assert.deepEqual(results, range(700).map((i) => i + 1));
    }
  });

  it("fails the calls of a function that has become unsendable since they were made", async () => {
    const bound: { value: unknown } = { value: 1 };
    const fn = partial(work.same<unknown>, bound);
    const results = [1, 2].map(() => pool.applyAsync(fn, []));
    const mapped = pool.mapAsync(fn, [1, 2]);
    bound.value = new WeakMap();
    for (const result of [...results, mapped]) {
      assert.equal((await failure(result)).name, "SerializationError");
    }
    assert.equal(await pool.apply(work.square, [3]), 9);
  });
});

describeMethods("pool: values", (method) => {
  let pool: Pool;
  before(async () => await ready(pool = new (getContext(method).Pool)(2)));
  after(() => pool.terminate());

  it("keeps shared references and cycles", async () => {
    const shared = { x: 1 };
    const value: { self: unknown; list: unknown[] } = { self: null, list: [shared, shared] };
    value.self = value;
    assert.equal(await pool.apply(work.isCycle, [value]), true);
    const back = await pool.apply(work.same<typeof value>, [value]);
    assert.equal(work.isCycle(back), true);
    const [again] = await pool.map(work.same<typeof value>, [value]);
    assert.equal(work.isCycle(again), true);
  });

  it("carries what structured clone does", async () => {
    const value = {
      map: new Map<unknown, unknown>([[{ key: 1 }, new Set([1n, "x"])]]),
      date: new Date(12345),
      pattern: /a+/gi,
      numbers: [NaN, -0, Infinity],
      bytes: new Uint8Array([1, 2, 3]),
      nothing: undefined,
    };
    assert.deepEqual(await pool.apply(work.same<typeof value>, [value]), value);
    assert.deepEqual(await pool.map(work.same<typeof value>, [value, value]), [value, value]);
  });

  it("carries large typed arrays both ways", async () => {
    const array = Float64Array.from({ length: 300_000 }, (_, i) => i / 3);
    const doubled = await pool.apply(work.doubled, [array]);
    assert.ok(doubled instanceof Float64Array);
    assert.deepEqual(doubled, array.map((x) => 2 * x));
    assert.equal(array.length, 300_000, "the caller keeps its own");
    const many = await pool.map(work.doubled, [array, array, array]);
    assert.ok(many.every((each) => each.length === 300_000 && each[3] === 2));
  });

  it("moves buffers that are to be transferred", async () => {
    const array = new Float64Array([1, 2, 3]);
    assert.equal(await pool.apply(work.sum, [array], { transfer: [array.buffer] }), 6);
    assert.equal(array.buffer.byteLength, 0, "detached here");
    assert.equal(array.length, 0);
    const large = new Uint8Array(1 << 20).fill(1);
    assert.equal(await pool.apply(work.sum, [large], { transfer: [large.buffer] }), 1 << 20);
    assert.equal(large.length, 0);
  });

  it(
    "shares a SharedArrayBuffer with threads, and refuses to send it to processes",
    async () => {
      const shared = new SharedArrayBuffer(8);
      if (method === "thread") {
        await pool.map(work.increment, new Array(50).fill(shared));
        await pool.apply(work.increment, [shared]);
        assert.equal(new Int32Array(shared)[0], 51);
        assert.equal(
          await pool.apply(work.same<unknown>, [shared]) instanceof SharedArrayBuffer,
          true,
        );
      } else {
        await assert.rejects(pool.apply(work.increment, [shared]), {
          name: "SerializationError",
          path: "args[0]",
        });
        await assert.rejects(pool.map(work.increment, [shared]), { path: "items[0]" });
      }
    },
  );
});
