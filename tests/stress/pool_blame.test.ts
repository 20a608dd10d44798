import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { getContext } from "../../mod.ts";
import * as work from "../fixtures/pool/work.ts";
import { describeMethods } from "../support/methods.ts";

const STRESS = Number(process.env.STRESS ?? 1);

describeMethods("stress: blame", (method) => {
  it("tries exactly the tasks again that ended their worker", async () => {
    await using pool = new (getContext(method).Pool)(2);
    const items = Array.from({ length: 30 }, (_, i) => i);
    // Short tasks that share messages: what is sent again is mixed with what is sent first.
    for (let round = 0; round < STRESS; round++) {
      for (const chunkSize of [undefined, 1, 2, 3, 7]) {
        const results = await pool.map(work.exitAtFirst, items, { retries: 1, chunkSize });
        const wanted = items.map((x) => ({ x, attempt: x % 10 === 5 ? 1 : 0 }));
        assert.deepEqual(results, wanted);
      }
    }
  });
});
