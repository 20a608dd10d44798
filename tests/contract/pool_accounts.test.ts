/** Each task ends once, what is given up begins no more and waits no longer, and no worker is lost. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { CancelledError, getContext, getLogger, partial } from "../../mod.ts";
import type { LogHandler, Pool } from "../../mod.ts";
import { Handshake, ready } from "../fixtures/pool/handshake.ts";
import * as edges from "../fixtures/pool/edges.ts";
import * as work from "../fixtures/pool/work.ts";
import { describeMethods } from "../support/methods.ts";

describeMethods("pool: accounts", (method) => {
  const context = getContext(method);

  it("a task that onReport has failed is not failed again by its timeout", async () => {
    await using pool = new context.Pool(1);
    const options = {
      settle: true as const,
      timeout: 1000,
      onReport: () => {
        throw new RangeError("not that");
      },
    };
    const names = (settled: PromiseSettledResult<unknown>[]) =>
      settled.map((one) => one.status === "rejected" ? one.reason.name : one.value);
    assert.deepEqual(
      names(await pool.map(edges.reportAndStay, [true, false, false], options)),
      ["RangeError", false, false],
    );
    assert.equal(pool.stats().failed, 1);
    const seen = [];
    for await (const one of pool.imapUnordered(edges.reportAndStay, [true, false], options)) {
      seen.push(one);
    }
    assert.deepEqual(names(seen), ["RangeError", false]);
  });

  for (const culprit of ["input", "onProgress"] as const) {
    it(`a map that its ${culprit} fails begins nothing more`, async () => {
      using hands = new Handshake();
      await using pool = new context.Pool(1);
      await ready(pool);
      function* input() {
        yield* ["a", "b", "c"];
        if (culprit === "input") throw new URIError("that is all");
      }
      const call = pool.map(partial(work.hold, hands.path), input(), {
        chunkSize: 100,
        onProgress: () => {
          if (culprit === "onProgress") throw new URIError("that is all");
        },
      });
      const failed = assert.rejects(call, { name: "URIError", message: "that is all" });
      await hands.began("a");
      hands.go("a");
      await failed;
      await using other = new context.Pool(1);
      await ready(other); // it takes so long that the worker has heard of it
      hands.go("b");
      await pool.apply(work.nothing);
      assert.equal(hands.hasBegun("c"), false);
    });
  }

  it("a call whose arguments end the pool is refused", async () => {
    for (const end of ["close", "terminate"] as const) {
      const some = () => {
        const pool = new context.Pool(1);
        const argument = {
          get value() {
            void pool[end]();
            return 1;
          },
        };
        function* items() {
          yield 1;
        }
        const input = {
          [Symbol.iterator]() {
            void pool[end]();
            return items();
          },
        };
        return { pool, argument, input };
      };
      const calls = [
        ({ pool, argument }: ReturnType<typeof some>) => pool.apply(edges.textOf, [argument]),
        ({ pool, argument }: ReturnType<typeof some>) => pool.broadcast(edges.textOf, argument),
        ({ pool, input }: ReturnType<typeof some>) => pool.map(edges.double, input),
        ({ pool, input }: ReturnType<typeof some>) => pool.imap(edges.double, input).next(),
      ];
      for (const call of calls) {
        const one = some();
        await assert.rejects(async () => await call(one), {
          name: "ProcessError",
          message: /^Cannot \w+: the pool is (closed|terminated)/,
        });
        if (end === "close") await one.pool.join();
        else await one.pool.terminate();
      }
    }
  });

  it("calls that were cancelled wait no longer", async () => {
    using hands = new Handshake();
    await using pool = new context.Pool(1);
    const held = pool.apply(work.hold, [hands.path, "a"]);
    await hands.began("a");
    const { signal } = new AbortController();
    const calls = Array.from(
      { length: 100 },
      (_, i) => pool.applyAsync(work.square, [i], i % 2 ? { signal } : { priority: i }),
    );
    assert.equal(pool.stats().queued, 100);
    for (const [i, call] of calls.entries()) {
      if (i % 10 > 0) assert.equal(call.cancel(), true);
    }
    assert.equal(pool.stats().queued, 10);
    hands.go();
    assert.equal(await held, "a");
    for (const [i, call] of calls.entries()) {
      if (i % 10 > 0) await assert.rejects(call.get(), CancelledError);
      else assert.equal(await call, i * i);
    }
    assert.equal(pool.stats().queued, 0);
    assert.deepEqual([pool.stats().completed, pool.stats().failed], [11, 0]);
  });

  it("one signal ends all of its calls, and none that have ended", async () => {
    using hands = new Handshake();
    await using pool = new context.Pool(2);
    const controller = new AbortController();
    const { signal } = controller;
    assert.deepEqual(await pool.map(work.square, [2, 3], { signal }), [4, 9]);
    const begun = pool.apply(work.hold, [hands.path, "a"], { signal });
    await hands.began("a");
    const calls = Array.from({ length: 20 }, () => pool.apply(work.square, [1], { signal }));
    const other = pool.apply(work.square, [5]);
    controller.abort(new URIError("enough"));
    for (const call of [begun, ...calls]) await assert.rejects(call, { message: "enough" });
    assert.equal(await other, 25);
  });

  it("an imap that is aborted tells its task why", async () => {
    using hands = new Handshake();
    await using pool = new context.Pool(1);
    const controller = new AbortController();
    const began = Promise.withResolvers<unknown>();
    const results = pool.imap(partial(work.listen, hands.path), ["a"], {
      signal: controller.signal,
      onReport: began.resolve,
      grace: 60_000,
    });
    const next = results.next();
    await began.promise;
    controller.abort(new URIError("enough"));
    await assert.rejects(next, { message: "enough" });
    assert.equal(await hands.said("aborted-a"), "URIError: enough");
  });

  it("a worker whose last call was not wanted any more is replaced", async () => {
    using hands = new Handshake();
    await using pool = new context.Pool({ processes: 2, maxTasksPerChild: 1 });
    await ready(pool);
    const calls = ["a", "b"].map((name) => pool.apply(work.hold, [hands.path, name]));
    await Promise.all([hands.began("a"), hands.began("b")]);
    const all = pool.broadcast(work.failOdd);
    hands.go("a");
    await assert.rejects(all, { name: "Odd" });
    hands.go("b");
    assert.deepEqual(await Promise.all(calls), ["a", "b"]);
    const barrier = new context.Barrier(2); // nobody gets past it alone
    assert.deepEqual((await pool.map(edges.meet, [barrier, barrier])).toSorted(), [0, 1]);
  });

  it("a broadcast from a log handler, while the only worker is replaced, reaches nobody", async () => {
    const logger = getLogger();
    const { level } = logger;
    await using pool = new context.Pool(1);
    await ready(pool);
    const told = Promise.withResolvers<number[]>();
    const handler: LogHandler = ({ message }) => {
      if (/ is replaced: /.test(message)) told.resolve(pool.broadcast(edges.double, 1));
    };
    logger.level = "info";
    logger.addHandler(handler);
    const alive = setInterval(() => {}, 1000); // a pool without calls does not keep this process
    try {
      await pool.apply(edges.leave);
      assert.deepEqual(await told.promise, []);
    } finally {
      clearInterval(alive);
      logger.removeHandler(handler);
      logger.level = level;
    }
    assert.equal(await pool.apply(edges.double, [2]), 4);
  });

  it("a module that ends every worker is tried with a few of many", async () => {
    await using pool: Pool = new context.Pool(5);
    await ready(pool);
    for (let i = 0; i < 3; i++) await pool.broadcast(work.nothing); // they share memory by now
    const module = new URL("../fixtures/pool/exits.ts", import.meta.url);
    await assert.rejects(pool.apply({ module, name: "never" }), {
      name: "WorkerLostError",
      exitCode: 6,
    });
    assert.ok(pool.stats().replaced <= 4, `${pool.stats().replaced} workers were replaced`);
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("a result that lies here when the program has time again is in time", async () => {
    await using pool = new context.Pool(1);
    const began = Promise.withResolvers<unknown>();
    const timeout = 1500;
    const call = pool.apply(edges.reportAndCompute, [100], { timeout, onReport: began.resolve });
    await began.promise;
    // Behind it timers have their turn, before anything that has come.
    setImmediate(() => {
      const until = performance.now() + timeout + 200;
      while (performance.now() < until);
    });
    assert.equal(await call, 100);
    assert.equal(pool.stats().replaced, 0);
  });

  it("refuses a message that is too long for any reader", {
    skip: method === "thread" ? "between threads a large array is no part of the message" : false,
  }, async () => {
    await using pool = new context.Pool(1);
    const bytes = new Uint8Array(2_200_000_000); // nobody writes into it: it takes no memory
    await assert.rejects(async () => await pool.apply(edges.sizeOf, [bytes]), {
      name: "SerializationError",
      message: /2200\d{6} bytes: the limit is 2147\d{6}; send it in parts/,
    });
    await assert.rejects(pool.map(edges.sizeOf, [bytes]), { name: "SerializationError" });
    assert.equal(await pool.apply(edges.double, [2]), 4);
  });

  it("arguments that have moved to a worker are not tried again", {
    skip: method === "spawn" ? "to a process they are copied" : false,
  }, async () => {
    await using pool = new context.Pool(1);
    const buffer = new ArrayBuffer(8);
    await assert.rejects(
      pool.apply(edges.exitWith, [buffer], { transfer: [buffer], retries: 2 }),
      { name: "WorkerLostError", attempts: 1, message: /its arguments have moved to the worker/ },
    );
  });

  it("an abort reason without a text ends the task, and leaves the pool as it was", async () => {
    using hands = new Handshake();
    const pool = new context.Pool(1);
    const controller = new AbortController();
    const began = Promise.withResolvers<unknown>();
    const call = pool.apply(work.listen, [hands.path, "a"], {
      signal: controller.signal,
      onReport: began.resolve,
      grace: 60_000,
    });
    await began.promise;
    const reason = { __proto__: null, fn: () => {} };
    controller.abort(reason);
    await assert.rejects(call, (error) => error === reason);
    assert.equal(await hands.said("aborted-a"), "AbortError: an object");
    pool.close();
    await pool.join();
  });
});
