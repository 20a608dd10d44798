import assert from "node:assert/strict";
import { it } from "node:test";
import { waitUntilDead } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram, RUNTIME, WITH_GC } from "../support/runtime.ts";
import type { ProgramResult } from "../support/runtime.ts";

/** Runs a program of `programs.ts` to its end. */
async function run(name: string, method: string, flags?: string[]): Promise<ProgramResult> {
  const result = await runProgram(fixture("pool/programs.ts"), [name, method], {
    runtimeArgs: flags,
  });
  assert.equal(result.timedOut, false, `${name} did not end:\n${result.stdout}${result.stderr}`);
  return result;
}

describeMethods("pool: whole programs", (method) => {
  for (
    const [what, name, wanted] of [
      ["an idle pool does not keep a program alive", "idle", /^sum 3\n$/],
      ["a pool that was never used does not, either", "unused", /^made\n$/],
      ["a pending call does", "pending", /^pending 3\n$/],
      ["a pending result with a callback does", "callback", /^callback 50\n$/],
      ["an imap does while somebody waits for it", "imap", /^imap 20\n$/],
      ["failures that nobody asks for are silent", "unheard", /^unheard true\n$/],
      ["a program ends after terminate", "terminated", /^rejected PoolTerminatedError\n$/],
    ] as const
  ) {
    it(what, async () => {
      const { code, stdout, stderr } = await run(name, method);
      assert.match(stdout, wanted, stderr);
      assert.equal(code, 0, stderr);
    });
  }

  it("Ctrl-C is for the program to answer: workers finish what they have", {
    skip: method === "thread" ? "threads get no signals" : false,
  }, async () => {
    const { code, stdout, stderr } = await run("interrupted", method);
    assert.equal(stdout, "interrupted 1 2\n", stderr);
    assert.equal(code, 0);
  });

  it("the end of a program ends its workers", async () => {
    const { code, stdout } = await run("exits", method);
    assert.equal(code, 3);
    const [, ...pids] = stdout.match(/^pids (.*)$/m)![1].split(" ").map(Number);
    if (method === "spawn") await waitUntilDead(pids);
  });

  it("nothing is kept after it was delivered", {
    skip: RUNTIME === "bun" ? "Bun collects conservatively: single objects may stay" : false,
  }, async () => {
    const { stdout, stderr, code } = await run("retains", method, WITH_GC);
    assert.equal(stdout, "retained []\n", stderr);
    assert.equal(code, 0);
  });

  it("many tasks do not make the heap grow", async () => {
    const { stdout, stderr, code } = await run("heap", method, WITH_GC);
    assert.equal(stdout, "heap steady\n", stderr);
    assert.equal(code, 0);
  });
});
