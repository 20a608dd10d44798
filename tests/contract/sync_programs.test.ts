/** Programs with locks: that they end, whatever hangs in them, and what they cost. */

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { whyNoPages } from "../../src/runtime/pages.ts";
import { EXECUTABLE, fixture, ROOT, runProgram, RUNTIME, WITH_GC } from "../support/runtime.ts";

const SETTINGS = [["spawn", "spawn"], ["thread", "thread"], ["spawn", "thread"]] as const;

const NEEDS_PROC = { skip: process.platform === "linux" ? false : "needs /proc" };

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

    it("get the same errors whoever carries an operation out", async () => {
      const { code, stdout, stderr } = await run(["errors", objects, children]);
      assert.equal(code, 0, stderr);
      const [, errors] = stdout.match(/^(.*) 1\n$/)!;
      const [here, elsewhere] = JSON.parse(errors);
      assert.deepEqual(here.slice(0, 2), [true, "RangeError"]);
      assert.deepEqual(elsewhere, here);
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

    it(
      "use no more memory for a hundred thousand locks that were dropped",
      NEEDS_PROC,
      async () => {
        const { code, stdout, stderr } = await run(["garbage", objects], WITH_GC);
        assert.equal(code, 0, stderr);
        const { before: early, after: late } = JSON.parse(stdout);
        // A lock takes 64 bytes: all of them would be six megabytes.
        const figures = `${JSON.stringify(early)} → ${JSON.stringify(late)}`;
        assert.ok(late.arena <= early.arena + 2 ** 20, figures);
        assert.ok(late.rss <= early.rss + 40 * 2 ** 20, figures);
      },
    );
  });
}

describe("Programs that get objects from their children", () => {
  it("let go of them, and are who they were when one comes again", NEEDS_PROC, async () => {
    const { code, stdout, stderr } = await run(["returned", "spawn"], WITH_GC);
    assert.equal(code, 0, stderr);
    const [figures, ...rest] = stdout.split("\n");
    assert.deepEqual(rest, ["released false", ""]);
    const { most, left } = JSON.parse(figures);
    if (whyNoPages() === null) assert.ok(most >= 1, `${most} arenas were open`);
    assert.equal(left, 0);
  });
});

describe("Programs that may not use the network", () => {
  it("are told at once that their broker cannot listen", {
    skip: RUNTIME === "deno" ? false : "only Deno has permissions",
  }, async () => {
    const { code, stdout, stderr } = await run(["refused", "spawn"], [
      "run",
      "--no-prompt",
      "--allow-env",
      `--allow-run=${EXECUTABLE}`,
      `--allow-read=${ROOT}`,
    ]);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /Cannot share this object with another process: its broker.*says: .*net access/,
    );
  });
});
