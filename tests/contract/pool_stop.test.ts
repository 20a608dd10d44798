import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { after, before, it } from "node:test";
import { CancelledError, currentTask, getContext, partial, TimeoutError } from "../../mod.ts";
import type { Pool } from "../../mod.ts";
import { Handshake, ready } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { waitFor } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";
import { RUNTIME } from "../support/runtime.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function checkTimeout(error: unknown, taskIndex: number): void {
  assert.ok(error instanceof TimeoutError, String(error));
  assert.equal(error.taskIndex, taskIndex);
  assert.match(error.message, new RegExp(`Task ${taskIndex} .* timeout of \\d+ ms`));
}

describeMethods("pool: timeout", (method) => {
  let pool: Pool;
  before(async () => await ready(pool = new (getContext(method).Pool)(2)));
  after(() => pool.terminate());

  it("stops a task that blocks its thread, and leaves its neighbour alone", async () => {
    using hands = new Handshake();
    await ready(pool);
    const neighbour = pool.apply(work.hold, [hands.path, "neighbour"]);
    const worker = await hands.began("neighbour");
    const error = await pool.apply(work.block, [hands.path, "busy"], { timeout: 300 })
      .catch((error) => error);
    checkTimeout(error, 0);
    assert.equal(await pool.apply(work.square, [3]), 9, "on a new worker");
    hands.go("neighbour");
    assert.equal(await neighbour, "neighbour");
    await ready(pool);
    assert.ok((await pool.broadcast(work.workerId)).includes(worker));
  });

  it("really ends the task", {
    skip: method === "thread" && RUNTIME === "deno" ? "Deno cannot stop a busy thread" : false,
  }, async () => {
    using hands = new Handshake();
    const timed = pool.apply(work.block, [hands.path, "busy"], { timeout: 1000 });
    const worker = await hands.began("busy");
    await assert.rejects(timed, TimeoutError);
    await ready(pool);
    const others = await pool.broadcast(work.workerId);
    assert.equal(others.length, 2);
    assert.equal(others.includes(worker), false);
  });

  it("counts from the start of the task, not from the call", async () => {
    using hands = new Handshake();
    await ready(pool);
    const held = ["a", "b"].map((name) => pool.apply(work.hold, [hands.path, name]));
    await Promise.all([hands.began("a"), hands.began("b")]);
    // Behind two that hold the workers for longer than the timeout, with nothing begun.
    const timed = pool.map(work.sleep, new Array(9).fill(60), { timeout: 1000 });
    await work.sleep(1100);
    hands.go();
    assert.deepEqual(await timed, new Array(9).fill(60));
    await Promise.all(held);
  });

  it("stops each task of a map on its own", async () => {
    const delays = [1, 60_000, 1, 60_000, 1];
    const settled = await pool.map(work.sleep, delays, { timeout: 200, settle: true });
    assert.deepEqual(
      settled.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled", "rejected", "fulfilled"],
    );
    checkTimeout((settled[1] as PromiseRejectedResult).reason, 1);
    checkTimeout((settled[3] as PromiseRejectedResult).reason, 3);
    checkTimeout(await pool.map(work.sleep, [1, 60_000], { timeout: 100 }).catch((e) => e), 1);
    const results = pool.imap(work.sleep, [1, 60_000, 2], { timeout: 200, chunkSize: 3 });
    assert.equal((await results.next()).value, 1);
    checkTimeout(await results.next().catch((error) => error), 1);
    assert.equal((await results.next()).value, 2);
  });

  it("takes a timeout that is longer than timers can be", async () => {
    const options = { timeout: 1e12, grace: 1e12 };
    assert.equal(await pool.apply(work.sleep, [20], options), 20);
    assert.deepEqual(await pool.map(work.square, [1, 2], { timeout: Infinity }), [1, 4]);
  });

  it("lets a task that listens end by itself, and keeps its worker", async () => {
    using hands = new Handshake();
    const result = pool.apply(work.listen, [hands.path, "a"], { timeout: 500, grace: 60_000 });
    const worker = await hands.began("a");
    checkTimeout(await result.catch((error) => error), 0);
    assert.match(await hands.said("aborted-a"), /^TimeoutError: Task 0/);
    await ready(pool);
    const held = ["x", "y"].map((name) => pool.apply(work.hold, [hands.path, name]));
    const workers = await Promise.all([hands.began("x"), hands.began("y")]);
    assert.ok(workers.includes(worker), "it works on");
    hands.go();
    await Promise.all(held);
  });

  it("replaces the worker of a task that listens and does not end", async () => {
    using hands = new Handshake();
    const result = pool.apply(work.ignore, [hands.path, "a"], { timeout: 500, grace: 50 });
    const worker = await hands.began("a");
    checkTimeout(await result.catch((error) => error), 0);
    await waitFor(async () => {
      const ids = await Promise.all(range(8).map(() => pool.apply(work.workerId)));
      return !ids.includes(worker) && pool.stats().workers.length === 2;
    });
  });
});

