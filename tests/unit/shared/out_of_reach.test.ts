/** Values and arrays in memory that this isolate cannot map: every access is an operation. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { End } from "../../../src/park/end.ts";
import { nameOf, operationNamed } from "../../../src/park/operations.ts";
import type { NowOperation } from "../../../src/park/operation.ts";
import { makeEnd } from "../../../src/park/travel.ts";
import { ARRAY, declare as declareArray } from "../../../src/shared/array_words.ts";
import { Parts } from "../../../src/shared/parts.ts";
import { RawArray } from "../../../src/shared/raw_array.ts";
import { typeNamed } from "../../../src/shared/types.ts";
import type { ItemType } from "../../../src/shared/item_types.ts";
import { RawValue } from "../../../src/shared/value.ts";
import { declare as declareValue, VALUE } from "../../../src/shared/value_words.ts";
import { roundTrip } from "../wire/codec.ts";

/** An end that does as a broker: operations by name, arguments and results as bytes. */
function farEnd(words: number, bytes: number): { near: ReturnType<typeof makeEnd>; far: End } {
  const near = makeEnd("thread", words, { regionBytes: bytes });
  const far: End = {
    block: null,
    now<A, R>(operation: NowOperation<A, R>, argument: A): R {
      const found = operationNamed(nameOf(operation)) as NowOperation<A, R>;
      return roundTrip(near.now(found, roundTrip(argument)));
    },
    abandon: () => {},
    first: () => assert.fail("nothing waits"),
    wait: () => Promise.reject(new Error("nothing waits")),
    waitSync: () => assert.fail("nothing waits"),
  };
  return { near, far };
}

function farValue<T extends ItemType>(name: T): RawValue<T> {
  const type = typeNamed(name, "test");
  const { near, far } = farEnd(VALUE.LENGTH, 0);
  declareValue(near.block.words, near.block.at, type);
  return new RawValue<T>(new Parts(type, 1, far, null) as never);
}

function farArray<T extends ItemType>(name: T, length: number): RawArray<T> {
  const type = typeNamed(name, "test");
  const { near, far } = farEnd(ARRAY.WORDS, length * type.bytes);
  declareArray(near.block, type, length);
  return new RawArray<T>(new Parts(type, length, far, null) as never, 0);
}

describe("memory out of reach", () => {
  it("is read and written through its owner", () => {
    const value = farValue("int16");
    value.value = 30_000;
    assert.equal(value.add(5), 30_000);
    assert.equal(value.compareExchange(30_005, -1), 30_005);
    assert.equal(value.value, -1);
    assert.throws(() => value.add(-40_000), RangeError);
    assert.throws(() => value.value = 40_000, RangeError);
    const flag = farValue("bool");
    assert.equal(flag.compareExchange(false, true), false);
    assert.equal(flag.value, true);
    const wide = farValue("biguint64");
    wide.value = 2n ** 64n - 1n;
    assert.equal(wide.value, 2n ** 64n - 1n);
  });

  it("holds arrays, item by item and in bulk", () => {
    const array = farArray("float64", 10_000);
    array.set(1, [1.5, 2.5]);
    array[9999] = 4.5;
    assert.deepEqual(array.slice(0, 3), [0, 1.5, 2.5]);
    assert.equal([...array].length, 10_000);
    assert.equal([...array][9999], 4.5);
    array.fill(7, 5, 7);
    assert.deepEqual(array.slice(4, 8), [0, 7, 7, 0]);
    assert.throws(() => array[10_000], RangeError);
    const counts = farArray("int32", 2);
    counts.add(1, 3);
    assert.equal(counts.compareExchange(1, 3, 4), 3);
    assert.deepEqual(counts.toArray(), [0, 4]);
    assert.deepEqual(farArray("bool", 2).toArray(), [false, false]);
  });

  it("cannot be a typed array", () => {
    assert.throws(() => farArray("int32", 2).typed, /cannot map its memory.*get, set and slice/s);
  });
});
