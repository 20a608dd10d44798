/** A program forgets the arenas of children that have ended, when it has nothing of theirs. */

import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { fixture, runProgram, WITH_GC } from "../support/runtime.ts";

const NEEDS_PROC = { skip: process.platform === "linux" ? false : "needs /proc" };
/** Its own, the last one's, and what the collector has not found yet; there are 13 children. */
const MOST = 5;

it("Locks that children make and send leave nothing behind", NEEDS_PROC, async () => {
  const { code, stdout, stderr } = await runProgram(fixture("park/forgotten.ts"), [], {
    runtimeArgs: WITH_GC,
    timeout: 50_000,
  });
  assert.equal(code, 0, stderr);
  assert.ok(JSON.parse(stdout).arenas <= MOST, stdout); // 0 where no pages are mapped
});
