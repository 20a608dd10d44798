import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { it } from "node:test";
import {
  BrokenPoolError,
  cpuCount,
  getContext,
  partial,
  PoolTerminatedError,
  ProcessError,
} from "../../mod.ts";
import { Handshake, ready } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { alive, waitFor, waitUntilDead } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";
import { TempFolder } from "../support/temp.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describeMethods("pool: set-up of workers", (method) => {
  const { Pool } = getContext(method);

  it("has one worker per processor unless told otherwise", async () => {
    await using pool = new Pool();
    assert.equal(pool.stats().processes, cpuCount());
    assert.equal(pool.stats().workers.length, cpuCount());
  });

  it("runs the initializer with its arguments before any task, in every worker", async () => {
    const initArgs = ["a", { b: [1] }];
    await using pool = new Pool({ processes: 2, initializer: work.prepare, initArgs });
    assert.deepEqual(await pool.map(work.getPrepared, range(20)), new Array(20).fill(initArgs));
    await pool.apply(work.exitAlways).catch(() => {});
    assert.deepEqual(await pool.map(work.getPrepared, range(20)), new Array(20).fill(initArgs));
  });

  it("waits for an initializer that is asynchronous", async () => {
    await using pool = new Pool({ processes: 1, initializer: work.prepareLater, initArgs: [5] });
    assert.deepEqual(await pool.apply(work.getPrepared), [5]);
  });

  it("breaks when the initializer fails, once, with its error as cause", async () => {
    using folder = new TempFolder();
    const file = folder.write("starts", "");
    await using pool = new Pool({ processes: 2, initializer: work.countStarts, initArgs: [file] });
    const pending = [
      pool.apply(work.square, [1]),
      pool.map(work.square, range(10)),
      pool.imap(work.square, range(10)).next(),
      pool.applyAsync(work.square, [1]).get(),
    ];
    for (const call of pending) {
      const error = await call.then(() => null, (error) => error);
      assert.ok(error instanceof BrokenPoolError, String(error));
      assert.match(error.message, /initializer .* PoolWorker-\d+: not today/);
      assert.ok(error.cause instanceof RangeError);
    }
    await assert.rejects(pool.apply(work.square, [1]), BrokenPoolError);
    assert.throws(() => pool.imap(work.square, []), BrokenPoolError);
    await pool.terminate();
    assert.ok(readFileSync(file, "utf8").split("\n").length - 1 <= 2, "no worker was replaced");
  });

  it("breaks when workers exit while they are set up", async () => {
    using folder = new TempFolder();
    const file = folder.write("starts", "");
    await using pool = new Pool({
      processes: 2,
      initializer: work.exitWhilePreparing,
      initArgs: [file],
    });
    await assert.rejects(pool.map(work.square, range(10)), {
      name: "BrokenPoolError",
      message: /exited with code 5/,
    });
    await pool.terminate();
    assert.ok(readFileSync(file, "utf8").split("\n").length - 1 <= 5);
  });

  it("breaks when the module of the initializer fails or exits", async () => {
    for (const [file, wanted] of [["throws.ts", /imported|import/], ["exits.ts", /code 6/]]) {
      const module = new URL(`../fixtures/pool/${file}`, import.meta.url);
      await using pool = new Pool({ processes: 1, initializer: { module, name: "never" } });
      await assert.rejects(pool.apply(work.square, [1]), {
        name: "BrokenPoolError",
        message: wanted as RegExp,
      });
    }
  });

  it("names its workers, which are daemons", async () => {
    await using pool = new Pool(2);
    const { name, daemon, pid } = await pool.apply(work.whoAmI);
    assert.match(name, /^PoolWorker-\d+$/);
    assert.equal(daemon, true);
    assert.ok(pool.stats().workers.some((worker) => worker.name === name && worker.pid === pid));
    await using named = new Pool({ processes: 1, name: "Crew" });
    assert.match((await named.apply(work.whoAmI)).name, /^Crew-\d+$/);
  });

  it("lets daemons have no children, and says so to the caller", async () => {
    await using pool = new Pool(1);
    const wanted = { name: "ProcessError", message: /PoolWorker-\d+ is a daemon/ };
    await assert.rejects(pool.apply(work.startPool, ["spawn"]), wanted);
    await assert.rejects(pool.apply(work.startPool, ["thread"]), wanted);
    await assert.rejects(pool.apply(work.startProcess, ["spawn"]), wanted);
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("works in a process that is no daemon", async () => {
    using folder = new TempFolder();
    for (const inner of ["spawn", "thread"] as const) {
      const file = join(folder.path, inner);
      const { Process } = getContext(method);
      const child = new Process({ target: work.nestedPool, args: [inner, file] });
      child.start();
      assert.equal(await child.join(), 0);
      const { sum, name } = JSON.parse(readFileSync(file, "utf8"));
      assert.deepEqual(sum, [1, 4, 9]);
      assert.match(name, /^PoolWorker-\d+:\d+$/);
    }
  });

  it("works beside other pools, of both kinds", async () => {
    await using one = new Pool(1);
    await using two = new Pool(1);
    await using three = new (getContext(method === "spawn" ? "thread" : "spawn").Pool)(1);
    const results = await Promise.all(
      [one, two, three].map((pool) => pool.map(work.square, [1, 2])),
    );
    assert.deepEqual(results, [[1, 4], [1, 4], [1, 4]]);
    await one.terminate();
    assert.equal(await two.apply(work.square, [3]), 9);
  });
});

