import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openInput } from "../../../src/pool/input.ts";

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const never = (): void => assert.fail("nothing to wake for");

describe("input", () => {
  it("gives an array piece by piece, and knows how many are left", () => {
    const input = openInput([1, 2, 3, 4, 5], "map", never);
    assert.deepEqual([input.total, input.left, input.ended], [5, 5, false]);
    assert.deepEqual(input.take(2), [1, 2]);
    assert.deepEqual([input.position, input.left], [2, 3]);
    assert.deepEqual(input.take(9), [3, 4, 5]);
    assert.equal(input.ended, true);
    assert.deepEqual(input.take(9), []);
  });

  it("looks one item ahead where it is asked to, and gives it later", () => {
    const input = openInput(new Set([1, 2]), "map", never);
    input.prime();
    input.prime();
    assert.deepEqual([input.position, input.ended, input.left], [0, false, Infinity]);
    assert.deepEqual(input.take(1), [1]);
    assert.deepEqual(input.take(1), [2]);
    assert.equal(input.ended, false, "nobody looked");
    input.prime();
    assert.deepEqual([input.ended, input.total], [true, 2]);
  });

  it("keeps what was given before an error, and where that was", () => {
    const input = openInput(
      (function* () {
        yield 1;
        throw new RangeError("input");
      })(),
      "map",
      never,
    );
    assert.deepEqual(input.take(5), [1]);
    assert.equal(input.ended, true);
    assert.equal(input.position, 1);
    assert.ok(input.failure!.error instanceof RangeError);
  });

  it("reads an async iterable as far as there is room, not further", async () => {
    let pulled = 0;
    let woken = 0;
    const input = openInput(
      (async function* () {
        for (;;) yield await Promise.resolve(pulled++);
      })(),
      "imap",
      () => woken++,
    );
    assert.deepEqual(input.take(4, 6), []);
    await turn();
    assert.equal(pulled, 4);
    assert.equal(woken, 4);
    assert.deepEqual(input.take(4, 6), [0, 1, 2, 3]);
    await turn();
    assert.equal(pulled, 6);
    assert.deepEqual(input.take(4, 2), [4, 5]);
    await turn();
    assert.equal(pulled, 6);
    input.close();
    assert.equal(input.ended, true);
  });

  it("refuses what cannot be iterated", () => {
    for (
      const wrong of [undefined, null, 5, {}, { length: 1.5 }, new DataView(new ArrayBuffer(1))]
    ) {
      assert.throws(() => openInput(wrong, "map", never), { name: "TypeError", message: /map/ });
    }
  });
});
