/** Which task goes first, and tasks for every worker. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext, ProcessError, WorkerLostError } from "../../mod.ts";
import * as work from "../fixtures/pool/order.ts";
import { describeMethods } from "../support/methods.ts";

describeMethods("pool: priority", (method) => {
  const context = getContext(method);

  it("decides which of the waiting calls goes first", async () => {
    const gate = new context.Event();
    await using pool = new context.Pool(1);
    const order: string[] = [];
    const note = (name: string, priority?: number) =>
      pool.applyAsync(work.name, [name], { priority, callback: () => order.push(name) }).get();
    const first = pool.apply(work.pass, [gate]); // of unknown length: nothing is sent behind it
    const calls = [
      note("plain 1"),
      note("low", -1),
      note("high 1", 5),
      note("highest", 7.5),
      note("plain 2", 0),
      note("high 2", 5),
    ];
    gate.set();
    await Promise.all([first, ...calls]);
    assert.deepEqual(order, ["highest", "high 1", "high 2", "plain 1", "plain 2", "low"]);
  });

  it("goes before the items of a map", async () => {
    const gate = new context.Event();
    await using pool = new context.Pool(1);
    const first = pool.apply(work.pass, [gate]);
    const mapped = pool.map(work.turn, ["a", "b", "c"]);
    const urgent = pool.apply(work.turn, ["urgent"], { priority: 1 });
    gate.set();
    await first;
    assert.equal(await urgent, 1);
    assert.deepEqual(await mapped, [2, 3, 4]);
  });

  it("is a number", async () => {
    await using pool = new context.Pool(1);
    for (const priority of ["high", NaN, null]) {
      const options = { priority } as never;
      await assert.rejects(pool.apply(work.name, ["x"], options), {
        name: "TypeError",
        message: /priority .*: give a number/,
      });
    }
  });
});

describeMethods("pool: broadcast", (method) => {
  const context = getContext(method);

  it("calls a function once in each worker, and what it leaves there stays", async () => {
    await using pool = new context.Pool(3);
    for (let round = 1; round <= 3; round++) {
      const given = await pool.broadcast(work.remember, "round", round);
      assert.equal(new Set(given.map(({ worker }) => worker)).size, 3);
      assert.deepEqual(given.map(({ calls }) => calls), [round, round, round]);
    }
    const seen = await pool.map(work.recall, Array(30).fill("round"));
    assert.deepEqual(seen, Array(30).fill(3));
  });

  it("reaches workers that are busy, and many at once", async () => {
    await using pool = new context.Pool(2);
    const gate = new context.Event();
    const busy = [pool.apply(work.pass, [gate]), pool.apply(work.pass, [gate])];
    const many = Array.from({ length: 40 }, (_, i) => pool.broadcast(work.remember, "many", i));
    gate.set();
    for (const given of await Promise.all(many)) assert.equal(given.length, 2);
    await Promise.all(busy);
    assert.equal((await pool.broadcast(work.remember, "many", 0))[0].calls, 41);
  });

  it("fails with the first call that does", async () => {
    await using pool = new context.Pool(2);
    await assert.rejects(pool.broadcast(work.fail, "no"), { name: "RangeError", message: "no" });
    await assert.rejects(pool.broadcast(work.remember, new WeakMap() as never, 1), {
      name: "SerializationError",
      path: "args[0]",
    });
    assert.equal((await pool.broadcast(work.remember, "after", 0)).length, 2);
  });

  it("fails if a worker dies before its turn, and does not send its call to another one", async () => {
    await using pool = new context.Pool(2);
    await pool.broadcast(work.remember, "warm", 0);
    const [begun, gate] = [new context.Event(), new context.Event()];
    const lost = pool.apply(work.passAndExit, [begun, gate]).catch((error) => error);
    await begun.wait();
    const calls = pool.broadcast(work.remember, "lost", 0).catch((error) => error);
    gate.set();
    assert.ok(await lost instanceof WorkerLostError);
    assert.ok(await calls instanceof WorkerLostError);
    const after = await pool.broadcast(work.remember, "lost", 0);
    assert.deepEqual(after.map(({ calls }) => calls).sort(), [1, 2]);
  });

  it("needs an open pool", async () => {
    await using pool = new context.Pool(1);
    pool.close();
    await assert.rejects(pool.broadcast(work.name, "x"), ProcessError);
  });
});
