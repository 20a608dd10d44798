import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ShareableList as AnyList } from "../../../src/shared/shareable_list.ts";
import { countIn } from "../../../src/shared/list_layout.ts";
import type { ListItem } from "../../../src/shared/list_layout.ts";

// Thread memory: the layout is the same everywhere.
class ShareableList extends AnyList {
  static override readonly startMethod = "thread";
}

describe("a shareable list", () => {
  it("gives back exactly what it was given", () => {
    const items: ListItem[] = [
      0,
      -0,
      1.5,
      NaN,
      2 ** 53,
      7n,
      -(2n ** 63n),
      true,
      false,
      null,
      "",
      "text\0\0",
      "\uFEFFÜnïcode 🚀",
      new Uint8Array([0, 1, 0, 0]),
      new Uint8Array(0),
    ];
    assert.deepEqual(new ShareableList(items).toArray(), items);
    assert.deepEqual(new ShareableList([]).toArray(), []);
  });

  it("lets an item become one of another type", () => {
    const list = new ShareableList(["a", null, 5]);
    for (const item of [1.5, "12345678", null, 3n, new Uint8Array([1, 0]), true]) {
      for (let i = 0; i < 3; i++) {
        list[i] = item;
        assert.deepEqual(list[i], item);
      }
    }
  });

  it("has room for what was there at first, rounded up, and keeps its neighbours", () => {
    const list = new ShareableList(["123456789", "next"]);
    list[0] = "1234567890123456";
    assert.equal(list[0], "1234567890123456");
    assert.throws(
      () => list[0] = "12345678901234567",
      (error: Error) =>
        error instanceof RangeError && /of 17 bytes: it has room for 16/.test(error.message),
    );
    assert.throws(() => list[1] = "ÄÄÄÄÄ", /of 10 bytes: it has room for 8/);
    assert.deepEqual(list.toArray(), ["1234567890123456", "next"]);
  });

  it("is searched, counted and indexed within its length", () => {
    const bytes = new Uint8Array([1, 2]);
    const list = new ShareableList([1, "1", 1, NaN, bytes, 1n]);
    assert.equal(list.count(1), 2);
    assert.equal(list.count(new Uint8Array([1, 2])), 1);
    assert.equal(list.indexOf(NaN), 3);
    assert.equal(list.indexOf("none"), -1);
    assert.equal(list.at(-1), 1n);
    assert.equal(list.at(6), undefined);
    for (const index of [-1, 6, 0.5]) {
      assert.throws(() => list[index], RangeError);
      assert.throws(() => list[index] = 1, RangeError);
    }
  });

  it("refuses what it cannot hold", () => {
    assert.throws(() => new ShareableList([{} as never]), /item 0 to an object.*holds numbers/);
    assert.throws(() => new ShareableList([2n ** 63n]), RangeError);
    assert.throws(() => new ShareableList(["\ud800"]), /surrogate/);
    assert.throws(() => new ShareableList("abc" as never), TypeError);
    assert.throws(() => new ShareableList({} as never), TypeError);
    assert.throws(() => new ShareableList({ name: "a/b" }), /slash/);
  });

  it("is not taken for other memory", () => {
    assert.throws(() => countIn(new DataView(new ArrayBuffer(4)), "x"), /no ShareableList/);
    assert.throws(() => countIn(new DataView(new ArrayBuffer(64)), "x"), /no ShareableList/);
    const view = new DataView(new ArrayBuffer(64));
    view.setUint32(0, 0x314c_504d, true);
    view.setUint32(4, 1000, true);
    assert.throws(() => countIn(view, "x"), /no ShareableList/);
  });
});
