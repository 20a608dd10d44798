/** Programs with pipes: what is dropped is closed, and what very many of them cost. */

import assert from "node:assert/strict";
import process from "node:process";
import { fixture, runProgram, WITH_GC } from "../support/runtime.ts";
import { it } from "node:test";
import { describeMethods } from "../support/methods.ts";

const NEEDS_PROC = { skip: process.platform === "linux" ? false : "needs /proc" };

interface Cost {
  files: number;
  maps: number;
  rss: number;
}

async function run(name: string, method: string): Promise<string> {
  const result = await runProgram(fixture("pipe/programs.ts"), [name, method], {
    runtimeArgs: WITH_GC,
    timeout: 60_000,
  });
  assert.equal(result.timedOut, false, `it hangs:\n${result.stdout}\n${result.stderr}`);
  assert.equal(result.code, 0, result.stderr);
  return result.stdout;
}

function checkSame(before: Cost, after: Cost, rssMb: number): void {
  assert.ok(after.files <= before.files + 5, `files: ${before.files}, then ${after.files}`);
  // Runtimes map pieces for themselves: far fewer than one for each pipe counts as none.
  assert.ok(after.maps <= before.maps + 500, `maps: ${before.maps}, then ${after.maps}`);
  const grown = (after.rss - before.rss) / 2 ** 20;
  assert.ok(grown < rssMb, `${grown} MiB more`);
}

describeMethods("Programs with pipes", (method) => {
  it("a connection that is dropped is closed, unless it waits", async () => {
    assert.equal(await run("dropped", method), "EOFError\nstill there\n");
  });

  it("a connection that is given to a pool is open until it arrives", async () => {
    assert.equal(await run("given", method), "[]\n");
  });

  it("two thousand pipes are open at once", NEEDS_PROC, async () => {
    const { before, open, after, wrong } = JSON.parse(await run("many", method));
    assert.equal(wrong, 0);
    assert.ok(open.files <= before.files + 20, `files: ${before.files}, then ${open.files}`);
    checkSame(open, after, 60);
  });

  it("ten thousand pipes, one after the other, leave nothing behind", NEEDS_PROC, async () => {
    const { before, after } = JSON.parse(await run("repeated", method));
    checkSame(before, after, 100);
  });
});
