import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RawArray } from "../../../src/shared/raw_array.ts";
import { SharedArray } from "../../../src/shared/shared_array.ts";
import { RawValue, Value } from "../../../src/shared/value.ts";
import type { ItemType } from "../../../src/shared/item_types.ts";

/** What an action throws. */
function errorOf(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  assert.fail("it should have thrown");
}

function refuses(action: () => unknown, Class: typeof RangeError, message: RegExp): void {
  const error = errorOf(action);
  assert.equal(error.constructor, Class, String(error));
  assert.match(error.message, message);
}

const LIMITS: [ItemType, number | bigint, number | bigint][] = [
  ["int8", -128, 127],
  ["uint8", 0, 255],
  ["int16", -32768, 32767],
  ["uint16", 0, 65535],
  ["int32", -(2 ** 31), 2 ** 31 - 1],
  ["uint32", 0, 2 ** 32 - 1],
  ["bigint64", -(2n ** 63n), 2n ** 63n - 1n],
  ["biguint64", 0n, 2n ** 64n - 1n],
  ["b", -128, 127],
  ["B", 0, 255],
  ["h", -32768, 32767],
  ["H", 0, 65535],
  ["i", -(2 ** 31), 2 ** 31 - 1],
  ["I", 0, 2 ** 32 - 1],
  ["l", -(2n ** 63n), 2n ** 63n - 1n],
  ["L", 0n, 2n ** 64n - 1n],
  ["q", -(2n ** 63n), 2n ** 63n - 1n],
  ["Q", 0n, 2n ** 64n - 1n],
];

describe("a shared value", () => {
  for (const [type, least, greatest] of LIMITS) {
    const one = (typeof least === "bigint" ? 1n : 1) as number;

    it(`of type ${type} holds ${least} to ${greatest}, and nothing else`, () => {
      const value = new Value(type, least);
      assert.equal(value.value, least);
      refuses(() => value.value = (least as number) - one, RangeError, /whole numbers from/);
      refuses(() => value.add(-one), RangeError, /comes to/);
      assert.equal(value.value, least);
      value.value = greatest;
      assert.equal(value.value, greatest);
      refuses(() => value.value = (greatest as number) + one, RangeError, /whole numbers from/);
      refuses(() => value.add(one), RangeError, /comes to/);
      assert.equal(value.add(-one), greatest, "add returns what it was");
      const before = (greatest as number) - one;
      assert.equal(value.compareExchange(greatest, least), before);
      assert.equal(value.compareExchange(before, least), before);
      assert.equal(value.value, least);
      assert.equal(new Value(type).value, typeof least === "bigint" ? 0n : 0);
    });
  }

  it("holds floats", () => {
    const wide = new RawValue("float64", Math.PI);
    assert.equal(wide.value, Math.PI);
    wide.value = NaN;
    assert.ok(Number.isNaN(wide.value));
    const narrow = new RawValue("f", Math.PI);
    assert.equal(narrow.value, Math.fround(Math.PI));
    refuses(() => wide.add(1), TypeError, /float64.*hold the lock/);
    refuses(() => wide.compareExchange(1, 2), TypeError, /hold the lock/);
  });

  it("holds booleans, which can be exchanged in one step", () => {
    const flag = new RawValue("bool");
    assert.equal(flag.value, false);
    assert.equal(flag.compareExchange(false, true), false);
    assert.equal(flag.compareExchange(false, true), true);
    assert.equal(flag.value, true);
    refuses(() => flag.value = 1 as never, TypeError, /give a boolean/);
    refuses(() => flag.add(true), TypeError, /bool/);
  });

  it("says what to do instead", () => {
    refuses(() => new Value("int32", "5" as never), TypeError, /to "5".*give a number/);
    refuses(() => new Value("int8", 1.5), RangeError, /to 1.5/);
    refuses(() => new Value("int8", NaN), RangeError, /NaN/);
    refuses(() => new Value("bigint64", 5 as never), TypeError, /give a bigint: 5n/);
    refuses(() => new Value("bigint64", 1n).add(1 as never), TypeError, /give a bigint/);
    refuses(() => new Value("int32", 1).add(0.5), RangeError, /whole number/);
    refuses(() => new Value("c" as never), RangeError, /TextEncoder/);
    refuses(() => new Value("int64" as never), RangeError, /"bigint64"/);
    refuses(() => new Value("z" as never), RangeError, /one of int8, uint8/);
    refuses(() => new Value(5 as never), TypeError, /name a type/);
    refuses(() => new Value("int8", 1, 5 as never), TypeError, /give options/);
  });
});

