import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Histogram } from "../../../src/pool/histogram.ts";

/** Numbers that look random, the same ones each time. */
function numbers(seed: number): () => number {
  return () => {
    seed = Math.imul(seed ^ seed >>> 15, 0x2c1b3c6d) + 0x6d2b79f5 | 0;
    return ((seed ^ seed >>> 13) >>> 0) / 2 ** 32;
  };
}

function exact(values: number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(part * sorted.length)) - 1];
}

const PARTS = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1];
const SHAPES: Record<string, (random: number) => number> = {
  "even": (x) => 1 + 9 * x,
  "over nine orders of magnitude": (x) => 10 ** (-4 + 9 * x),
  "exponential": (x) => -Math.log(1 - x) + 1e-4,
  "with a long tail": (x) => 0.01 / (1 - x * 0.999_999),
  "two humps": (x) => x < 0.97 ? 0.001 + x / 1e3 : 500 + x,
  "all the same": () => 3.7,
  "powers of two": (x) => 2 ** Math.floor(x * 20 - 10),
};

describe("pool: histogram", () => {
  for (const [name, shape] of Object.entries(SHAPES)) {
    it(`is within 5 % of the exact percentiles: ${name}`, () => {
      for (const seed of [1, 2, 3]) {
        const random = numbers(seed);
        const values = Array.from({ length: 10_000 }, () => shape(random()));
        const histogram = new Histogram();
        for (const value of values) histogram.add(value);
        assert.equal(histogram.count, values.length);
        for (const part of PARTS) {
          const wanted = exact(values, part);
          const got = histogram.percentile(part)!;
          assert.ok(Math.abs(got - wanted) <= 0.05 * wanted, `${part}: ${got}, not ${wanted}`);
        }
      }
    });
  }

  it("has no percentiles before anything was added", () => {
    assert.equal(new Histogram().percentile(0.5), null);
    assert.equal(new Histogram().count, 0);
  });

  it("adds a value many times at once", () => {
    const histogram = new Histogram();
    histogram.add(1, 99);
    histogram.add(1000, 1);
    assert.equal(histogram.count, 100);
    assert.ok(Math.abs(histogram.percentile(0.99)! - 1) < 0.05);
    assert.ok(Math.abs(histogram.percentile(0.991)! - 1000) < 50);
  });

  it("takes what is too small for the least value, and what is too large for the greatest", () => {
    for (const value of [0, -0, -1, -Infinity, NaN, 5e-324, 1e-9]) {
      const histogram = new Histogram();
      histogram.add(value);
      assert.ok(histogram.percentile(0.5)! < 1e-5, String(value));
    }
    for (const value of [2 ** 31, 1e300, Infinity]) {
      const histogram = new Histogram();
      histogram.add(value);
      assert.ok(histogram.percentile(0.5)! > 2 ** 30, String(value));
    }
  });

  it("is within 5 % at both ends of every bucket", () => {
    for (let exponent = -17; exponent < 31; exponent++) {
      for (let part = 0; part < 64; part++) {
        const value = 2 ** exponent * (1 + (part + 0.001) / 64);
        const histogram = new Histogram();
        histogram.add(value);
        const got = histogram.percentile(1)!;
        assert.ok(Math.abs(got - value) <= 0.05 * value, `${got}, not ${value}`);
      }
    }
  });
});
