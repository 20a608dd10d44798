import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { alive, waitUntilDead } from "../support/alive.ts";
import { runProgram, RUNTIME, startProgram } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";

describe("test support", () => {
  it("runs a program of this runtime to its end", async () => {
    using folder = new TempFolder();
    const file = folder.write(
      "program.mjs",
      `import process from "node:process";
       console.log(process.argv[2], process.env.MANYCORE_EXTRA, process.env.NODE_TEST_CONTEXT);
       console.log(process.versions.deno ? "deno" : process.versions.bun ? "bun" : "node");
       console.error("to stderr");
       process.exit(7);`,
    );
    const result = await runProgram(file, ["one"], { env: { MANYCORE_EXTRA: "two" } });
    assert.equal(result.stdout, `one two undefined\n${RUNTIME}\n`);
    assert.match(result.stderr, /to stderr/);
    assert.equal(result.code, 7);
    assert.equal(result.signal, null);
    assert.equal(result.timedOut, false);
  });

  it("watches the lines of a program, and kills it", async () => {
    using folder = new TempFolder();
    const file = folder.write(
      "program.mjs",
      `import process from "node:process";
       console.log("noise"); console.log("ready " + process.pid); setInterval(() => {}, 1000);`,
    );
    await using program = startProgram(file);
    assert.equal(await program.lines.next(/^ready/), `ready ${program.pid}`);
    assert.equal(alive(program.pid), true);
    program.kill("SIGKILL");
    await waitUntilDead(program.pid);
    const { code, signal } = await program.ended;
    assert.deepEqual({ code, signal }, { code: null, signal: "SIGKILL" });
    await assert.rejects(program.lines.next("never"), /ended without the line/);
  });

  it("kills a program whose time is up", async () => {
    using folder = new TempFolder();
    const file = folder.write("program.mjs", `for (;;);`);
    const result = await runProgram(file, [], { timeout: 300 });
    assert.equal(result.timedOut, true);
    assert.equal(result.signal, "SIGKILL");
  });

  it("knows that this process is alive", () => {
    assert.equal(alive(process.pid), true);
  });
});
