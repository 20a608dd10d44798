/** What was one object is one object again: cycles, shared parts, shared buffers. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Decoder } from "../../../src/wire/decode.ts";
import { Encoder } from "../../../src/wire/encode.ts";
import { difference, encode, roundTrip } from "./codec.ts";

describe("sharing", () => {
  it("cycles through every kind of container", () => {
    const object: Record<string, unknown> = {};
    const list: unknown[] = [object, , object];
    const map = new Map<unknown, unknown>([[list, object], ["self", null]]);
    const set = new Set<unknown>([map, list]);
    const error = new Error("round", { cause: set });
    map.set("self", map);
    set.add(set);
    Object.assign(object, { object, list, map, set, error });
    Object.assign(error, { error, list });
    Object.assign(list, { named: list });
    assert.equal(difference(object, roundTrip(object)), null);
  });

  it("objects of every type are shared", () => {
    const parts = [
      {},
      [],
      new Date(5),
      /x/g,
      Object("boxed"),
      new Map(),
      new Set(),
      new Uint8Array(3),
      new ArrayBuffer(2),
      new ArrayBuffer(2, { maxByteLength: 4 }),
      new RangeError("r"),
    ];
    for (const part of parts) {
      const copy = roundTrip([part, { again: part }, part]) as [object, { again: object }, object];
      assert.equal(copy[0], copy[1].again);
      assert.equal(copy[0], copy[2]);
    }
    assert.equal(
      difference([parts, parts.toReversed()], roundTrip([parts, parts.toReversed()])),
      null,
    );
  });

  it("more objects than a short list can number", () => {
    const objects = Array.from({ length: 1000 }, (_, i) => ({ i }));
    const value = {
      objects,
      backwards: objects.toReversed(),
      odd: objects.filter(({ i }) => i % 2),
    };
    assert.equal(difference(value, roundTrip(value)), null);
  });

  it("two values of one message share nothing", () => {
    const shared = { n: 1 };
    const encoder = new Encoder("process");
    encoder.value([shared], "first");
    encoder.value([shared, shared], "second");
    const decoder = new Decoder(encoder.take().bytes);
    const [a] = decoder.value() as object[];
    const [b, c] = decoder.value() as object[];
    assert.equal(b, c);
    assert.notEqual(a, b);
  });

  it("equal strings and numbers cost no table", () => {
    assert.equal(encode(["a", "a", 1, 1]).length, 2 + 2 + 2 + 1 + 1);
  });

  it("views of one buffer see each other's bytes", () => {
    const buffer = new ArrayBuffer(64);
    const value = {
      all: new Uint8Array(buffer),
      part: new Uint16Array(buffer, 8, 4),
      late: new DataView(buffer, 60),
      buffer,
      again: new Uint8Array(buffer, 1, 1),
    };
    for (
      const order of [
        ["all", "part", "late", "buffer", "again"],
        ["part", "late"],
        ["part", "buffer", "again"],
        ["buffer", "part"],
        ["again", "all"],
      ] as (keyof typeof value)[][]
    ) {
      const sent = Object.fromEntries(order.map((name) => [name, value[name]]));
      const copy = roundTrip(sent);
      assert.equal(difference(sent, copy), null, order.join());
    }
  });

  it("a view that is alone with its buffer travels as its own bytes", () => {
    const pool = new Uint8Array(100_000).fill(9);
    const value = [pool.subarray(10, 13), "text"] as const;
    assert.ok(encode(value).length < 20);
    const [copy] = roundTrip(value);
    assert.deepEqual([...copy], [9, 9, 9]);
    assert.equal(copy.buffer.byteLength, 3);
  });

  it("views of a pooled subclass, like Node's Buffer, never drag the pool along", () => {
    class Pooled extends Uint8Array {}
    const pool = new ArrayBuffer(100_000);
    const value = [new Pooled(pool, 0, 2).fill(1), new Pooled(pool, 10, 2).fill(2)];
    assert.ok(encode(value).length < 20);
    const copy = roundTrip(value);
    assert.deepEqual(copy.map((view) => [...view]), [[1, 1], [2, 2]]);
    assert.equal(Object.getPrototypeOf(copy[0]), Uint8Array.prototype);
    const shared = [value[0], { x: value[0] }, value[1]] as const;
    const [first, second] = roundTrip(shared);
    assert.equal(first, second.x);
  });

  it("a view that follows the end of its buffer still does", () => {
    for (const maximum of [8, 16]) {
      const buffer = new ArrayBuffer(8, { maxByteLength: maximum });
      new Uint8Array(buffer).set([1, 2, 3, 4, 5, 6, 7, 8]);
      const value = {
        follows: new Uint8Array(buffer),
        fixed: new Uint8Array(buffer, 0, 8),
        late: new Uint16Array(buffer, 4),
        data: new DataView(buffer, 2),
        fixedData: new DataView(buffer, 2, 6),
      };
      const copy = roundTrip(value);
      assert.equal(difference(value, copy), null);
      assert.deepEqual([...new Uint8Array(buffer)], [1, 2, 3, 4, 5, 6, 7, 8]);
      (copy.follows.buffer as ArrayBuffer).resize(6);
      assert.equal(copy.follows.length, 6);
      assert.equal(copy.fixed.length, 0);
      assert.equal(copy.late.length, 1);
      assert.equal(copy.data.byteLength, 4);
      assert.throws(() => copy.fixedData.byteLength, TypeError);
    }
  });
});
