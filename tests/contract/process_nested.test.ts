/** Children that start children with the same line, which a module that is imported must not do. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram, RUNTIME } from "../support/runtime.ts";

describeMethods("A child that starts its like", (method) => {
  it("after it has awaited something may do so on every level", async () => {
    const { stdout, stderr } = await runProgram(fixture("process/nested.ts"), ["awaited", method]);
    assert.equal(stdout, "end\n", stderr);
  });

  it("from a timer, which looks as if the module did so by itself, is told what to do", {
    skip: RUNTIME === "bun" && method === "thread"
      ? "a thread of Bun whose last act is such an error ends without a word"
      : false,
  }, async () => {
    const { stdout, stderr } = await runProgram(fixture("process/nested.ts"), ["timer", method]);
    assert.equal(stdout, "");
    assert.match(stderr, /BootstrapError: .* a timer or an event .*: await that in the task's own/);
  });
});
