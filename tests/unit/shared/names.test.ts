import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SharedMemory } from "../../../src/shared/shared_memory.ts";

describe("options of shared memory", () => {
  it("refuses names that no file can have", () => {
    for (const name of ["", ".", "..", "a/b", "a\0b", "x".repeat(256)]) {
      assert.throws(() => new SharedMemory({ name }), RangeError, JSON.stringify(name));
      assert.throws(() => new SharedMemory({ name, create: true, size: 1 }), RangeError);
    }
    assert.throws(() => new SharedMemory({ name: 5 as never }), TypeError);
  });

  it("refuses sizes that no memory can have", () => {
    for (const size of [0, -1, 1.5, NaN, Infinity]) {
      assert.throws(() => new SharedMemory({ create: true, size }), RangeError);
    }
    assert.throws(() => new SharedMemory({ create: true }), TypeError);
    assert.throws(() => new SharedMemory({ create: true, size: "9" as never }), TypeError);
  });

  it("needs a name to attach to", () => {
    assert.throws(() => new SharedMemory({}), /without a name/);
    assert.throws(() => new SharedMemory(null as never), TypeError);
  });
});
