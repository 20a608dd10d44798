import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { splitOptions } from "../../../src/executor/options.ts";

describe("arguments of an executor's map", () => {
  it("end with options if the last one cannot be an input", () => {
    const options = { chunkSize: 2 };
    assert.deepEqual(splitOptions([[1], options]), { inputs: [[1]], options });
    assert.deepEqual(splitOptions([[1], [2], {}]), { inputs: [[1], [2]], options: {} });
    assert.deepEqual(splitOptions([[1], undefined]), { inputs: [[1]], options: {} });
  });

  it("are inputs otherwise", () => {
    const inputs = [
      [1],
      new Set([1]),
      new Map(),
      new Uint8Array(1),
      new DataView(new ArrayBuffer(1)),
      { length: 0 },
      (async function* () {})(),
      "text",
      null,
      5,
    ];
    for (const input of inputs) {
      assert.deepEqual(splitOptions([[1], input]), { inputs: [[1], input], options: {} });
    }
  });

  it("are an input if there is only one", () => {
    assert.deepEqual(splitOptions([{ chunkSize: 2 }]).inputs, [{ chunkSize: 2 }]);
    assert.deepEqual(splitOptions([]).inputs, []);
  });
});
