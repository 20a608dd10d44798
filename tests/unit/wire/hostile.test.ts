/** Whatever the bytes are: a value or a ProtocolError, and nothing that costs more than they do. */
import assert from "node:assert/strict";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { FunctionReferenceError, ProtocolError } from "../../../src/errors.ts";
import { registerClass } from "../../../src/wire/classes.ts";
import { Decoder } from "../../../src/wire/decode.ts";
import * as tag from "../../../src/wire/tags.ts";
import {
  encode,
  fromHex,
  generator,
  installFunctionHooks,
  knowFunction,
  partial,
  toHex,
} from "./codec.ts";

/** Inputs of the fuzz tests, in thousands. */
const FUZZ = Number(process.env.FUZZ ?? "1") * 200;
const MEGABYTE = 2 ** 20;

class Box {
  inner: unknown = null;
}

const stackTraceLimit = Error.stackTraceLimit;
function prepare(): void {
  installFunctionHooks();
  knowFunction(Math.max, { kind: "global", path: "Math.max" });
  registerClass(Box, {
    name: "Box",
    reduce: (box) => box.inner,
    rebuild: (inner: unknown) => Object.assign(new Box(), { inner }),
  });
}

before(() => {
  prepare();
  // Hundreds of thousands of errors are made here, and nobody looks where.
  Error.stackTraceLimit = 0;
});
after(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

type Part = number | string | number[] | Uint8Array;

/** A message of tags, lengths (as arrays of one: varints), text (with its tag) and bytes. */
function message(...list: Part[]): Uint8Array {
  const bytes: number[] = [];
  for (const part of list) {
    if (typeof part === "number") {
      bytes.push(part);
    } else if (typeof part === "string" || part instanceof Uint8Array) {
      for (const byte of typeof part === "string" ? encode(part) : part) bytes.push(byte);
    } else {
      for (let n of part) {
        for (; n > 127; n = Math.floor(n / 128)) bytes.push(n % 128 + 128);
        bytes.push(n);
      }
    }
  }
  return Uint8Array.from(bytes);
}

function repeat(times: number, ...part: Part[]): Uint8Array {
  const once = message(...part);
  const all = new Uint8Array(once.length * times);
  for (let i = 0; i < times; i++) all.set(once, i * once.length);
  return all;
}

function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Decodes; answers the error, or null. Anything but a ProtocolError is a failure. */
function refusal(bytes: Uint8Array): ProtocolError | FunctionReferenceError | null {
  try {
    new Decoder(bytes).value();
    return null;
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof FunctionReferenceError) return error;
    throw new Error(`${toHex(bytes.subarray(0, 300))} threw ${error}`, { cause: error });
  }
}

const HUGE = [2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];

