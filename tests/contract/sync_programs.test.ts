/** Programs with locks: that they end, whatever hangs in them, and what they cost. */

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { fixture, runProgram, RUNTIME } from "../support/runtime.ts";

const SETTINGS = [["spawn", "spawn"], ["thread", "thread"], ["spawn", "thread"]] as const;

async function run(args: string[], runtimeArgs?: string[]) {
  const result = await runProgram(fixture("sync/programs.ts"), args, {
    runtimeArgs,
    timeout: 60_000,
  });
  assert.equal(result.timedOut, false, `it hangs:\n${result.stdout}\n${result.stderr}`);
  return result;
}

for (const [objects, children] of SETTINGS) {
  describe(`Programs with objects of ${objects} and children of ${children}`, () => {
    it("end when a blocked child has been terminated", async () => {
      const { code, stdout, stderr } = await run(["blocked", objects, children]);
      assert.equal(stdout, "terminate -15 false\ntrue\nkill -9 false\ntrue\n", stderr);
      assert.equal(code, 0, stderr);
    });

    it("end when a wait is over", async () => {
      const { code, stdout, stderr } = await run(["waits", objects, children]);
      assert.deepEqual({ code, stdout }, { code: 0, stdout: "true\n" }, stderr);
    });

    if (objects !== children) return;

    it("end although they have objects", async () => {
      const { code, stdout, stderr } = await run(["unused", objects]);
      assert.deepEqual({ code, stdout }, { code: 0, stdout: "made\n" }, stderr);
    });

    it("end by an error while they hold a lock", async () => {
      const { code, stderr } = await run(["failing", objects]);
      assert.equal(code, 1);
      assert.match(stderr, /while it holds/);
    });

    it("use no more memory for a hundred thousand locks that were dropped", {
      skip: process.platform === "linux" ? false : "needs /proc",
    }, async () => {
      const before = {
        deno: ["run", "-A", "--v8-flags=--expose-gc"],
        node: ["--expose-gc"],
        bun: [],
      };
      const { code, stdout, stderr } = await run(["garbage", objects], before[RUNTIME]);
      assert.equal(code, 0, stderr);
      const { before: early, after: late } = JSON.parse(stdout);
      // A lock takes 64 bytes: all of them would be six megabytes.
      const figures = `${JSON.stringify(early)} → ${JSON.stringify(late)}`;
      assert.ok(late.arena <= early.arena + 2 ** 20, figures);
      assert.ok(late.rss <= early.rss + 40 * 2 ** 20, figures);
    });
  });
}
