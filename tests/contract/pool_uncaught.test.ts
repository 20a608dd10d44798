import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { BrokenPoolError, getContext, RemoteError, WorkerLostError } from "../../mod.ts";
import type { Pool } from "../../mod.ts";
import { ready } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/uncaught.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram, RUNTIME } from "../support/runtime.ts";

describeMethods("pool: errors that nobody catches", (method) => {
  const context = getContext(method);
  // A program of its own, below, is not affected.
  const skip = method === "thread" && RUNTIME === "bun"
    ? "Bun's test runner takes the uncaught errors of its threads itself"
    : false;
  let pool: Pool;
  before(async () => await ready(pool = new context.Pool(2)));
  after(() => pool.terminate());

  async function lost(result: PromiseLike<unknown>): Promise<WorkerLostError> {
    const error = await Promise.resolve(result).catch((error) => error);
    assert.ok(error instanceof WorkerLostError, String(error));
    assert.equal(error.exitCode, 1);
    return error;
  }

  for (const way of ["rejection", "timer", "tick"] as const) {
    it(`are the cause of their task's loss, with their stack: ${way}`, { skip }, async () => {
      const error = await lost(pool.apply(work.leaveAtFive, [5, way]));
      assert.match(
        error.message,
        /exited with code 1 after an error that nobody caught, RangeError: nobody waits for 5; pass/,
      );
      const { cause } = error;
      assert.ok(cause instanceof RangeError);
      assert.equal(cause.message, "nobody waits for 5\nsecond line");
      assert.ok(cause.cause instanceof RemoteError);
      assert.match(cause.cause.message, new RegExp(`^In PoolWorker-\\d+ \\(pid ${error.pid}\\)`));
      assert.match(String(cause.cause.stack), /uncaught\.ts/);
    });
  }

  it("cost their own task only", { skip }, async () => {
    const calls = Array.from({ length: 40 }, (_, i) => [i, "rejection"] as const);
    const settled = await pool.starmap(work.leaveAtFive, calls, { settle: true });
    for (const [i, one] of settled.entries()) {
      if (i !== 5) assert.deepEqual(one, { status: "fulfilled", value: i });
      else assert.ok((one as PromiseRejectedResult).reason.cause instanceof RangeError);
    }
  });

  it("may be what is no error, or cannot be sent", { skip }, async () => {
    const text = await lost(pool.apply(work.leaveText, []));
    assert.match(text.message, /nobody caught, only text; /);
    assert.equal(text.cause, "only text");
    const held = await lost(pool.apply(work.leaveHeld, []));
    assert.match(String(held.cause), /held|handle/);
  });

  it("are the task's own business if it listens for them", { skip }, async () => {
    const ways = RUNTIME === "deno"
      ? ["event", "rejection", "exception"] as const
      : ["rejection", "exception"] as const;
    const { replaced } = pool.stats();
    for (const way of ways) {
      assert.equal(await pool.apply(work.dealWith, [way]), "RangeError: dealt with");
    }
    assert.equal(pool.stats().replaced, replaced);
  });

  it("in an initializer are the cause of the pool's end", { skip }, async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await using broken = new context.Pool({
      processes: 1,
      initializer: work.leaveAtFive,
      initArgs: [5, "rejection"],
    });
    broken.applyAsync(Number, ["1"], { errorCallback: resolve });
    const error = await promise;
    assert.ok(error instanceof BrokenPoolError, String(error));
    assert.match(error.message, /before they were ready.*nobody caught, RangeError: nobody waits/);
    assert.ok(error.cause instanceof RangeError);
  });

  it("do all that in a program of its own", async () => {
    const program = await runProgram(fixture("pool/programs.ts"), ["uncaught", method]);
    assert.equal(
      program.stdout,
      "WorkerLostError because of RangeError: nobody waits for 5\n" +
        "RangeError: dealt with\nRangeError: dealt with\n",
      program.stderr,
    );
    assert.equal(program.code, 0, program.stderr);
  });

  it("end a process after its target, and are shown under its name", { skip }, async () => {
    const child = new context.Process({
      target: work.leaveAndReturn,
      name: "forgetful",
      stderr: "piped",
    });
    child.start();
    const shown = await new Response(child.stderr).text();
    assert.equal(await child.join(), 1);
    assert.match(shown, /^Process forgetful:\nTypeError: after the target\n/);
  });
});