describeMethods("pool: maxTasksPerChild", (method) => {
  const { Pool } = getContext(method);

  it("replaces each worker after so many tasks", async () => {
    await using pool = new Pool({ processes: 1, maxTasksPerChild: 3 });
    const ids: string[] = [];
    for (let i = 0; i < 9; i++) ids.push(await pool.apply(work.workerId));
    assert.equal(new Set(ids).size, 3);
    for (const id of ids) assert.equal(ids.filter((other) => other === id).length, 3);
  });

  it("counts the items of a map, in whatever chunks", async () => {
    await using pool = new Pool({ processes: 2, maxTasksPerChild: 4 });
    for (const chunkSize of [undefined, 1, 3, 100]) {
      const ids = await pool.map(work.workerId, range(20), { chunkSize });
      for (const id of ids) assert.ok(ids.filter((other) => other === id).length <= 4);
    }
    assert.equal(pool.stats().replaced, 0, "none was lost");
  });

  it("drains after close, and through imap", async () => {
    const pool = new Pool({ processes: 2, maxTasksPerChild: 5 });
    const mapped = pool.map(work.square, range(60));
    const calls = range(20).map((x) => pool.apply(work.square, [x]));
    const iterated = pool.imap(work.square, range(20));
    pool.close();
    await pool.join();
    assert.deepEqual(await mapped, range(60).map((x) => x * x));
    assert.deepEqual(await Promise.all(calls), range(20).map((x) => x * x));
    for (let i = 0; i < 20; i++) assert.equal((await iterated.next()).value, i * i);
    assert.deepEqual(pool.stats().workers, []);
  });
});

