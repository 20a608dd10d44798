/**
 * Children that start children: with the same line, which a module that is imported must not do, and
 * what becomes of them when the one in the middle ends.
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { it } from "node:test";
import { getContext } from "../../mod.ts";
import { ROUNDS } from "../fixtures/process/failing.ts";
import { startMeanwhile } from "../fixtures/process/meanwhile.ts";
import { gate } from "../fixtures/process/meanwhile_gated.ts";
import { waitUntilDead } from "../support/alive.ts";
import { runChild } from "../support/child.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram, RUNTIME, startProgram } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";

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

describeMethods("A child that imports a module for a message", (method) => {
  it("starts and replaces children meanwhile", async () => {
    const queue = new (getContext(method).Queue)<typeof gate>();
    queue.putNowait(gate);
    const { code, stdout, stderr } = await runChild(method, {
      target: startMeanwhile,
      args: [method, queue],
    });
    assert.equal(stdout, "process 0\npool 0\npool 2\npool 4\nitem is open\n", stderr);
    assert.equal(code, 0);
  });
});

describeMethods("A child with children", (method) => {
  for (const how of ["throws", "late"] as const) {
    const title = how === "late" ? "has an error that nobody catches" : "throws";
    it(`that ${title} says so, waits for them, and ends its daemons`, async () => {
      using folder = new TempFolder();
      const file = `${folder.path}/go`;
      await using program = startProgram(fixture("process/failing.ts"), [how, method, file]);
      const pids = await bothPids(program);
      writeFileSync(`${file} now`, "");
      await program.errors.next("the one in the middle");
      for (let round = 0; round < ROUNDS; round++) {
        writeFileSync(`${file} ${round}`, "");
        await program.lines.next(`round ${round}`);
      }
      assert.equal(await program.lines.next(), "code 1");
      assert.equal((await program.ended).timedOut, false);
      if (method === "spawn") await waitUntilDead(pids);
    });
  }

  it("that calls exit() ends at once, and they with it", async () => {
    using folder = new TempFolder();
    const file = `${folder.path}/go`;
    await using program = startProgram(fixture("process/failing.ts"), ["exit", method, file]);
    const pids = await bothPids(program);
    writeFileSync(`${file} now`, "");
    const { stdout, timedOut } = await program.ended;
    assert.equal(timedOut, false);
    assert.deepEqual(stdout.trimEnd().split("\n").slice(2), ["code 4"]);
    if (method === "spawn") await waitUntilDead(pids);
  });
});

/** Waits until the child and the daemon of the one in the middle run. */
async function bothPids(program: ReturnType<typeof startProgram>): Promise<number[]> {
  const lines = [await program.lines.next(/\d$/), await program.lines.next(/\d$/)];
  assert.deepEqual(lines.map((line) => line.split(" ")[0]).sort(), ["child", "daemon"]);
  return lines.map((line) => Number(line.split(" ")[1]));
}
