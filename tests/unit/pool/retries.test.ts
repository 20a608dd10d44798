import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Retries } from "../../../src/pool/retries.ts";
import type { RetryOptions } from "../../../src/pool/retries.ts";

/** How long one task waits before each of its tries. */
function waits(retries: number | RetryOptions | undefined): (number | null)[] {
  const taken = Retries.from(retries, "try");
  const all: (number | null)[] = [];
  for (let attempt = 0; all.at(-1) !== null; attempt++) all.push(taken.take(attempt));
  return all;
}

describe("Retries", () => {
  it("are none unless they are asked for", () => {
    assert.deepEqual(waits(undefined), [null]);
    assert.deepEqual(waits(0), [null]);
    assert.deepEqual(waits({ times: 0, delay: 5 }), [null]);
  });

  it("come at once unless there is a delay", () => {
    assert.deepEqual(waits(2), [0, 0, null]);
    assert.deepEqual(waits({ times: 2 }), [0, 0, null]);
    assert.deepEqual(waits({ times: 2000 }).slice(1990, 2001), [...new Array(10).fill(0), null]);
  });

  it("come later each time, up to a limit", () => {
    assert.deepEqual(waits({ times: 4, delay: 100 }), [100, 200, 400, 800, null]);
    assert.deepEqual(waits({ times: 3, delay: 10, factor: 3 }), [10, 30, 90, null]);
    assert.deepEqual(waits({ times: 3, delay: 10, factor: 1 }), [10, 10, 10, null]);
    assert.deepEqual(waits({ times: 3, delay: 20_000 }), [20_000, 30_000, 30_000, null]);
    assert.deepEqual(waits({ times: 3, delay: 5, maxDelay: 12 }), [5, 10, 12, null]);
    const huge = waits({ times: 2000, delay: 1, factor: 10, maxDelay: Infinity });
    assert.equal(huge.at(-2), Infinity);
  });

  it("share the budget of their call", () => {
    const retries = Retries.from({ times: 5, budget: 3 }, "try");
    assert.deepEqual([0, 0, 1, 0, 2].map((attempt) => retries.take(attempt)), [
      0,
      0,
      0,
      null,
      null,
    ]);
    assert.equal(retries.overspent, true);
    assert.equal(Retries.from({ times: 1, budget: Infinity }, "try").overspent, false);
  });
});