describeMethods("pool: close, join, terminate", (method) => {
  const { Pool } = getContext(method);

  it("takes no calls after close, and finishes those it has", async () => {
    using hands = new Handshake();
    const pool = new Pool(2);
    const held = ["a", "b", "c"].map((name) => pool.apply(work.hold, [hands.path, name]));
    pool.close();
    pool.close();
    const wanted = { name: "ProcessError", message: /the pool is closed/ };
    await assert.rejects(pool.apply(work.square, [1]), wanted);
    await assert.rejects(pool.map(work.square, [1]), wanted);
    assert.throws(() => pool.imap(work.square, [1]), wanted);
    assert.throws(() => pool.applyAsync(work.square, [1]), wanted);
    const joined = pool.join();
    await hands.began("a");
    hands.go();
    assert.deepEqual(await Promise.all(held), ["a", "b", "c"]);
    await joined;
    await pool.join();
    assert.deepEqual(pool.stats().workers, []);
    await pool.terminate();
  });

  it("cannot be joined while it is open", async () => {
    await using pool = new Pool(1);
    await assert.rejects(pool.join(), ProcessError);
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("can be closed before its workers are up, and when it has nothing to do", async () => {
    const pool = new Pool(2);
    pool.close();
    await pool.join();
    const used = new Pool(2);
    await used.map(work.square, range(10));
    const { workers } = used.stats();
    used.close();
    await used.join();
    if (method === "spawn") assert.ok(workers.every(({ pid }) => !alive(pid)));
  });

  it("closes with work that is lost or fails on the way", async () => {
    const pool = new Pool(2);
    const settled = pool.map(work.exitAtFive, range(30), { settle: true });
    const failed = pool.map(work.failAtTwo, range(10)).catch((error) => error.name);
    pool.close();
    await pool.join();
    assert.equal((await settled).filter(({ status }) => status === "fulfilled").length, 29);
    assert.equal(await failed, "RangeError");
  });

  it("rejects everything that has not ended when it is terminated", async () => {
    using hands = new Handshake();
    const pool = new Pool(2);
    await ready(pool);
    const held = [
      pool.apply(work.hold, [hands.path, "a"]),
      pool.apply(work.block, [hands.path, "b"]),
    ];
    await Promise.all([hands.began("a"), hands.began("b")]);
    const calls = [
      ...held,
      ...range(2000).map((x) => pool.apply(work.square, [x])),
      pool.map(work.square, range(1000)),
      pool.starmap(work.add, [[1, 2]], { settle: true }),
      pool.applyAsync(work.square, [3], { callback: () => {} }).get(),
      pool.imap(work.square, range(10)).next(),
    ];
    const outcomes = calls.map((call) =>
      (call as Promise<unknown>).then(() => "done", (error) => error)
    );
    const pids = pool.stats().workers.map(({ pid }) => pid);
    await Promise.all([pool.terminate(), pool.terminate()]);
    await pool.terminate();
    await pool.join();
    pool.close();
    for (const outcome of await Promise.all(outcomes)) {
      assert.ok(outcome instanceof PoolTerminatedError, String(outcome));
    }
    if (method === "spawn") await waitUntilDead(pids);
    assert.deepEqual(pool.stats().workers, []);
    await assert.rejects(pool.apply(work.square, [1]), {
      name: "ProcessError",
      message: /the pool is terminated/,
    });
  });

  it("keeps results that came before it was terminated", async () => {
    const pool = new Pool(1);
    const result = pool.applyAsync(work.square, [3]);
    await result.wait();
    await pool.terminate();
    assert.equal(await result.get(), 9);
  });

  it("can be terminated while a call is stopped, a worker dies, an input is read", async () => {
    const pool = new Pool(2);
    let closed = 0;
    const input = async function* () {
      try {
        for (let i = 0;; i++) yield await Promise.resolve(i);
      } finally {
        closed++;
      }
    };
    const controller = new AbortController();
    const calls = [
      pool.apply(work.sleep, [60_000], { signal: controller.signal }),
      pool.apply(work.exitAlways, []),
      pool.map(work.square, input()),
    ].map((call) => (call as Promise<unknown>).then(() => "done", (error) => error.name));
    await pool.apply(work.square, [1]);
    controller.abort();
    await pool.terminate();
    for (const name of await Promise.all(calls)) {
      assert.match(name, /^(AbortError|WorkerLostError|PoolTerminatedError)$/);
    }
    await waitFor(() => closed === 1);
  });

  it("terminates at the end of its scope", async () => {
    using hands = new Handshake();
    let result;
    {
      await using pool = new Pool(1);
      result = pool.applyAsync(work.hold, [hands.path, "a"]);
      await hands.began("a");
    }
    await assert.rejects(result.get(), PoolTerminatedError);
  });
});

describeMethods("pool: stats", (method) => {
  const { Pool } = getContext(method);

  it("counts tasks, failures, what runs and what waits", async () => {
    using hands = new Handshake();
    await using pool = new Pool(2);
    const zero = { processes: 2, completed: 0, failed: 0, queued: 0, retried: 0, replaced: 0 };
    const { workers, running, wait: _wait, run: _run, ...rest } = pool.stats();
    assert.deepEqual(rest, zero);
    assert.equal(running, 0);
    assert.equal(workers.length, 2);
    await ready(pool);
    await pool.map(work.square, range(10));
    await pool.map(work.failAtTwo, range(4), { settle: true });
    const after = pool.stats();
    assert.deepEqual([after.completed, after.failed], [13, 1]);
    assert.equal(after.workers.reduce((sum, { tasks }) => sum + tasks, 0), 14);
    assert.ok(after.workers.every(({ busyMs }) => busyMs >= 0));
    // A function that nobody has measured yet: one for each worker.
    const hold = partial(work.hold, hands.path);
    const held = ["a", "b", "c", "d"].map((name) => pool.apply(hold, [name]));
    await Promise.all([hands.began("a"), hands.began("b")]);
    const during = pool.stats();
    assert.deepEqual([during.running, during.queued], [2, 2]);
    assert.deepEqual(during.workers.map(({ assigned, ready }) => [assigned, ready]), [
      [1, true],
      [1, true],
    ]);
    hands.go();
    await Promise.all(held);
    const { running: none, queued } = pool.stats();
    assert.deepEqual([none, queued], [0, 0]);
  });
});

describeMethods("pool: files", (method) => {
  it("leaves none behind", async () => {
    const mine = () =>
      readdirSync(tmpdir()).filter((name) => name.startsWith(`manycore-${process.pid}-`));
    const pool = new (getContext(method).Pool)(2);
    await pool.map(work.square, range(10));
    await pool.terminate();
    assert.deepEqual(mine(), []);
    const early = new (getContext(method).Pool)(2);
    await early.terminate();
    assert.deepEqual(mine(), []);
  });
});