const wrong: Record<string, Uint8Array[]> = {
  "nothing": [new Uint8Array(0)],
  "tags that mean nothing": Array.from(
    { length: 256 - tag.PARTIAL - 1 },
    (_, i) => message(tag.PARTIAL + 1 + i, 0, 0),
  ),
  "holes that are in no array": [message(tag.HOLES, [1])],
  "numbers that end too soon": [
    message(tag.INT16, 0),
    message(tag.INT32, 0, 0, 0),
    message(tag.FLOAT64, 0, 0, 0, 0, 0, 0, 0),
    message(tag.BIGINT64, 0),
    message(tag.DATE, 0),
  ],
  "lengths that are none": [
    message(tag.STRING, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1),
    message(tag.STRING, 255, 255, 255, 255, 255, 255, 255, 127),
    message(tag.ARRAY, 128),
  ],
  "lengths beyond the end": HUGE.flatMap((n) => [
    ...[tag.STRING, tag.STRING16, tag.OBJECT, tag.ARRAY, tag.MAP, tag.SET, tag.BUFFER].map((kind) =>
      message(kind, [n], 1, 1, 1, 1)
    ),
    message(tag.BIGINT, 0, [n], 1),
    message(tag.RESIZABLE, [n], [n], 1),
    message(tag.BYTES, 0, [n], 1),
    message(tag.PARTIAL, [n], 1),
    message(tag.REFERENCE, [n]),
    message(tag.SHAPED, [n]),
    message(tag.ATTACHED, [n]),
    message(tag.INSTANCE, [n]),
    message(tag.EXPORTED, 0, 0, 0, 0, 0, 0, 0, 0, 0, "name", [n]),
  ]),
  "a short string that is cut": [Uint8Array.of(0x85, 0x61), message(tag.OBJECT, [1], 0x98, 0x61)],
  "text that is not UTF-8": [
    fromHex("82 c0 80"),
    fromHex("83 ed a0 80"),
    fromHex("84 f8 88 80 80"),
    fromHex("81 80"),
    fromHex("82 e2 82"),
    message(tag.STRING, [40], new Uint8Array(40).fill(0xff)),
    message(tag.OBJECT, [1], 0x82, 0xc0, 0x80, 1),
  ],
  "keys that are no text": [message(tag.OBJECT, [1], tag.NULL, 1), message(tag.OBJECT, [1], 5, 1)],
  "bigints of nothing": [message(tag.BIGINT, 0, [0])],
  "references to what is not finished": [
    message(tag.INSTANCE, 0, "Box", tag.REFERENCE, [0]),
    message(tag.INSTANCE, 0, "Box", tag.ARRAY, [1], tag.REFERENCE, [0]),
    message(tag.VIEW, 0, 0, [0], [0], tag.REFERENCE, [0]),
    message(tag.BOXED, tag.REFERENCE, [0]),
    message(tag.PARTIAL, [0], tag.REFERENCE, [0]),
  ],
  "boxes of nothing": [tag.NULL, tag.UNDEFINED, tag.OBJECT, tag.MAP].map((k) =>
    message(tag.BOXED, k, 0)
  ),
  "views of what is no buffer": [
    message(tag.VIEW, 8, 0, [0], [5], tag.ARRAY, [1], 7),
    message(tag.VIEW, 8, 1, [0], [5], tag.OBJECT, [1], "length", tag.INT32, 255, 255, 255, 127),
    message(tag.VIEW, 0, 0, [0], [9], 100),
    message(tag.VIEW, 0, 0, [0], [1], tag.BYTES, 0, [1], 1),
  ],
  "views outside of their buffer": [
    message(tag.VIEW, 0, 0, [0], [9], tag.BUFFER, [2], 1, 2),
    message(tag.VIEW, 0, 0, [3], [0], tag.BUFFER, [2], 1, 2),
    message(tag.VIEW, 8, 0, [1], [0], tag.BUFFER, [9], new Uint8Array(9)),
    message(tag.VIEW, 8, 1, [0], [0], tag.BUFFER, [9], new Uint8Array(9)),
    message(tag.VIEW, 11, 0, [2 ** 53 - 1], [2 ** 53 - 1], tag.BUFFER, [2], 1, 2),
    message(tag.BYTES, 8, [7], new Uint8Array(7)),
  ],
  "views of no type": [
    message(tag.BYTES, 13, [0]),
    message(tag.VIEW, 200, 0, [0], [0], tag.BUFFER, [0]),
  ],
  "buffers with no room": [
    message(tag.RESIZABLE, [2], [1], 1, 2),
    message(tag.RESIZABLE, [0], [2 ** 31]),
    message(tag.RESIZABLE, [0], [2 ** 53 - 1]),
    message(tag.ARRAY, [3], repeat(3, tag.RESIZABLE, [0], [2 ** 29])),
  ],
  "regular expressions that are none": [
    message(tag.REGEXP, "(", ""),
    message(tag.REGEXP, "a", "gg"),
    message(tag.REGEXP, "a", "🙂"),
    message(tag.REGEXP, "(".repeat(200_000), ""),
  ],
  "arrays with wrong holes": [
    message(tag.ARRAY_ODD, [2 ** 32], tag.HOLES, [2 ** 32], [0]),
    message(tag.ARRAY_ODD, [3], tag.HOLES, [4], [0]),
    message(tag.ARRAY_ODD, [3], tag.HOLES, [0], 1, 2, 3, [0]),
    message(tag.ARRAY_ODD, [3], tag.HOLES, [3]),
    message(tag.ARRAY_ODD, [1], 1, [1], "length", [5]),
  ],
  "classes that nobody registered": [
    message(tag.INSTANCE, 0, "Nobody", 1),
    message(tag.INSTANCE, 0, "__proto__", 1),
    message(tag.INTERNAL, 0, "Box"),
    message(tag.INSTANCE, [1], 1),
  ],
  "errors of no class": [
    message(tag.ERROR, 0, [10], fromHex("4572726f72"), 0, 7, 0, 0),
    message(tag.ERROR, 9, [0], 0, 0, 0),
    message(tag.ERROR, 2, [6], fromHex("426f78"), 0, 0, 0),
    message(tag.ERROR, 0, [18], fromHex("636f6e7374727563 74"), 0, 0, 0),
  ],
  "partial functions of no function": [
    message(tag.PARTIAL, [0], 5),
    message(tag.PARTIAL, [1], tag.NULL, 5),
  ],
  "partial functions of partial functions": [
    message(tag.PARTIAL, [1], tag.PARTIAL, [1], tag.GLOBAL, "Math.max", 1, 2),
    message(
      tag.ARRAY,
      [2],
      message(tag.PARTIAL, [1], tag.GLOBAL, "Math.max", 1),
      message(tag.PARTIAL, [1], tag.REFERENCE, [1], 2),
    ),
  ],
  "levels beyond the limit": [
    tag.ARRAY,
    tag.SET,
    tag.ARRAY_ODD,
  ].map((kind) => message(repeat(2001, kind, 1), 0)).concat([
    message(repeat(100_000, tag.ARRAY, 1), 0),
    message(repeat(100_000, tag.MAP, 1, 0), 0),
    message(repeat(100_000, tag.VIEW, 0, 0, 0, 0), 0),
    message(repeat(100_000, tag.BOXED), 0),
    message(repeat(100_000, tag.INSTANCE, 1), 0),
    message(tag.INSTANCE, 0, "Box", repeat(100_000, tag.INSTANCE, 1), 0),
    message(repeat(100_000, tag.PARTIAL, [0]), 0),
    message(tag.OBJECT, 1, "x", repeat(100_000, tag.SHAPED, 0), 0),
    repeat(20_000, fromHex("bb 00 0a 4572726f72 00 01 85 6361757365")),
  ]),
};

