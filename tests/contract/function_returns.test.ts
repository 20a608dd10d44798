/** Functions that come back to the program, above all to one that waits at its top level. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram, RUNTIME } from "../support/runtime.ts";

describeMethods("A function that comes back", (method) => {
  async function run(name: string): Promise<string> {
    const result = await runProgram(fixture("returns/program.ts"), [name, method], {
      timeout: 25_000,
    });
    assert.equal(result.timedOut, false, `it hangs:\n${result.stdout}\n${result.stderr}`);
    assert.equal(result.code, 0, result.stderr);
    return result.stdout;
  }

  it("through a queue or a pipe is the same one, also to a blocked thread", async () => {
    assert.equal(await run("queue"), "true\ntrue\ntrue\ntrue true\n");
  });

  it("as the result of a task is the same one if it is known, and refused if it cannot be", async () => {
    const [known, registered, ...unknown] = (await run("pool")).trimEnd().split("\n");
    assert.equal(known, "true");
    assert.equal(registered, "true");
    assert.equal(unknown.pop(), "2,4");
    assert.equal(unknown.length, 2);
    const refusal = /^FunctionReferenceError: .*"other".*register\(import\.meta, \{ other \}\)/;
    for (const given of unknown) {
      // Deno knows the exports of a module at its top level.
      if (RUNTIME === "deno") assert.equal(given, "true");
      else assert.match(given, refusal);
    }
  });

  it("through a manager is the same one", async () => {
    assert.equal(await run("manager"), "true\n");
  });

  it("does not keep the program from starting others while its module is imported", async () => {
    assert.equal(await run("starts"), "0\nfunction\n");
  });

  it("does not break its pool while its module is imported", async () => {
    assert.equal(await run("replaces"), "2,4,6,8,10\nfunction\n");
  });

  it("is found by a blocked child that has registered it", async () => {
    assert.equal(await run("blocked"), "kept\n");
  });

  it("is looked for among the exports of a program that is not at its top level", async () => {
    assert.equal(await run("over"), "true\n");
  });
});
