import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, it } from "node:test";
import process from "node:process";
import { getContext, partial, WorkerLostError } from "../../mod.ts";
import type { Pool } from "../../mod.ts";
import { Handshake, ready } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { alive, waitFor } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";
import { TempFolder } from "../support/temp.ts";
import { fixture, runProgram, RUNTIME } from "../support/runtime.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function checkLost(error: unknown, wanted: { taskIndex: number; exitCode?: number }): void {
  assert.ok(error instanceof WorkerLostError, String(error));
  assert.equal(error.taskIndex, wanted.taskIndex);
  assert.ok(error.pid! > 0);
  assert.match(error.message, /PoolWorker-\d+ \(pid \d+\)/);
  if (wanted.exitCode !== undefined) assert.equal(error.exitCode, wanted.exitCode);
}

describeMethods("pool: workers that die", (method) => {
  let pool: Pool;
  before(async () => await ready(pool = new (getContext(method).Pool)(2)));
  after(() => pool.terminate());

  it("rejects a call whose worker exits, and goes on with a new one", async () => {
    const before = new Set(pool.stats().workers.map(({ name }) => name));
    const lost = await pool.apply(work.exitIf, [1, 1, 3]).catch((error) => error);
    checkLost(lost, { taskIndex: 0, exitCode: 3 });
    if (method === "spawn") assert.equal(alive(lost.pid), false);
    assert.deepEqual(await pool.map(work.square, range(50)), range(50).map((x) => x * x));
    await waitFor(() => pool.stats().workers.length === 2);
    assert.ok(pool.stats().workers.some(({ name }) => !before.has(name)));
    assert.ok(pool.stats().replaced >= 1);
  });

  it("loses exactly the task that ran, whatever the chunk size", async () => {
    for (const fn of [work.exitAtFive, work.slowExitAtFive]) {
      for (const chunkSize of [undefined, 1, 4, 8, 100]) {
        const settled = await pool.map(fn, range(20), { settle: true, chunkSize });
        for (const [i, one] of settled.entries()) {
          if (i === 5) {
            checkLost((one as PromiseRejectedResult).reason, { taskIndex: 5, exitCode: 3 });
          } else assert.deepEqual(one, { status: "fulfilled", value: i });
        }
      }
    }
  });

  it("rejects a map whose worker dies", async () => {
    checkLost(await pool.map(work.exitAtFive, range(20)).catch((error) => error), {
      taskIndex: 5,
      exitCode: 3,
    });
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("loses one of a thousand calls", async () => {
    for (let round = 0; round < 2; round++) {
      const calls = range(1000).map((x) =>
        pool.applyAsync(work.exitIf, [x, 321, 3]).get().catch((error) => error)
      );
      const results = await Promise.all(calls);
      for (const [i, result] of results.entries()) {
        if (i === 321) checkLost(result, { taskIndex: 0, exitCode: 3 });
        else assert.equal(result, i);
      }
    }
  });

  it("gives the loss to its item in imap, and goes on", async () => {
    for (const chunkSize of [1, 3, 20]) {
      for (const form of ["imap", "imapUnordered"] as const) {
        const results = pool[form](work.exitAtFive, range(12), { chunkSize });
        const seen: number[] = [];
        let losses = 0;
        for (;;) {
          try {
            const { done, value } = await results.next();
            if (done) break;
            seen.push(value);
          } catch (error) {
            checkLost(error, { taskIndex: 5, exitCode: 3 });
            losses++;
            seen.push(5);
          }
        }
        assert.equal(losses, 1);
        assert.deepEqual(form === "imap" ? seen : seen.sort((a, b) => a - b), range(12));
      }
    }
  });

  it("tries a lost task again as often as retries says", async () => {
    for (const chunkSize of [undefined, 1, 7]) {
      const results = await pool.map(work.exitAtFirst, range(30), { retries: 1, chunkSize });
      for (const [i, { x, attempt }] of results.entries()) {
        assert.equal(x, i);
        assert.equal(attempt, i % 10 === 5 ? 1 : 0);
      }
    }
    assert.deepEqual(await pool.apply(work.exitAtFirst, [5], { retries: 3 }), { x: 5, attempt: 1 });
    const { retried } = pool.stats();
    assert.ok(retried > 0);
  });

  it("gives a task up when its retries are used up", async () => {
    using hands = new Handshake();
    const file = hands.write("tally", "");
    const error = await pool.apply(work.exitWhilePreparing, [file], { retries: 2 })
      .catch((error) => error);
    checkLost(error, { taskIndex: 0, exitCode: 5 });
    assert.equal(readFileSync(file, "utf8"), "start\n".repeat(3));
    const settled = await pool.map(work.exitAtFive, range(10), { retries: 1, settle: true });
    assert.deepEqual(settled.filter(({ status }) => status === "rejected").length, 1);
    checkLost((settled[5] as PromiseRejectedResult).reason, { taskIndex: 5 });
  });

  it("sends the arguments again with a retry, also those that rode beside the message", async () => {
    if (method === "spawn") {
      assert.deepEqual(
        await pool.apply(work.exitAtFirst, [15], { retries: 1 }),
        { x: 15, attempt: 1 },
      );
    } else {
      const shared = new SharedArrayBuffer(4);
      assert.equal(await pool.apply(work.incrementOrExit, [shared], { retries: 1 }), 1);
    }
  });

  it("survives a module that ends whoever imports it", async () => {
    const module = new URL("../fixtures/pool/exits.ts", import.meta.url);
    checkLost(await pool.apply({ module, name: "never" }).catch((error) => error), {
      taskIndex: 0,
      exitCode: 6,
    });
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("replaces a worker that fails after its task has ended", async () => {
    using hands = new Handshake();
    const names = new Set(pool.stats().workers.map(({ name }) => name));
    await pool.apply(work.throwLater, [hands.path]);
    await hands.said("threw");
    await waitFor(() => pool.stats().workers.some(({ name }) => !names.has(name)));
    assert.deepEqual(await pool.map(work.square, range(20)), range(20).map((x) => x * x));
  });

  it("takes results of a worker that writes a lot on standard output", async () => {
    const { code, stdout } = await runProgram(fixture("pool/programs.ts"), ["flood", method]);
    assert.equal(code, 0);
    assert.match(stdout, /sum 4000/);
  });

  const unlimited = RUNTIME === "bun"
    ? "Bun limits the memory of neither processes nor threads"
    : RUNTIME === "deno" && method === "thread"
    ? "Deno ends the whole program when a thread runs out of memory"
    : false;
  it("loses only the task that runs out of memory", { skip: unlimited }, async () => {
    using folder = new TempFolder(); // Node leaves a report in the working directory
    const { code, stdout } = await runProgram(fixture("pool/programs.ts"), ["memory", method], {
      cwd: folder.path,
    });
    assert.match(stdout, /lost 0 WorkerLostError\nthen 9/);
    assert.equal(code, 0);
  });
});

describeMethods("pool: workers that are killed", (method) => {
  const reason = method === "thread" ? "a thread cannot be killed by a signal of its own" : false;

  it("loses the task that kills its process", { skip: reason }, async () => {
    await using pool = new (getContext(method).Pool)(2);
    for (const chunkSize of [1, 10]) {
      const settled = await pool.map(work.killAtFive, range(10), { settle: true, chunkSize });
      checkLost((settled[5] as PromiseRejectedResult).reason, { taskIndex: 5, exitCode: -9 });
      assert.equal(settled.filter(({ status }) => status === "fulfilled").length, 9);
    }
  });

  it("loses the task whose process is killed from outside", { skip: reason }, async () => {
    using hands = new Handshake();
    await using pool = new (getContext(method).Pool)(2);
    await ready(pool);
    const held = ["a", "b"].map((name) => pool.applyAsync(work.hold, [hands.path, name]));
    const waiting = pool.map(work.square, range(100));
    const pid = Number.parseInt(await hands.began("a"));
    await hands.began("b");
    process.kill(pid, "SIGKILL");
    const error = await held[0].get().catch((error) => error);
    checkLost(error, { taskIndex: 0, exitCode: -9 });
    assert.equal(error.pid, pid);
    hands.go();
    assert.equal(await held[1], "b");
    assert.deepEqual(await waiting, range(100).map((x) => x * x));
  });

  it("replaces idle workers that are killed", { skip: reason }, async () => {
    await using pool = new (getContext(method).Pool)(2);
    await pool.map(work.square, range(10));
    await waitFor(() => pool.stats().workers.every(({ ready }) => ready));
    const pids = pool.stats().workers.map(({ pid }) => pid);
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await waitFor(() =>
      pool.stats().workers.every(({ pid, ready }) => ready && !pids.includes(pid))
    );
    assert.deepEqual(await pool.map(work.square, range(100)), range(100).map((x) => x * x));
    assert.equal(pool.stats().replaced, 2);
  });

  it("runs each of a guarded map's tasks on a worker that lives", { skip: reason }, async () => {
    using hands = new Handshake();
    await using pool = new (getContext(method).Pool)(2);
    const names = range(6).map(String);
    const results = pool.map(partial(work.hold, hands.path), names, {
      timeout: 60_000,
      settle: true,
    });
    process.kill(Number.parseInt(await hands.began("0")), "SIGKILL");
    hands.go();
    const settled = await results;
    checkLost((settled[0] as PromiseRejectedResult).reason, { taskIndex: 0, exitCode: -9 });
    assert.equal(settled.filter(({ status }) => status === "fulfilled").length, 5);
  });
});