const costly: Record<string, Uint8Array> = {
  "arrays that claim the rest of the message, in each other": message(
    ...Array.from({ length: 1900 }, () => message(tag.ARRAY, [100_000])),
    new Uint8Array(100_000),
  ),
  "long arrays of holes": message(
    tag.ARRAY,
    [20_000],
    repeat(20_000, tag.ARRAY_ODD, [1e6], tag.HOLES, [1e6], [0]),
  ),
  "short arrays of holes": message(
    tag.ARRAY,
    [50_000],
    repeat(50_000, tag.ARRAY_ODD, [400], tag.HOLES, [400], [0]),
  ),
  "arrays with one element far away": message(
    tag.ARRAY,
    [2000],
    repeat(2000, tag.ARRAY_ODD, [90_000], tag.HOLES, [89_999], 1, [0]),
  ),
  "buffers that reserve": message(tag.ARRAY, [1000], repeat(1000, tag.RESIZABLE, [0], [2 ** 20])),
  "objects with a distant element": message(
    tag.OBJECT,
    [1],
    "0",
    tag.ARRAY,
    [40_001],
    message(tag.OBJECT, [1], "999", 1),
    repeat(40_000, tag.SHAPED, [1], 1),
  ),
  "large numbers as names of an array": message(
    tag.ARRAY,
    [1000],
    repeat(1000, tag.ARRAY_ODD, [0], [1], "4294967294", 1),
  ),
};

describe("hostile bytes", () => {
  for (const [title, inputs] of Object.entries(wrong)) {
    it(title, () => {
      for (const bytes of inputs) {
        const error = refusal(bytes);
        assert.ok(error instanceof ProtocolError, `${toHex(bytes.subarray(0, 40))}: ${error}`);
        assert.match(error.message, /^Cannot /);
      }
    });
  }

  for (const [title, bytes] of Object.entries(costly)) {
    it(`${title} cost no more than their bytes`, () => {
      const before = memory();
      const kept: unknown[] = [];
      for (let i = 0; i < 3; i++) {
        try {
          kept.push(new Decoder(bytes).value());
        } catch (error) {
          assert.ok(error instanceof ProtocolError, String(error));
        }
      }
      const used = (memory() - before) / 3;
      assert.ok(
        used < 20 * MEGABYTE + 60 * bytes.length,
        `${used / MEGABYTE} MB for ${bytes.length} bytes`,
      );
    });
  }

  it("fields of a protocol", () => {
    const cases = {
      u8: [""],
      u32: ["", "ffffff"],
      f64: ["", "ffffffffffffff"],
      varint: ["", "ff", "ffffffffffffffffff", "ffffffffffffffffff00"],
      string: ["", "ff", "02", "fe7f", "05 00", "03 00", "04 c0 80"],
      bytes: ["", "ff", "02 00", "ffffffffffffff0f"],
      value: ["", "ff"],
    };
    for (const [read, inputs] of Object.entries(cases)) {
      for (const hex of inputs) {
        const decoder = new Decoder(fromHex(hex));
        assert.throws(() => decoder[read as keyof typeof cases](), ProtocolError, `${read} ${hex}`);
      }
    }
  });

  it("attachments that are none", () => {
    for (const attachments of [[], [undefined], [5], [null]]) {
      assert.throws(
        () => new Decoder(message(tag.ATTACHED, 0), attachments).value(),
        ProtocolError,
      );
    }
  });

  it("keys never reach a prototype", () => {
    const keys = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
    const parts = keys.flatMap((key): Part[] => [key]);
    const bytes = message(
      tag.OBJECT,
      [5],
      ...parts,
      tag.OBJECT,
      [1],
      "polluted",
      1,
      tag.NULL,
      2,
      3,
      4,
    );
    const value = new Decoder(bytes).value() as Record<string, unknown>;
    assert.deepEqual(Object.keys(value), keys);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    const named = message(tag.ARRAY_ODD, [0], [1], "__proto__", tag.OBJECT, [1], "polluted", 1);
    assert.equal(Object.getPrototypeOf(new Decoder(named).value()), Array.prototype);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });
});

