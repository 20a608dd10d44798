/** Shared objects of programs of Deno that may not do everything, and so share no memory. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EXECUTABLE, fixture, ROOT, runProgram, RUNTIME } from "../support/runtime.ts";

const skip = RUNTIME === "deno" ? false : "only Deno has permissions";
const LEAST = ["run", "--no-prompt", `--allow-run=${EXECUTABLE}`, "--allow-net=127.0.0.1"];

describe("A lock in a pool that was there before", () => {
  async function run(maker: string, permissions: unknown[], read = `--allow-read=${ROOT}`) {
    const { code, stdout, stderr } = await runProgram(
      fixture("sync/restricted.ts"),
      [maker, ...permissions.map((some) => JSON.stringify(some))],
      { runtimeArgs: [...LEAST, read] },
    );
    assert.equal(code, 0, stderr);
    return stdout;
  }

  for (const read of ["--allow-read", `--allow-read=${ROOT}`]) {
    for (const permissions of ["inherit", "none"]) {
      it(`made by the program, ${permissions}, ${read}`, { skip }, async () => {
        assert.equal(await run("program", [permissions], read), "held\n");
      });
    }
  }

  it("made by another child, where children may reach all of this machine", { skip }, async () => {
    assert.equal(await run("child", [{ net: ["127.0.0.1"] }]), "held\n");
  });

  it("made by another child: the error says what is missing", { skip }, async () => {
    assert.match(await run("child", ["none"]), /its broker.*says: .*net access/);
    const told = await run("child", ["none", { net: ["127.0.0.1"] }]);
    assert.match(told, /may not reach the one that has made it.*permissions/);
  });

  it("where the library may not be read: the error says so", { skip }, async () => {
    const read = `--allow-read=${ROOT}tests`;
    assert.match(
      await run("program", ["inherit"], read),
      /cannot start: .* add it to --allow-read/,
    );
  });
});
