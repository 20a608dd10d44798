import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runProgram } from "../../support/runtime.ts";
import { TempFolder } from "../../support/temp.ts";

const MODULE = new URL("../../../src/runtime/mod.ts", import.meta.url).href;

async function output(code: string) {
  using folder = new TempFolder();
  const file = folder.write("program.mjs", `import { runtime } from "${MODULE}";\n${code}`);
  const { stdout, stderr, code: exit, timedOut } = await runProgram(file, []);
  return { stdout, stderr, exit, timedOut };
}

describe("Runtime", () => {
  it("is kept alive while somebody holds it, and not longer", async () => {
    const result = await output(`
      const first = runtime.keepAlive();
      const second = runtime.keepAlive();
      second(); second();
      const timer = setTimeout(() => { console.log("alive"); first(); first(); }, 30);
      timer.unref?.() ?? globalThis.Deno?.unrefTimer(timer);
    `);
    assert.deepEqual(result, { stdout: "alive\n", stderr: "", exit: 0, timedOut: false });
  });

  it("calls back when the program ends, by itself and through exit()", async () => {
    const last = `runtime.onExit(() => console.log("last"));`;
    assert.equal((await output(last)).stdout, "last\n");
    assert.equal((await output(`${last} runtime.exit(0);`)).stdout, "last\n");
  });

  it("sets the exit code of a program that ends by itself", async () => {
    assert.equal((await output("runtime.setExitCode(4);")).exit, 4);
  });

  it("writes long errors completely before it exits", async () => {
    const { stderr, exit } = await output(`
      await runtime.writeError("x".repeat(300_000) + "\\n");
      runtime.exit(2);
    `);
    assert.equal(stderr.length, 300_001);
    assert.equal(exit, 2);
  });

  it("knows of no parent in a program that nobody of ours started", async () => {
    const { stdout } = await output("console.log(await runtime.parentChannel());");
    assert.equal(stdout, "null\n");
  });

  it("refuses to run the entry of children as a program", async () => {
    const { code, stderr } = await runProgram(
      decodeURIComponent(new URL("../../../src/child.ts", import.meta.url).pathname),
    );
    assert.equal(code, 2);
    assert.match(stderr, /entry point of child processes/);
  });
});
