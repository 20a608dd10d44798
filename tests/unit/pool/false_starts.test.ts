/** When workers that were never ready break their pool. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { FalseStarts } from "../../../src/pool/false_starts.ts";

it("three in a row that fail are too many, and a hundred that somebody ends", () => {
  const failing = new FalseStarts();
  assert.deepEqual([1, -11, 0].map((code) => failing.add(code)), [null, null, 3]);
  const ended = new FalseStarts();
  const codes = [-2, -15, -9, -1];
  for (let i = 0; i < 99; i++) assert.equal(ended.add(codes[i % 4]), null);
  assert.equal(ended.add(-2), 100);
});

it("one that was ready begins the count anew", () => {
  const starts = new FalseStarts();
  assert.deepEqual([starts.add(1), starts.add(1)], [null, null]);
  starts.forget();
  assert.deepEqual([starts.add(1), starts.add(1), starts.add(1)], [null, null, 3]);
});
