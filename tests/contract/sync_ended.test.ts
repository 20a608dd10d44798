/** What children had of shared objects is given back when they have ended, however they did. */

import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram, WITH_GC } from "../support/runtime.ts";

const NEEDS_PROC = { skip: process.platform === "linux" ? false : "needs /proc" };
/** An array takes four of them, and there are six; what the collector has not found yet is allowed. */
const MOST = 10 * 2 ** 20;

describeMethods("Objects whose memory is mapped, and children", (method) => {
  for (const name of ["ended", "killed", "grandchild"]) {
    it(`leave nothing behind: ${name}`, NEEDS_PROC, async () => {
      const args = [name, "spawn", method];
      const { code, stdout, stderr } = await runProgram(fixture("sync/ended.ts"), args, {
        runtimeArgs: WITH_GC,
        timeout: 50_000,
      });
      assert.equal(code, 0, stderr);
      const figures = JSON.parse(stdout);
      if (figures === null) return; // no pages are mapped: a broker keeps what it has offered
      assert.ok(figures.after <= figures.before + MOST, stdout);
    });
  }
});
