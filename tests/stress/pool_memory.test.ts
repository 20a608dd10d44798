/** However many tasks there were, nothing of them stays in the program. */

import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram } from "../support/runtime.ts";

/** STRESS=50 are ten million tasks, and a million calls. */
const TASKS = 200_000 * Number(process.env.STRESS ?? 1);
/** What a heap may have grown between its collections. */
const ALLOWANCE = 64 << 20;
const TIMEOUT_MS = 55_000 * Math.max(1, TASKS / 1e6);

describeMethods("stress: memory", (method) => {
  it(`does not grow over ${TASKS} tasks`, async () => {
    const { code, stdout, stderr } = await runProgram(
      fixture("pool/memory.ts"),
      [method, String(TASKS)],
      { timeout: TIMEOUT_MS },
    );
    assert.equal(code, 0, stderr);
    const { quarters, completed, failed } = JSON.parse(stdout);
    assert.deepEqual([completed, failed], [TASKS + TASKS / 10, 0]);
    assert.equal(quarters.length, 4);
    assert.ok(quarters[3] <= quarters[0] + ALLOWANCE, `bytes after each quarter: ${quarters}`);
  });
});
