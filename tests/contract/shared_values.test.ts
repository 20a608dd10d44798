import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { getContext, ProcessError, SerializationError, SharedArray, Value } from "../../mod.ts";
import { whyNoPages } from "../../src/runtime/pages.ts";
import * as targets from "../fixtures/shared/targets.ts";
import { waitFor } from "../support/alive.ts";
import { METHODS } from "../support/methods.ts";

const PAGES = whyNoPages() === null;

for (const method of METHODS) {
  describe(`shared values and arrays [${method}]`, () => {
    const context = getContext(method);

    async function runAll(target: (...args: never[]) => unknown, argLists: unknown[][]) {
      const children = argLists.map((args) =>
        new context.Process({ target: target as (...args: unknown[]) => unknown, args })
      );
      for (const child of children) child.start();
      for (const child of children) assert.equal(await child.join(), 0);
    }

    it("are incremented under their lock without a loss", async () => {
      const value = new context.Value("int32", 5);
      await runAll(targets.incrementLocked, [[value, 400], [value, 400], [value, 400]]);
      assert.equal(value.value, 1205);
    });

    it("are added to in one step, without a lock", async () => {
      const value = new context.Value("bigint64");
      const array = new context.RawArray("int32", 3);
      const args = [value, array, 600];
      await runAll(targets.addMany, [args, args, args]);
      assert.equal(value.value, 1800n);
      assert.deepEqual(array.toArray(), [600, 600, 600]);
    });

    it("are filled in place by several children", async () => {
      const array = new context.SharedArray("float64", 3000);
      await runAll(targets.fillThird, [[array, 0], [array, 1], [array, 2]]);
      assert.deepEqual(array.toArray(), Array.from({ length: 3000 }, (_, i) => i + 0.5));
      assert.equal(array.typed[2999], 2999.5);
    });

    it("are handed on to grandchildren", async () => {
      const value = new context.Value("int32");
      const array = new context.SharedArray("int32", 3);
      await runAll(targets.handOn, [[method, value, array, 2]]);
      assert.equal(value.value, 3);
      assert.deepEqual(array.toArray(), [10, 11, 12]);
    });

    it("bring their lock along", async () => {
      const value = new context.Value("int32");
      const child = new context.Process({ target: targets.holdUntilTold, args: [value] });
      child.start();
      await waitFor(() => value.value === 1);
      assert.equal(value.getLock().tryAcquire(), false);
      value.value = 2;
      assert.equal(await child.join(), 0);
      assert.equal(value.getLock().tryAcquire(), true);
      value.getLock().release();
    });

    it("come back from a pool as the same memory", async () => {
      await using pool = new context.Pool(1);
      const array = new context.SharedArray("int32", [1, 2, 3]);
      const back = await pool.apply(targets.double, [array]) as unknown as SharedArray<"int32">;
      assert.ok(back instanceof SharedArray);
      assert.deepEqual(array.toArray(), [2, 4, 6]);
      back[0] = 9;
      assert.equal(array[0], 9);
      const said = await pool.apply(targets.usesTyped, [array]);
      if (method === "thread" || PAGES) assert.equal(said, "length 3");
      else assert.match(said, /^ProcessError: .*cannot map its memory/);
    });
  });
}

describe("shared values between contexts", () => {
  it("of the thread context are refused by a process", () => {
    const child = new (getContext("spawn").Process)({
      target: targets.incrementLocked,
      args: [new (getContext("thread").Value)("int32"), 1],
    });
    assert.throws(() => child.start(), (error: Error) => {
      assert.ok(error instanceof SerializationError);
      assert.match(error.message, /args\[0\].*thread context.*getContext\("spawn"\)/s);
      return true;
    });
  });

  it("of the spawn context work in threads", async () => {
    const value = new (getContext("spawn").Value)("int32");
    const child = new (getContext("thread").Process)({
      target: targets.incrementLocked,
      args: [value, 10],
    });
    child.start();
    await child.join();
    assert.equal(value.value, 10);
  });

  it("keep the lock that they were given", () => {
    const lock = new (getContext().RLock)();
    const value = new Value("int32", 1, { lock });
    const array = new SharedArray("int32", 1, { lock });
    assert.equal(value.getLock(), lock);
    assert.equal(array.getLock(), lock);
    assert.throws(() => new Value("int32", 1, { lock: false }).getLock(), ProcessError);
    assert.throws(() => new SharedArray("int32", 1, { lock: false }).getLock(), ProcessError);
    assert.throws(() => new Value("int32", 1, { lock: 5 as never }), TypeError);
  });
});