describe("a shared array", () => {
  it("is read and written by index, within its length", () => {
    const array = new SharedArray("int16", 3);
    array[0] = 5;
    array[2] = -7;
    assert.deepEqual([array[0], array[1], array[2]], [5, 0, -7]);
    assert.equal(array.length, 3);
    for (const index of [-1, 3, 0.5, NaN, Infinity]) {
      refuses(() => array[index], RangeError, /index from 0 to 2/);
      refuses(() => array[index] = 1, RangeError, /index from 0 to 2/);
      refuses(() => array.get(index), RangeError, /index from 0 to 2/);
      refuses(() => array.add(index, 1), RangeError, /index from 0 to 2/);
    }
    refuses(() => array[0] = 2 ** 15, RangeError, /int16 holds/);
    assert.equal(array[0], 5);
    assert.equal((array as { other?: number }).other, undefined);
  });

  it("takes items from anything that has some", () => {
    assert.deepEqual(new RawArray("uint8", [1, 2]).toArray(), [1, 2]);
    assert.deepEqual(new RawArray("float32", new Set([0.5])).toArray(), [0.5]);
    assert.deepEqual(new RawArray("bigint64", new BigInt64Array([7n])).toArray(), [7n]);
    assert.deepEqual(new RawArray("bool", [true, false]).toArray(), [true, false]);
    refuses(() => new RawArray("uint8", [1, 256]), RangeError, /item 1 to 256/);
    // deno-lint-ignore no-sparse-arrays
    refuses(() => new RawArray("uint8", [1, , 3] as number[]), TypeError, /item 1 to undefined/);
    refuses(() => new RawArray("uint8", -1), RangeError, /-1 items/);
    refuses(() => new RawArray("uint8", 1.5), RangeError, /1.5 items/);
    refuses(() => new RawArray("uint8", "12" as never), TypeError, /give the number of its items/);
  });

  it("has the verbs of an array that keep its length", () => {
    const array = new RawArray("int32", [1, 2, 3, 4, 5]);
    assert.equal(array.at(-1), 5);
    assert.equal(array.at(5), undefined);
    assert.deepEqual(array.slice(1, -1), [2, 3, 4]);
    assert.deepEqual([...array], [1, 2, 3, 4, 5]);
    array.fill(9, 3);
    array.set(0, [7, 8]);
    assert.deepEqual(array.toArray(), [7, 8, 3, 9, 9]);
    refuses(() => array.set(4, [1, 2]), RangeError, /2 items from index 4/);
    refuses(() => array.set(0, [1, 2.5]), RangeError, /item 1 to 2.5/);
    assert.deepEqual(array.toArray(), [7, 8, 3, 9, 9], "all or nothing");
    assert.equal(array.add(0, 3), 7);
    assert.equal(array.compareExchange(0, 10, 1), 10);
    assert.equal(array[0], 1);
  });

  it("is a typed array in inner loops", () => {
    const array = new SharedArray("float64", 1000);
    assert.ok(array.typed instanceof Float64Array);
    assert.equal(array.typed.length, 1000);
    array.typed[999] = 1.5;
    assert.equal(array[999], 1.5);
    const flags = new RawArray("bool", 2);
    flags.typed[1] = 1;
    assert.deepEqual(flags.toArray(), [false, true]);
  });

  it("may be empty", () => {
    const array = new SharedArray("int32", 0);
    assert.equal(array.length, 0);
    assert.deepEqual(array.toArray(), []);
    assert.equal(array.typed.length, 0);
    refuses(() => array[0], RangeError, /there are none/);
    array.set(0, []);
  });
});
