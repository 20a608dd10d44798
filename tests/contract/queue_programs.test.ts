/** Programs with queues: that they end, and how much memory they need. */

import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { whyNoPages } from "../../src/runtime/pages.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram, WITH_GC } from "../support/runtime.ts";

const NEEDS_PROC = { skip: process.platform === "linux" ? false : "needs /proc" };
const MB = 2 ** 20;

async function run(args: string[], runtimeArgs?: string[]) {
  const result = await runProgram(fixture("queue/programs.ts"), args, {
    runtimeArgs,
    timeout: 60_000,
  });
  assert.equal(result.timedOut, false, `it hangs:\n${result.stdout}\n${result.stderr}`);
  assert.equal(result.code, 0, result.stderr);
  return result.stdout;
}

describeMethods("Programs with queues", (method) => {
  it("end although they have put what nobody gets", async () => {
    assert.equal(await run(["unread", method]), "10001\n");
  });

  it("go on while they wait for an item, and end then", async () => {
    assert.equal(await run(["waits", method]), "came\n");
  });

  it("use no more memory for ten thousand queues that were dropped", NEEDS_PROC, async () => {
    const output = await run(["garbage", method], WITH_GC);
    const { before, after } = JSON.parse(output);
    // Their slots would be 40 MB, and their rings, which are returned with them, 100 MB.
    assert.ok(after.mapped <= before.mapped + 8 * MB, output);
    assert.ok(after.taken <= before.taken + 8 * MB, output);
    assert.ok(after.rss <= before.rss + 60 * MB, output);
  });

  it("give the memory of a long queue back when it is short again", {
    skip: NEEDS_PROC.skip || (method === "thread" || whyNoPages() !== null) && "needs shared pages",
  }, async () => {
    const output = await run(["shrinks", method], WITH_GC);
    const { before, after } = JSON.parse(output);
    assert.ok(before.taken >= 150 * MB - 10 * MB, output);
    assert.ok(after.taken <= before.taken - 70 * MB, output);
  });
});
