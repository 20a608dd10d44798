/** What a program may do at awkward moments: in callbacks, while arguments are read, at a worker's end. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext, getLogger, PoolTerminatedError, SerializationError } from "../../mod.ts";
import type { LogHandler } from "../../mod.ts";
import * as edges from "../fixtures/pool/edges.ts";
import { ready } from "../fixtures/pool/handshake.ts";
import { whyNoPages } from "../../src/runtime/pages.ts";
import { describeMethods } from "../support/methods.ts";

describeMethods("pool: at the edges", (method) => {
  const context = getContext(method);

  it("broadcast reaches the worker in the place of one that has done its last task", async () => {
    await using pool = new context.Pool({ processes: 1, maxTasksPerChild: 1 });
    for (let round = 0; round < 3; round++) {
      assert.equal(await pool.apply(edges.double, [round]), 2 * round);
      assert.deepEqual(await pool.broadcast(edges.double, round), [2 * round]);
    }
  });

  it("broadcast waits for the last task of a worker, and goes before its end", async () => {
    await using pool = new context.Pool({ processes: 1, maxTasksPerChild: 1 });
    const [begun, gate] = [new context.Event(), new context.Event()];
    const last = pool.apply(edges.pass, [begun, gate]);
    await begun.wait();
    const calls = pool.broadcast(edges.double, 4);
    gate.set();
    assert.equal(await last, "passed");
    assert.deepEqual(await calls, [8]);
  });

  it("a task whose onReport throws has failed, and counts once", async () => {
    await using pool = new context.Pool(1);
    const options = {
      chunkSize: 2,
      settle: true as const,
      onReport: () => {
        throw new RangeError("not that");
      },
    };
    const items = [true, false, true, false, false];
    const settled = await pool.map(edges.reportIf, items, options);
    const outcome = (one: PromiseSettledResult<boolean>) =>
      one.status === "rejected" ? one.reason.name : one.value;
    const expected = ["RangeError", false, "RangeError", false, false];
    assert.deepEqual(Array.from(settled, outcome), expected);
    for (const form of ["imap", "imapUnordered"] as const) {
      const seen = [];
      for await (const one of pool[form](edges.reportIf, items, options)) seen.push(outcome(one));
      assert.deepEqual(seen, expected, form);
    }
    assert.equal(await pool.apply(edges.double, [1]), 2);
  });

  it("a call behind the end of a worker keeps its arguments", {
    skip: method === "thread" || whyNoPages() === null
      ? false
      : "without shared memory nobody knows that a short task has not begun",
  }, async () => {
    await using pool = new context.Pool(1);
    const bytes = new Uint8Array(100_000);
    for (let i = 0; i < 10; i++) assert.equal(await pool.apply(edges.sizeOf, [bytes]), 100_000);
    const left = pool.apply(edges.leave, []);
    const behind = pool.apply(edges.sizeOf, [bytes]);
    await left;
    assert.equal(await behind, 100_000);
  });

  it("a buffer can be moved once, and is empty at once", async () => {
    await using pool = new context.Pool(1);
    await ready(pool);
    const buffer = new ArrayBuffer(100_000);
    const moved = pool.apply(edges.sizeOf, [buffer], { transfer: [buffer] });
    assert.equal(buffer.byteLength, 0);
    await assert.rejects(
      async () => await pool.apply(edges.sizeOf, [buffer], { transfer: [buffer] }),
      { name: "SerializationError", message: /moved away before/ },
    );
    assert.equal(await moved, 100_000);
    assert.equal(await pool.apply(edges.double, [1]), 2);
  });

  it("a port can be moved once", {
    skip: method === "spawn" ? "ports travel to threads only" : false,
  }, async () => {
    await using pool = new context.Pool(2);
    await ready(pool);
    const { port1, port2 } = new MessageChannel();
    const arrived = new Promise((resolve) => port1.onmessage = ({ data }) => resolve(data));
    const settled = await pool.map(edges.lastPort, [port2, port2], { settle: true });
    const reasons = settled.flatMap((one) => one.status === "rejected" ? [one.reason] : []);
    assert.equal(reasons.length, 1);
    assert.ok(reasons[0] instanceof SerializationError);
    assert.match(reasons[0].message, /a MessagePort that was sent before/);
    assert.equal(await arrived, "here");
    port1.close();
    assert.equal(await pool.apply(edges.double, [1]), 2);
  });

  it("an error that nobody can change arrives as it is", async () => {
    await using pool = new context.Pool(1);
    const error = await pool.apply(edges.throwFrozen, []).catch((error) => error);
    assert.ok(error instanceof edges.Frozen);
    assert.equal(error.message, "as it is");
    assert.equal(await pool.apply(edges.double, [1]), 2);
  });

  it("imap with a timeout and a chunk size keeps all workers busy", async () => {
    await using pool = new context.Pool(2);
    const barrier = new context.Barrier(2); // nobody gets past it alone
    const options = { chunkSize: 10, timeout: 60_000 };
    const indexes = [];
    for await (const index of pool.imap(edges.meet, new Array(6).fill(barrier), options)) {
      indexes.push(index);
    }
    assert.deepEqual(indexes.toSorted(), [0, 0, 0, 1, 1, 1]);
  });

  it("a loop that a failure ends lets its input go, and the pool join", async () => {
    const pool = new context.Pool(2);
    let closed = false;
    function* endless() {
      try {
        for (let i = 0;; i++) yield i;
      } finally {
        closed = true;
      }
    }
    await assert.rejects(async () => {
      for await (const x of pool.imap(edges.failAtThree, endless())) assert.ok(x < 3);
    }, { name: "RangeError", message: "no 3" });
    assert.equal(closed, true);
    pool.close();
    await pool.join();
  });

  it("an input that ends the pool ends the other calls, and nothing else", async () => {
    const pool = new context.Pool(2);
    await ready(pool);
    const events = [new context.Event(), new context.Event()] as const;
    function* some() {
      yield events;
      void pool.terminate();
    }
    const calls = [
      pool.starmap(edges.pass, some()),
      pool.map(edges.double, new Array(99).fill(1)), // their ends have both inputs asked for more
    ];
    for (const one of await Promise.allSettled(calls)) {
      assert.ok(one.status === "rejected" && one.reason instanceof PoolTerminatedError);
    }
    await pool.join();
  });

  it("can be ended while a worker is started", async () => {
    const logger = getLogger();
    const { level } = logger;
    const pool = new context.Pool(2);
    await ready(pool);
    logger.level = "info";
    const handler: LogHandler = ({ message }) => {
      if (/ starts: /.test(message)) void pool.terminate();
    };
    logger.addHandler(handler);
    try {
      const gone = pool.apply(edges.leave, []);
      const gate = new context.Event();
      const held = pool.apply(edges.pass, [new context.Event(), gate]);
      await assert.rejects(held, PoolTerminatedError); // as the one that left is replaced
      await gone;
      await pool.join();
    } finally {
      logger.removeHandler(handler);
      logger.level = level;
    }
  });

  it("a getter of an argument may call the pool", async () => {
    await using pool = new context.Pool(1);
    let inner: Promise<string> | null = null;
    const outer = {
      before: "abc",
      get within() {
        inner ??= pool.apply(edges.textOf, ["inner"]);
        return 3;
      },
    };
    assert.equal(await pool.apply(edges.textOf, [outer]), '{"before":"abc","within":3}');
    assert.equal(await inner, '"inner"');
  });

  it("a call that was given up before it was sent keeps no connection open", async () => {
    const pool = new context.Pool(1);
    await ready(pool);
    for (const end of ["cancel", "terminate"]) {
      const [reader, writer] = context.Pipe({ duplex: false });
      const [begun, gate] = [new context.Event(), new context.Event()];
      const before = pool.apply(edges.pass, [begun, gate]);
      await begun.wait();
      const call = pool.applyAsync(edges.sendTo, [writer]);
      call.then(undefined, () => {});
      writer.close();
      if (end === "cancel") {
        assert.equal(call.cancel(), true);
        gate.set();
        assert.equal(await before, "passed");
      } else {
        before.catch(() => {});
        await pool.terminate();
      }
      await assert.rejects(reader.recv(), { name: "EOFError" });
    }
  });

  it("a signal that aborts while the arguments are read ends the call", async () => {
    await using pool = new context.Pool(1);
    const controller = new AbortController();
    const reason = new URIError("enough");
    const argument = {
      get value() {
        controller.abort(reason);
        return 1;
      },
    };
    const { signal } = controller;
    await assert.rejects(
      async () => await pool.apply(edges.textOf, [argument], { signal }),
      (error) => error === reason,
    );
    assert.equal(await pool.apply(edges.double, [1]), 2);
  });
});
