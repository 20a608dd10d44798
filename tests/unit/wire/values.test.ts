/** Every type of value arrives as what it was. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { before, describe, it } from "node:test";
import { runInNewContext } from "node:vm";
import { Decoder } from "../../../src/wire/decode.ts";
import { Encoder } from "../../../src/wire/encode.ts";
import { WIRE_VERSION } from "../../../src/wire/tags.ts";
import {
  difference,
  installFunctionHooks,
  knowFunction,
  partial,
  refusalOf,
  roundTrip,
} from "./codec.ts";

before(installFunctionHooks);

const bytes = (n: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: n }, (_, i) => i);

const same: Record<string, unknown> = {
  "undefined": undefined,
  "null": null,
  "true": true,
  "false": false,
  "small integers": [0, 1, 127, 128, -1, 255, 256],
  "integers of 16 bits": [32767, -32768, 32768, -32769],
  "integers of 32 bits": [2147483647, -2147483648, 2147483648, -2147483649],
  "large integers": [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 60],
  "negative zero": [-0, 0],
  "fractions": [0.1, -1.5, Number.MIN_VALUE, Number.MAX_VALUE, Number.EPSILON],
  "no number": [NaN, Infinity, -Infinity],
  "bigints of 64 bits": [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)],
  "longer bigints": [2n ** 63n, -(2n ** 63n) - 1n, 2n ** 64n, -(2n ** 64n), 123n ** 45n],
  "a very long bigint": 2n ** 100_000n + 7n,
  "empty string": "",
  "ASCII of every short length": Array.from(
    { length: 70 },
    (_, i) => "abcdefghij".repeat(7).slice(0, i),
  ),
  "two bytes a character": ["é", "é".repeat(15), "é".repeat(16), "é".repeat(31), "é".repeat(200)],
  "three bytes a character": ["€", "€".repeat(10), "€".repeat(11), "€".repeat(43), "€".repeat(90)],
  "four bytes a character": ["🙂", "🙂".repeat(8), "🙂".repeat(30), "a🙂é€".repeat(50)],
  "lone surrogates": [
    "\ud800",
    "a\udc00b",
    "\udc00\ud800",
    "x".repeat(60) + "\udbff",
    "\ud800\u0041",
  ],
  "characters that coders like to lose": [
    "\ufeffbyte order mark",
    "\ufffd",
    "\0",
    "\u2028",
    "\x7f\x80",
  ],
  "long strings": ["x".repeat(127), "x".repeat(128), "x".repeat(16384), "é".repeat(8192)],
  "a string of a megabyte": "0123456789abcdef".repeat(65536),
  "dates": [new Date(0), new Date(-1), new Date(8.64e15)],
  "an invalid date": new Date(NaN),
  "regular expressions": [/a/, /[/]\n/dgimsuy, /é€🙂/v, new RegExp("")],
  "boxed": [Object(1), Object(-0), Object("text"), Object(true), Object(false), Object(9n)],
  "arrays": [[], [1], [[]], [[], [[]]], [1, "a", null, undefined]],
  "a long array": Array.from({ length: 5000 }, (_, i) => i * 7),
  "objects": [{}, { a: 1 }, { a: 1, b: { c: [] } }, { "": 0, " ": 1, "0": 2, "é": 3, "\ud800": 4 }],
  "an object with integer keys": { 3: "c", 1: "a", 2: "b", x: "y" },
  "many objects of few shapes": Array.from(
    { length: 300 },
    (_, i) => i % 3 ? { id: i, name: `n${i}` } : { name: `n${i}`, id: i, ["k" + i % 7]: null },
  ),
  "objects whose shapes share a slot": Array.from(
    { length: 300 },
    (_, i) => ({ ["k" + i]: i, z: 0 }),
  ),
  "an object with many keys": Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => ["key" + i, i]),
  ),
  "maps": [new Map(), new Map<unknown, unknown>([[1, 2], ["a", {}], [{}, "b"], [NaN, -0]])],
  "sets": [new Set(), new Set([1, "a", {}, NaN, undefined, null])],
  "buffers": [new ArrayBuffer(0), bytes(300).buffer],
  "a resizable buffer": new ArrayBuffer(5, { maxByteLength: 50 }),
  "views": [
    bytes(3),
    new Uint8ClampedArray([1, 2]),
    new Int8Array([-1]),
    new Uint16Array([65535]),
    new Int16Array([-2]),
    new Uint32Array([4294967295]),
    new Int32Array([-3]),
    new Float32Array([1.5, NaN]),
    new Float64Array([0.1, -0]),
    new BigUint64Array([2n ** 64n - 1n]),
    new BigInt64Array([-1n]),
    new DataView(bytes(9).buffer),
    new Uint8Array(0),
  ],
  "a megabyte of numbers": Float64Array.from({ length: 131072 }, (_, i) => i / 3),
};

describe("values", () => {
  for (const [title, value] of Object.entries(same)) {
    it(title, () => {
      assert.equal(difference(value, roundTrip(value)), null);
    });
  }

  const { Float16Array } = globalThis as {
    Float16Array?: new (list: number[]) => ArrayBufferView;
  };
  it("Float16Array", {
    skip: Float16Array === undefined && "this runtime has no Float16Array",
  }, () => {
    const value = new Float16Array!([1.5, -2]);
    assert.equal(difference(value, roundTrip(value)), null);
  });

  it("arrays keep their holes", () => {
    for (
      const value of [
        [, 1],
        [1, , 2],
        [1, ,],
        [, ,],
        new Array(1),
        new Array(1000),
        [undefined, , undefined],
        [...new Array(70).fill(0), ...[1, , 2]],
      ]
    ) {
      assert.equal(difference(value, roundTrip(value)), null);
    }
  });

  it("an array of four thousand million holes is small", () => {
    const value: number[] = [1, 2];
    value[70] = 3;
    value[5_000_000] = 4;
    value[4_294_967_294] = 5;
    const copy = roundTrip(value);
    assert.equal(copy.length, 4_294_967_295);
    assert.deepEqual(Object.entries(copy), Object.entries(value));
    const empty: number[] = [1];
    empty.length = 4_294_967_295;
    assert.deepEqual(Object.entries(roundTrip(empty)), [["0", 1]]);
  });

  it("an array with many distant elements takes time for these only", () => {
    const value: number[] = [];
    for (let i = 0; i < 5000; i++) value[i * 1000] = i;
    assert.equal(difference(value, roundTrip(value)), null);
  });

  it("arrays keep named properties", () => {
    const match = /b(?<c>.)/d.exec("abc")!;
    const copy = roundTrip(match);
    assert.deepEqual([...copy], ["bc", "c"]);
    assert.equal(copy.index, 1);
    assert.equal(copy.input, "abc");
    assert.deepEqual(copy.groups, { c: "c" });
    assert.deepEqual(copy.indices?.[1], [2, 3]);
    const odd = Object.assign([1, , 2], { "-1": "a", "01": "b", 4294967295: "c" });
    assert.equal(difference(odd, roundTrip(odd)), null);
  });

  it("getters are read", () => {
    const copy = roundTrip({
      get x() {
        return 5;
      },
    });
    assert.deepEqual(Object.getOwnPropertyDescriptor(copy, "x"), {
      value: 5,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  });

  it("only own enumerable properties with string keys travel", () => {
    const value = Object.create(null, {
      seen: { value: 1, enumerable: true },
      hidden: { value: 2, enumerable: false },
      [Symbol("s")]: { value: 3, enumerable: true },
    });
    const copy = roundTrip(value);
    assert.deepEqual(Reflect.ownKeys(copy), ["seen"]);
    assert.equal(Object.getPrototypeOf(copy), Object.prototype);
  });

  it("keys that objects inherit are data", () => {
    const value = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":2,"toString":3,"valueOf":4}',
    );
    const copy = roundTrip([value, value.__proto__, value])[0];
    assert.deepEqual(Object.keys(copy), ["__proto__", "constructor", "toString", "valueOf"]);
    assert.equal(Object.getPrototypeOf(copy), Object.prototype);
    assert.equal(copy.polluted, undefined);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });

  it("the last match of a regular expression stays behind", () => {
    const value = /a/g;
    value.lastIndex = 3;
    assert.equal(roundTrip(value).lastIndex, 0);
  });

  it("subclasses of built-in classes arrive as these, as structured clone has it", () => {
    class Stack extends Array<number> {}
    class Registry extends Map<string, number> {}
    class Bytes extends Uint8Array {}
    assert.equal(difference([1, 2], roundTrip(Stack.from([1, 2]))), null);
    assert.equal(difference(new Map([["a", 1]]), roundTrip(new Registry([["a", 1]]))), null);
    assert.equal(difference(bytes(3), roundTrip(Bytes.from([0, 1, 2]))), null);
  });

  it("Node's Buffer arrives as a Uint8Array of its own bytes", () => {
    const copy = roundTrip({ pooled: Buffer.from("some text"), alone: Buffer.alloc(3, 7) });
    assert.equal(difference(copy.pooled, new TextEncoder().encode("some text")), null);
    assert.equal(difference(copy.alone, Uint8Array.of(7, 7, 7)), null);
  });

  it("values of another realm", () => {
    const value = runInNewContext(
      `({ list: [1, , { deep: 2 }], map: new Map([["a", new Set([1])]]), date: new Date(5),
          bytes: new Uint16Array([1, 2]), error: new RangeError("far"), buffer: new ArrayBuffer(2) })`,
    );
    const copy = roundTrip(value);
    assert.equal(copy.error.message, "far");
    assert.ok(copy.error instanceof Error && copy.error.name === "RangeError");
    assert.equal(
      difference({ ...copy, error: null }, {
        list: [1, , { deep: 2 }],
        map: new Map([["a", new Set([1])]]),
        date: new Date(5),
        bytes: new Uint16Array([1, 2]),
        error: null,
        buffer: new ArrayBuffer(2),
      }),
      null,
    );
  });

  it("functions go through the hooks", () => {
    const exported = (x: number): number => x + 1;
    const inline = (): string => "inline";
    knowFunction(exported, {
      kind: "export",
      modules: ["file:///a.ts", "file:///b.ts"],
      name: "exported",
      check: 2 ** 40 + 1,
      search: true,
    });
    knowFunction(inline, { kind: "inline", source: '() => "inline"', name: "inline" });
    knowFunction(Math.max, { kind: "global", path: "Math.max" });
    const encoder = new Encoder("process");
    encoder.value({ list: [exported, exported], map: new Map([[inline, Math.max]]) }, "value");
    assert.deepEqual([...encoder.modules], ["file:///a.ts", "file:///b.ts"]);
    const message = encoder.take();
    assert.equal(encoder.modules.size, 0);
    const copy = new Decoder(message.bytes).value() as {
      list: unknown[];
      map: Map<unknown, unknown>;
    };
    assert.deepEqual(copy.list, [exported, exported]);
    assert.equal(copy.map.get(inline), Math.max);
  });

  it("partial functions carry their bound values", () => {
    knowFunction(Math.min, { kind: "global", path: "Math.min" });
    const shared = { x: 1 };
    const copy = roundTrip([partial(partial(Math.min, 7), 9, shared), shared]);
    assert.equal((copy[0] as () => number)(), NaN);
    assert.equal((roundTrip(partial(partial(Math.min, 7), 9)) as unknown as () => number)(), 7);
  });

  it("fields of a protocol and values share a message", () => {
    const encoder = new Encoder("process");
    const integers = [0, 1, 127, 128, 16383, 16384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1];
    encoder.u8(WIRE_VERSION);
    encoder.u32(0xfedcba98);
    for (const n of integers) encoder.varint(n);
    encoder.f64(-0.5);
    for (const text of ["", "plain", "é€🙂".repeat(30), "\ud800 alone"]) encoder.string(text);
    encoder.bytes(bytes(200));
    encoder.value({ a: 1 }, "first");
    encoder.value([2], "second");
    const { length } = encoder;
    const message = encoder.take();
    assert.equal(message.bytes.length, length);
    assert.equal(encoder.length, 0);
    const decoder = new Decoder(message.bytes);
    assert.equal(decoder.remaining, length);
    assert.equal(decoder.u8(), WIRE_VERSION);
    assert.equal(decoder.u32(), 0xfedcba98);
    assert.deepEqual(integers.map(() => decoder.varint()), integers);
    assert.equal(decoder.f64(), -0.5);
    assert.deepEqual(
      [decoder.string(), decoder.string(), decoder.string(), decoder.string()],
      ["", "plain", "é€🙂".repeat(30), "\ud800 alone"],
    );
    assert.deepEqual([...decoder.bytes()], [...bytes(200)]);
    assert.deepEqual(decoder.value(), { a: 1 });
    assert.deepEqual(decoder.value(), [2]);
    assert.equal(decoder.remaining, 0);
  });

  it("a taken message is not touched by the next one", () => {
    const encoder = new Encoder("process");
    for (const text of ["short", "long".repeat(20_000), "x".repeat(400_000)]) {
      encoder.value(text, "value");
      const first = encoder.take().bytes;
      const copy = first.slice();
      encoder.value("#".repeat(text.length), "value");
      encoder.reset();
      assert.equal(encoder.length, 0);
      assert.deepEqual(first.subarray(0, 50), copy.subarray(0, 50));
      assert.equal(new Decoder(first).value(), text);
    }
  });

  it("a message may lie in a Buffer's pool or in shared memory", () => {
    const encoder = new Encoder("process");
    encoder.value([new Float64Array([1.5]), "text".repeat(20)], "value");
    const message = encoder.take().bytes;
    const shared = new Uint8Array(new SharedArrayBuffer(message.length));
    shared.set(message);
    class Pooled extends Uint8Array {
      override slice(): never {
        throw new Error("a Buffer's slice is a window");
      }
    }
    const pool = new Uint8Array(message.length + 7);
    pool.set(message, 7);
    for (const source of [shared, new Pooled(pool.buffer, 7)]) {
      const value = new Decoder(source).value() as [Float64Array, string];
      assert.equal(difference(value, [new Float64Array([1.5]), "text".repeat(20)]), null);
    }
  });

  it("2000 levels travel, more are refused", () => {
    const nest = (levels: number, bottom: unknown = "bottom"): unknown => {
      let value = bottom;
      for (let i = 0; i < levels; i++) value = i % 2 ? [value] : { next: value };
      return value;
    };
    assert.equal(difference(nest(2000), roundTrip(nest(2000))), null);
    for (const bottom of ["\ud800", 2n ** 63n - 1n, 2n ** 70n]) {
      const value = nest(2000, bottom);
      assert.equal(difference(value, roundTrip(value)), null);
    }
    const buffer = new ArrayBuffer(16, { maxByteLength: 20 });
    for (const bottom of [new Uint8Array(buffer, 4, 4), Object("\ud800"), new Date(1), /a/]) {
      const value = nest(1999, bottom);
      assert.equal(difference(value, roundTrip(value)), null);
    }
    const error = refusalOf(nest(2001));
    assert.match(
      error.message,
      /^Cannot send args\[0\]\.next.*: it is nested deeper than 2000 levels; /,
    );
    assert.match(error.path!, /…\(\d+ more\)…/);
  });

  it("a value deeper than the stack that is left is refused, not fatal", () => {
    let value: unknown = 1;
    for (let i = 0; i < 1990; i++) value = { value };
    const encoder = new Encoder("process");
    const outcomes = new Set<string>();
    let calls = 0;
    const goDown = (): void => {
      try {
        goDown();
      } catch {
        // On the way back from the end of the stack there is ever more room.
      }
      if (calls++ % 100 !== 0 || outcomes.has("sent")) return;
      try {
        encoder.value(value, "value");
        outcomes.add("sent");
      } catch (error) {
        outcomes.add((error as Error).name);
      }
    };
    goDown();
    assert.ok(outcomes.has("sent"));
    outcomes.delete("RangeError"); // the call of `value` itself may not fit
    outcomes.delete("sent");
    assert.ok([...outcomes].every((name) => name === "SerializationError"), [...outcomes].join());
  });

  it("leaves no large buffer behind", () => {
    for (const end of ["sent", "reset"] as const) {
      const encoder = new Encoder("process");
      encoder.value(new Uint8Array(2 ** 20), "value");
      assert.ok(encoder.buffer.length >= 2 ** 20);
      encoder[end]();
      assert.ok(encoder.buffer.length <= 2 ** 18, `${encoder.buffer.length} bytes after ${end}`);
    }
  });
});
