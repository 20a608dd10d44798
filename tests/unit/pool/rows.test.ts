import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Rows } from "../../../src/pool/rows.ts";

/** Adds rows that hold their own number, and returns which ones had to make room. */
function fill(rows: Rows, count: number): number[] {
  const dropped: number[] = [];
  for (let i = 0; i < count; i++) {
    const number = rows.added;
    const place = rows.add((oldest) => dropped.push(rows.words[oldest]));
    rows.words[place] = number;
    rows.floats[place * 2] = number;
    rows.floats[place * 2 + 1] = -number;
  }
  return dropped;
}

/** Every row that is kept is where it should be. */
function check(rows: Rows): void {
  for (let number = rows.dropped; number < rows.added; number++) {
    const place = rows.place(number);
    assert.deepEqual(
      [rows.words[place], rows.floats[place * 2], rows.floats[place * 2 + 1]],
      [number, number, -number],
    );
  }
}

describe("pool: rows", () => {
  it("keep all up to the limit, and grow meanwhile", () => {
    const rows = new Rows(5000, 2, 1);
    assert.ok(rows.words.length < 5000);
    assert.deepEqual(fill(rows, 5000), []);
    assert.deepEqual([rows.added, rows.dropped, rows.words.length], [5000, 0, 5000]);
    check(rows);
  });

  it("drop the oldest one for each new one, and tell which", () => {
    for (const limit of [1, 2, 7, 1024, 1500]) {
      const rows = new Rows(limit, 2, 1);
      const dropped = fill(rows, 2 * limit + 3);
      assert.deepEqual(dropped, Array.from({ length: limit + 3 }, (_, i) => i));
      assert.deepEqual([rows.added, rows.dropped], [2 * limit + 3, limit + 3]);
      check(rows);
    }
  });
});
