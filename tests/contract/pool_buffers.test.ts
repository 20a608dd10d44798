import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext, partial } from "../../mod.ts";
import { firsts } from "../fixtures/pool/buffers.ts";
import { describeMethods } from "../support/methods.ts";

describeMethods("pool: large buffers", (method) => {
  const { Pool } = getContext(method);

  it("keeps a bound buffer and an argument apart, in every worker, each time", async () => {
    await using pool = new Pool(2);
    const bound = new Float64Array(50_000).fill(3);
    const given = new Float64Array(50_000).fill(7);
    const task = partial(firsts, bound);
    const results = await Promise.all(
      Array.from({ length: 8 }, () => pool.apply(task, [given])),
    );
    assert.deepEqual(results, Array.from({ length: 8 }, () => [3, 7]));
    assert.equal(bound.length, 50_000, "what was not transferred is still here");
  });
});
