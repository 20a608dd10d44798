import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openColumns } from "../../../src/pool/columns.ts";

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const never = (): void => assert.fail("nothing to wake for");
const open = (...inputs: unknown[]) => openColumns(inputs, "map", never);

function* numbers(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

describe("columns", () => {
  it("is the input itself where there is only one", () => {
    assert.deepEqual(open([1, 2]).take(2), [1, 2]);
  });

  it("gives rows of arrays piece by piece, and knows how many are left", () => {
    const input = open([1, 2, 3], "abcd".split(""));
    assert.deepEqual([input.total, input.left, input.ended], [3, 3, false]);
    assert.deepEqual(input.take(2), [[1, "a"], [2, "b"]]);
    assert.deepEqual([input.position, input.left, input.total], [2, 1, 3]);
    assert.deepEqual(input.take(9), [[3, "c"]]);
    assert.deepEqual([input.ended, input.failure], [true, null]);
    assert.deepEqual(input.take(9), []);
  });

  it("asks an iterator for no more than an array has", () => {
    const iterator = numbers(9);
    const input = open([1, 2], iterator);
    assert.deepEqual(input.take(9), [[1, 0], [2, 1]]);
    assert.equal(iterator.next().value, 2);
  });

  it("does not know how many there are until an iterator has ended", () => {
    const input = open(numbers(3), numbers(2));
    assert.deepEqual([input.left, input.total], [Infinity, undefined]);
    assert.deepEqual(input.take(2), [[0, 0], [1, 1]]);
    assert.equal(input.ended, false);
    input.prime();
    assert.equal(input.ended, true);
    assert.deepEqual([input.position, input.total], [2, 2]);
  });

  it("keeps what it has read of one input until the other has something", async () => {
    let woken = 0;
    async function* later() {
      for (const x of [1, 2, 3]) yield await Promise.resolve(x);
    }
    const input = openColumns([[7, 8, 9], later()], "map", () => woken++);
    assert.deepEqual(input.take(2), []);
    await turn();
    assert.ok(woken > 0);
    assert.deepEqual(input.take(1), [[7, 1]]);
    assert.deepEqual(input.take(2), [[8, 2]]);
    await turn();
    assert.deepEqual(input.take(2), [[9, 3]]);
    assert.equal(input.ended, true);
  });

  it("fails with what the first input throws that has no more", () => {
    function* broken() {
      yield 1;
      throw new URIError("input");
    }
    const failures = [[broken(), numbers(9)], [numbers(9), broken()], [numbers(1), broken()]]
      .map((inputs) => {
        const input = open(...inputs);
        assert.equal(input.take(5).length, 1);
        input.prime();
        assert.equal(input.ended, true);
        return (input.failure?.error as Error)?.name;
      });
    assert.deepEqual(failures, ["URIError", "URIError", undefined]);
  });

  it("can be cut, and closes its iterators then", () => {
    const error = new Error("enough");
    for (
      const inputs of [[[1, 2, 3], [1, 2, 3]], [numbers(5), [1, 2, 3]], [numbers(9)], [[1, 2]]]
    ) {
      const input = open(...inputs);
      assert.equal(input.take(1).length, 1);
      input.cut(error);
      assert.deepEqual([input.ended, input.failure, input.position], [true, { error }, 1]);
      assert.deepEqual(input.take(5), []);
      if (Symbol.iterator in inputs[0] && "next" in inputs[0]) {
        assert.equal((inputs[0] as Generator).next().done, true);
      }
    }
  });

  it("refuses what cannot be iterated", () => {
    assert.throws(() => open([1], 5), /Cannot map over number/);
    assert.throws(() => open(null, [1]), TypeError);
  });
});
