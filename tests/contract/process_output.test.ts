/** What a process has printed before its end arrives, however the library ends it. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { describe, it } from "node:test";
import { LINES } from "../fixtures/process/output.ts";
import { EXECUTABLE, fixture, runProgram, RUNTIME } from "../support/runtime.ts";

const PROGRAM = fixture("process/output.ts");
const BYTES = 100 * LINES;

describe("A worker", () => {
  for (const stream of ["stdout", "stderr"] as const) {
    it(`of a closed pool ends when its ${stream} is out`, async () => {
      const program = await runProgram(PROGRAM, ["closed", stream]);
      assert.equal(program.code, 0);
      assert.equal(printed(program[stream]), BYTES);
    });
  }

  it("that has done its number of tasks is replaced when its output is out", async () => {
    const { code, stdout, stderr } = await runProgram(PROGRAM, ["replaced"]);
    assert.equal(code, 0, stderr);
    assert.equal(printed(stdout), 2 * BYTES);
  });
});

describe("A process whose target throws", () => {
  for (const stream of ["stdout", "stderr"] as const) {
    it(`shows the error behind what it has printed on ${stream}`, async () => {
      const { code, text } = await runMerged(["throws", stream]);
      assert.equal(code, 1);
      assert.equal(printed(text), BYTES);
      const behind = text.slice(text.lastIndexOf("###\n"));
      assert.match(behind, /^###\nProcess Process-1:\nError: it has talked\n/);
    });
  }

  it("ends also if nobody reads what it has printed", {
    skip: RUNTIME === "deno" ? "Deno's write returns when somebody has read it" : false,
  }, async () => {
    const { code, stderr, timedOut } = await runProgram(PROGRAM, ["unread"]);
    assert.deepEqual({ code, timedOut }, { code: 1, timedOut: false });
    assert.match(stderr, /Error: it has talked/);
  });
});

/** How much of the output is there. A warning of the program's may stand within a line. */
function printed(text: string): number {
  return text.replace(/[^#]/g, "").length / 99 * 100;
}

/** Runs the program with both of its streams in one pipe. */
function runMerged(args: string[]): Promise<{ code: number | null; text: string }> {
  const command = [EXECUTABLE, ...(RUNTIME === "deno" ? ["run", "-A"] : []), PROGRAM, ...args];
  const child = spawn("sh", ["-c", 'exec "$0" "$@" 2>&1', ...command], {
    env: { ...process.env, NO_COLOR: "1", NODE_TEST_CONTEXT: undefined } as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (part) => text += part);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, text }));
  });
}
