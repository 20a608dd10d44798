import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  readEntry,
  Unreadable,
  unsendable,
  writeFailure,
  writeItem,
} from "../../../src/pool/items.ts";
import { Decoder } from "../../../src/wire/decode.ts";
import { Encoder } from "../../../src/wire/encode.ts";
import { Fragile } from "../../fixtures/pool/work.ts";

describe("items", () => {
  it("go on behind one that cannot be read", () => {
    const encoder = new Encoder("process");
    const broken = { before: [1], it: new Fragile("everywhere"), after: "rest" };
    for (const item of ["a", broken, 5, { x: 1 }, undefined]) writeItem(encoder, item, "item");
    const decoder = new Decoder(encoder.take().bytes);
    const read = () => readEntry(decoder, decoder.u8());
    assert.equal(read(), "a");
    const unreadable = read();
    assert.ok(unreadable instanceof Unreadable);
    assert.ok(unreadable.error instanceof RangeError);
    assert.equal(read(), 5);
    assert.deepEqual(read(), { x: 1 });
    assert.equal(read(), undefined);
    assert.equal(decoder.remaining, 0);
  });

  it("leave nothing behind when they cannot be written", () => {
    const encoder = new Encoder("process");
    writeItem(encoder, 1, "item");
    const { length } = encoder;
    assert.throws(() => writeItem(encoder, [new WeakMap()], "item"), { path: "item[0]" });
    assert.equal(encoder.length, length);
  });

  it("say why a thrown value cannot travel", () => {
    const encoder = new Encoder("process");
    writeFailure(encoder, { deep: new WeakMap() });
    const decoder = new Decoder(encoder.take().bytes);
    const error = readEntry(decoder, decoder.u8());
    assert.ok(error instanceof Error);
    assert.match(error.message, /threw a value that cannot travel/);
    assert.equal(unsendable(new Error("x")).path, undefined);
  });
});