/** Valid messages of everything, to be damaged. */
function corpus(): Uint8Array[] {
  prepare();
  const shared = new Uint8Array(24);
  const cycle: Record<string, unknown> = { list: [1, , 3], view: shared.subarray(3, 9) };
  cycle.self = cycle;
  const error = new TypeError("m", {
    cause: new AggregateError([new DOMException("d", "AbortError")], "a"),
  });
  error.stack = "s";
  const values = [
    [0, 1, -1, 300, 70_000, 0.5, 2n ** 80n, -5n, "text", "é€🙂", "\ud800", "x".repeat(50)],
    Array.from({ length: 20 }, (_, i) => ({ id: i, name: "n" + i, tags: [i, i * 1000] })),
    cycle,
    new Map<unknown, unknown>([["a", new Set([1, "b"])], [{}, new Map([[1, 2]])]]),
    [new Date(5), /a[b]/g, Object(5), Object("s"), Object(true), Object(5n)],
    [
      shared,
      new DataView(shared.buffer, 2),
      new Float64Array(2),
      new ArrayBuffer(3, { maxByteLength: 9 }),
    ],
    Object.assign(error, { code: 1, __proto__: TypeError.prototype }),
    [Math.max, partial(Math.max, 1, "two")],
    Object.assign(new Box(), { inner: [new Box(), new Box()] }),
    Object.assign([1, , , 4], { name: "odd" }),
  ];
  return values.map((value) => encode(value)).concat([encode(values)]);
}

describe("fuzz", () => {
  const seeds = corpus();
  const random = generator(20_250_101);
  const special = [0, 1, 127, 128, 255, ...Array.from({ length: 40 }, (_, i) => 0xa0 + i)];

  const mutations: Record<string, () => Uint8Array> = {
    "random bytes": () => Uint8Array.from({ length: random(60) }, () => random(256)),
    "random tags": () =>
      Uint8Array.from({ length: random(60) }, () => special[random(special.length)]),
    "messages that are cut": () => {
      const seed = seeds[random(seeds.length)];
      return seed.subarray(0, random(seed.length));
    },
    "messages with wrong bytes": () => {
      const bytes = seeds[random(seeds.length)].slice();
      for (let left = random(4); left >= 0; left--) {
        bytes[random(bytes.length)] = random(2) ? random(256) : special[random(special.length)];
      }
      return bytes;
    },
    "messages that are mixed": () => {
      const [a, b] = [seeds[random(seeds.length)], seeds[random(seeds.length)]];
      const [from, to] = [random(a.length), random(b.length)];
      const bytes = new Uint8Array(from + b.length - to);
      bytes.set(a.subarray(0, from));
      bytes.set(b.subarray(to), from);
      return bytes;
    },
  };

  for (const [title, make] of Object.entries(mutations)) {
    it(`${FUZZ / 5} thousand ${title}`, () => {
      const before = memory();
      let most = 0;
      let refused = 0;
      for (let i = 0; i < FUZZ * 200; i++) {
        if (refusal(make()) !== null) refused++;
        if (i % 1000 === 0) most = Math.max(most, memory() - before);
      }
      assert.ok(refused > 0);
      assert.ok(most < 300 * MEGABYTE, `${most / MEGABYTE} MB in use`);
      assert.deepEqual(Object.keys(Object.prototype), []);
      assert.deepEqual(Object.keys(Array.prototype), []);
    });
  }
});
