/** Initializers that do not come to a good end. */

import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { BrokenPoolError, getContext, PoolTerminatedError } from "../../mod.ts";
import type { PoolOptions } from "../../mod.ts";
import { Handshake } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { waitFor, waitUntilDead } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";
import { RUNTIME } from "../support/runtime.ts";

describeMethods("pool: an initializer", (method) => {
  const { Pool } = getContext(method);

  /** The error that everything in a pool with this initializer comes to. */
  async function failure(options: PoolOptions): Promise<BrokenPoolError> {
    await using pool = new Pool({ processes: 2, ...options });
    const calls = [
      pool.apply(work.square, [1]),
      pool.map(work.square, [1, 2], { settle: true }),
      pool.imap(work.square, [1]).next(),
    ];
    const errors = await Promise.all(calls.map((call) => call.then(() => null, (error) => error)));
    assert.ok(errors[0] instanceof BrokenPoolError, String(errors[0]));
    for (const error of errors) assert.equal(error, errors[0]);
    await assert.rejects(pool.map(work.square, [1]), (error) => error === errors[0]);
    await waitFor(() => pool.stats().workers.length === 0);
    await pool.join();
    return errors[0];
  }

  it("that throws breaks the pool", async () => {
    const error = await failure({ initializer: work.prepareBadly, initArgs: ["at once"] });
    assert.match(error.message, /^The initializer of the pool failed in PoolWorker-\d+: at once$/);
    assert.ok(error.cause instanceof RangeError);
  });

  it("that rejects later breaks the pool", async () => {
    const error = await failure({ initializer: work.failLater, initArgs: [2] });
    assert.match(error.message, /^The initializer of the pool failed in PoolWorker-\d+: no 2$/);
    assert.ok(error.cause instanceof RangeError);
  });

  it("that throws what cannot travel breaks the pool", async () => {
    assert.match((await failure({ initializer: work.throwFunction })).message, /initializer/);
  });

  it("that exits, at once or later, breaks the pool", async () => {
    for (const wait of [0, 1]) {
      const error = await failure({ initializer: work.exitAfter, initArgs: [wait, 5] });
      assert.match(
        error.message,
        /3 workers in a row ended before they were ready.* exited with code 5/,
      );
    }
  });

  it("that hangs does not hold up terminate()", async () => {
    using hands = new Handshake();
    await using pool = new Pool({
      processes: 1,
      initializer: work.hold,
      initArgs: [hands.path, "initializer"],
    });
    const call = assert.rejects(pool.apply(work.square, [1]), PoolTerminatedError);
    await hands.began("initializer");
    const pids = pool.stats().workers.map(({ pid }) => pid);
    assert.equal(pool.stats().workers[0].ready, false);
    await pool.terminate();
    await call;
    assert.deepEqual(pool.stats().workers, []);
    if (method === "spawn") await waitUntilDead(pids.filter((pid) => pid !== process.pid));
  });

  it("that blocks its thread does not hold up terminate()", {
    skip: method === "thread" && RUNTIME === "deno" ? "Deno cannot stop a busy thread" : false,
  }, async () => {
    using hands = new Handshake();
    await using pool = new Pool({
      processes: 1,
      initializer: work.block,
      initArgs: [hands.path, "initializer"],
    });
    const call = assert.rejects(pool.apply(work.square, [1]), PoolTerminatedError);
    await hands.began("initializer");
    await pool.terminate();
    await call;
    assert.deepEqual(pool.stats().workers, []);
  });
});