describeMethods("pool: signals", (method) => {
  let pool: Pool;
  before(async () => await ready(pool = new (getContext(method).Pool)(2)));
  after(() => pool.terminate());

  it("refuses a signal that is aborted already, with its reason", async () => {
    const reason = { why: "not wanted" };
    const signal = AbortSignal.abort(reason);
    const rejected = (error: unknown) => error === reason;
    await assert.rejects(pool.apply(work.square, [1], { signal }), rejected);
    await assert.rejects(pool.map(work.square, [1], { signal }), rejected);
    assert.throws(() => pool.applyAsync(work.square, [1], { signal }), rejected);
    assert.throws(() => pool.imap(work.square, [1], { signal }), rejected);
  });

  it("stops what runs, drops what waits, and rejects with the reason", async () => {
    using hands = new Handshake();
    const controller = new AbortController();
    const { signal } = controller;
    const names = range(6).map(String);
    const reason = new URIError("enough");
    await ready(pool);
    const mapped = pool.map(partial(work.hold, hands.path), names, { signal });
    const workers = await Promise.all([hands.began("0"), hands.began("1")]);
    const calls = [
      mapped,
      pool.apply(work.hold, [hands.path, "call"], { signal }),
      pool.applyAsync(work.square, [3], { signal }),
      pool.starmap(work.add, [[1, 2]], { signal, settle: true }),
    ];
    controller.abort(reason);
    for (const call of calls) await assert.rejects(Promise.resolve(call), (e) => e === reason);
    const later = await Promise.all(range(10).map(() => pool.apply(work.workerId)));
    assert.deepEqual(later.filter((worker) => workers.includes(worker)), [], "they were stopped");
    assert.deepEqual(["2", "5", "call"].filter((name) => hands.hasBegun(name)), []);
  });

  it("stops tasks that block their thread", async () => {
    using hands = new Handshake();
    const controller = new AbortController();
    const { signal } = controller;
    await ready(pool);
    const calls = ["a", "b"].map((name) => pool.apply(work.block, [hands.path, name], { signal }));
    await Promise.all([hands.began("a"), hands.began("b")]);
    controller.abort();
    for (const call of calls) await assert.rejects(call, { name: "AbortError" });
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("lets a task that listens end by itself, and begins no other of its chunk", async () => {
    using hands = new Handshake();
    const controller = new AbortController();
    const began = Promise.withResolvers<unknown>();
    await using own = new (getContext(method).Pool)(1); // another one would take the rest over
    const call = own.map(partial(work.listen, hands.path), ["a", "b", "c"], {
      signal: controller.signal,
      onReport: began.resolve,
      chunkSize: 3,
      grace: 60_000,
    });
    const worker = await began.promise as string;
    controller.abort(new URIError("enough"));
    await assert.rejects(call, { message: "enough" });
    assert.equal(await hands.said("aborted-a"), "URIError: enough");
    assert.equal(await own.apply(work.workerId), worker, "it works on");
    assert.deepEqual(["b", "c"].filter((name) => hands.hasBegun(name)), []);
  });

  it("aborts with a reason that cannot travel", async () => {
    using hands = new Handshake();
    const controller = new AbortController();
    const began = Promise.withResolvers<unknown>();
    const call = pool.apply(work.listen, [hands.path, "a"], {
      signal: controller.signal,
      onReport: began.resolve,
    });
    await began.promise;
    const reason = { fn: () => {} };
    controller.abort(reason);
    await assert.rejects(call, (error) => error === reason);
    assert.match(await hands.said("aborted-a"), /^AbortError/);
  });

  it("aborts with a reason that the worker cannot rebuild", async () => {
    using hands = new Handshake();
    const controller = new AbortController();
    const began = Promise.withResolvers<unknown>();
    const call = pool.apply(work.listen, [hands.path, "a"], {
      signal: controller.signal,
      onReport: began.resolve,
    });
    await began.promise;
    controller.abort(new work.Fragile("worker"));
    await assert.rejects(call, (error) => error instanceof work.Fragile);
    assert.match(await hands.said("aborted-a"), /^AbortError/);
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("ends an imap with the reason", async () => {
    using hands = new Handshake();
    const controller = new AbortController();
    const results = pool.imap(partial(work.hold, hands.path), ["a", "b"], {
      signal: controller.signal,
    });
    const next = results.next();
    await hands.began("a");
    controller.abort(new URIError("enough"));
    await assert.rejects(next, { message: "enough" });
    assert.equal((await results.next()).done, true);
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("listens to a signal only while the call lasts", async () => {
    const { signal } = new AbortController();
    for (let i = 0; i < 20; i++) {
      await pool.apply(work.square, [i], { signal });
      await pool.map(work.square, [i], { signal });
      await pool.apply(work.failIf, [1, 1], { signal }).catch(() => {});
      for await (const _ of pool.imap(work.square, [i], { signal }));
    }
    await work.sleep(1);
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  it("keeps the first end of a call that ends twice", async () => {
    const controller = new AbortController();
    assert.equal(await pool.apply(work.square, [3], { signal: controller.signal }), 9);
    controller.abort();
    assert.equal(await pool.apply(work.square, [4]), 16);
  });
});

describeMethods("pool: what a task knows and tells", (method) => {
  let pool: Pool;
  before(async () => await ready(pool = new (getContext(method).Pool)(2)));
  after(() => pool.terminate());

  it("knows nothing outside of a task", () => {
    assert.equal(currentTask(), null);
  });

  it("knows its position, its attempt and its signal", async () => {
    const task = { attempt: 0, aborted: false };
    for (const chunkSize of [1, 3]) {
      assert.deepEqual(
        await pool.map(work.describeTask, [7, 8, 9], { chunkSize }),
        [7, 8, 9].map((x, taskIndex) => ({ x, taskIndex, ...task })),
      );
    }
    assert.deepEqual(await pool.apply(work.describeTask, [1]), { x: 1, taskIndex: 0, ...task });
  });

  it("reports to the caller, before its result, with its position", async () => {
    for (const chunkSize of [1, 3]) {
      const reports: unknown[] = [];
      const results = await pool.map(work.reportTwice, [5, 6, 7], {
        chunkSize,
        onReport: (value, taskIndex) => reports.push([taskIndex, value]),
      });
      assert.deepEqual(results, [5, 6, 7]);
      const of = (index: number) => reports.filter((report) => (report as number[])[0] === index);
      for (const [i, x] of [5, 6, 7].entries()) {
        assert.deepEqual(of(i), [[i, { x, step: 1 }], [i, { x, step: 2 }]]);
      }
    }
    assert.equal(await pool.apply(work.reportTwice, [1]), 1, "nobody has to listen");
  });

  it("fails with what onReport throws, and with a report that cannot travel", async () => {
    const onReport = () => {
      throw new URIError("report");
    };
    await assert.rejects(pool.apply(work.reportTwice, [1], { onReport }), { message: "report" });
    await assert.rejects(pool.apply(work.reportBadly), {
      name: "SerializationError",
      path: "report.fn",
    });
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("takes no report of a task that has ended for one of another task", async () => {
    using hands = new Handshake();
    const reports: unknown[] = [];
    const onReport = (value: unknown, taskIndex: number) => reports.push([taskIndex, value]);
    await using own = new (getContext(method).Pool)(1);
    const call = own.map(partial(work.reportAfterwards, hands.path), ["leaves", "hears"], {
      onReport,
      chunkSize: 2,
    });
    assert.deepEqual(await call, ["leaves", "hears"]);
    assert.deepEqual(reports, [[1, "own"]]);
  });

  it("drops reports of a call that was cancelled", async () => {
    using hands = new Handshake();
    const reports: unknown[] = [];
    const result = pool.applyAsync(work.reportEarlyAndLate, [hands.path, "a"], {
      onReport: (value) => reports.push(value),
    });
    await waitFor(() => reports.length > 0);
    result.cancel();
    await assert.rejects(result.get(), CancelledError);
    await hands.said("aborted-a");
    await pool.broadcast(work.nothing); // what it has reported before is here
    assert.deepEqual(reports, ["early"]);
  });
});
