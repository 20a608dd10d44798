/** The format itself: the same bytes on every runtime, and in every release of this version. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { WIRE_VERSION } from "../../../src/wire/tags.ts";
import {
  decode,
  difference,
  encode,
  fromHex,
  installFunctionHooks,
  knowFunction,
  toHex,
} from "./codec.ts";

before(() => {
  installFunctionHooks();
  knowFunction(Math.abs, {
    kind: "export",
    modules: ["file:///m.ts"],
    name: "abs",
    check: 5,
    search: false,
  });
});

const buffer = Uint8Array.of(1, 2, 3, 4).buffer;
const error = Object.assign(new RangeError("far"), { code: 7 });
error.stack = "S";
const cycle: Record<string, unknown> = {};
cycle.self = cycle;

const golden: [title: string, value: unknown, hex: string][] = [
  [
    "primitives",
    [
      undefined,
      null,
      false,
      true,
      0,
      127,
      128,
      -1,
      -32768,
      32768,
      -2147483648,
      2147483648,
      -0,
      0.5,
      NaN,
    ],
    "ae0fa0a1a2a3007fa48000a4ffffa40080a500800000a500000080a6000000000000e041a60000000000000080a6000000000000e03fa6000000000000f87f",
  ],
  [
    "bigints",
    [1n, -1n, 2n ** 64n, -(2n ** 64n)],
    "ae04a70100000000000000a7ffffffffffffffffa80009000000000000000001a80109000000000000000001",
  ],
  [
    "text",
    ["", "abc", "é", "€".repeat(11), "x".repeat(32), "\ud800"],
    "ae06808361626382c3a9a921e282ace282ace282ace282ace282ace282ace282ace282ace282ace282ace282aca9207878787878787878787878787878787878787878787878787878787878787878aa0100d8",
  ],
  ["objects", [{ a: 1, b: "x" }, { a: 2, b: "y" }, {}], "ae03ac0281618162018178ad00028179ac00"],
  ["cycle", cycle, "ac018473656c66ab00"],
  ["odd arrays", [[1, , 2], Object.assign([3], { k: 4 })], "ae02af0301b0010200af010301816b04"],
  ["collections", [new Map([["k", 1]]), new Set([1])], "ae02b101816b01b20101"],
  ["dates and such", [new Date(1), /a/g, Object("s")], "ae03b3000000000000f03fb481618167b58173"],
  ["buffers", [
    new Uint8Array(buffer, 1, 2),
    new ArrayBuffer(2),
    new ArrayBuffer(1, { maxByteLength: 2 }),
    new Float64Array([1]),
  ], "ae04b800020203b6020000b7010200b80808000000000000f03f"],
  ["shared", [new Uint16Array(buffer, 2, 1), buffer], "ae02b903000201b60401020304ab02"],
  ["error", error, "bb001452616e67654572726f7203066661720253000184636f646507"],
  ["function", [Math.abs], "ae01be00000000000000144083616273018c66696c653a2f2f2f6d2e7473"],
];

describe(`version ${WIRE_VERSION} of the format`, () => {
  for (const [title, value, hex] of golden) {
    it(title, () => {
      assert.equal(WIRE_VERSION, 1, "other bytes are another version, with other constants here");
      assert.equal(toHex(encode(value)), hex);
      if (title !== "buffers") assert.equal(difference(value, decode(fromHex(hex))), null);
    });
  }
});
