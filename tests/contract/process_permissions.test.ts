/** Permissions of child processes in Deno: those of the parent, or fewer, never more. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { getContext } from "../../mod.ts";
import type { Permissions } from "../../mod.ts";
import * as permitted from "../fixtures/process/permitted.ts";
import { waitUntilDead } from "../support/alive.ts";
import { runChild } from "../support/child.ts";
import {
  EXECUTABLE,
  fixture,
  ROOT,
  runProgram,
  RUNTIME,
  startProgram,
} from "../support/runtime.ts";

const EVERYTHING = "env read write net run sys ffi";
const PROGRAM = fixture("process/permitted.ts");
const FAMILY = fixture("process/program.ts");
/** What a program needs at least to start processes. */
const LEAST = [`--allow-run=${EXECUTABLE}`, `--allow-read=${ROOT}`, "--allow-net=127.0.0.1"];
const skip = RUNTIME === "deno" ? false : "only Deno has permissions for a child";

const flags = (...some: string[]) => ({ runtimeArgs: ["run", "--no-prompt", ...some] });

describe("Permissions of a child", () => {
  it("are all of the parent's by default", { skip }, async () => {
    for (const permissions of [undefined, "inherit"] as const) {
      const { stdout } = await runChild("spawn", { target: permitted.attempt, permissions });
      assert.equal(stdout, `allowed: ${EVERYTHING}\n`);
    }
  });

  it("can be none", { skip }, async () => {
    const { code, stdout } = await runChild("spawn", {
      target: permitted.attempt,
      permissions: "none",
    });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "allowed: \n" });
  });

  const sets: [Permissions, string][] = [
    [{}, ""],
    [{ read: ["/etc"] }, "read"],
    [{ read: ["/tmp"] }, ""],
    [{ read: true, env: true }, "env read"],
    [{ env: ["HOME"], net: ["127.0.0.1"] }, "env net"],
    [{ run: ["/bin/true"], write: ["/dev/null"], sys: ["hostname"] }, "write run sys"],
    [{ read: false, net: true }, "net"],
  ];
  for (const [permissions, allowed] of sets) {
    it(`can be ${JSON.stringify(permissions)}`, { skip }, async () => {
      const { code, stdout } = await runChild("spawn", { target: permitted.attempt, permissions });
      assert.deepEqual({ code, stdout }, { code: 0, stdout: `allowed: ${allowed}\n` });
    });
  }

  it("are named in the child's error when they are missing", { skip }, async () => {
    const options = { target: permitted.readSecret, permissions: "none" } as const;
    const { code, stderr } = await runChild("spawn", options);
    assert.equal(code, 1);
    assert.match(stderr, /read access to "\/etc\/passwd"/);
  });

  it("let a child without any import its module and what that imports", { skip }, async () => {
    await using pool = new (getContext("spawn").Pool)({
      processes: 1,
      permissions: { read: [ROOT] },
    });
    assert.deepEqual(await pool.map(permitted.double, [1, 2]), [2, 4]);
    const program = await runProgram(PROGRAM, ["pool", '"none"']);
    assert.equal(program.stderr, "");
    assert.equal(program.stdout, "[ 2, 4, 6 ]\n");
  });
});

describe("A program with few permissions", () => {
  it("starts processes and pools with the least set", { skip }, async () => {
    const one = await runProgram(PROGRAM, ["attempt"], flags(...LEAST));
    assert.equal(one.stderr, "");
    assert.equal(one.stdout, "allowed: \ncode 0\n");
    const pool = await runProgram(PROGRAM, ["pool"], flags(...LEAST));
    assert.equal(pool.stderr, "");
    assert.equal(pool.stdout, "[ 2, 4, 6 ]\n");
  });

  it("hands on what it has as a whole, and nothing else", { skip }, async () => {
    const some = await runProgram(PROGRAM, ["attempt"], flags(...LEAST, "--allow-env", "-S"));
    assert.equal(some.stdout, "allowed: env sys\ncode 0\n");
  });

  it("does not hand on what it is denied", { skip }, async () => {
    const denied = flags("-A", "--deny-read=/etc", "--deny-env=HOME", "--deny-run=/bin/true");
    const program = await runProgram(PROGRAM, ["attempt"], denied);
    assert.equal(program.stdout, "allowed: write net sys ffi\ncode 0\n");
  });

  it("is told which permission it cannot give", { skip }, async () => {
    const cases: [Permissions, RegExp][] = [
      [{ env: true }, /ProcessError: .*permission env.*--allow-env/],
      [{ env: ["HOME"] }, /ProcessError: .*permission env for "HOME".*--allow-env=HOME/],
      [{ read: ["/etc"] }, /ProcessError: .*permission read for "\/etc".*--allow-read=\/etc/],
      [{ net: ["example.com"] }, /ProcessError: .*permission net.*--allow-net=example\.com/],
      [{ run: true }, /ProcessError: .*permission run.*--allow-run/],
    ];
    for (const [permissions, message] of cases) {
      const args = ["attempt", JSON.stringify(permissions)];
      const { code, stderr } = await runProgram(PROGRAM, args, flags(...LEAST));
      assert.equal(code, 1);
      assert.match(stderr, message);
    }
  });

  it("is told which permissions it needs to start a process", { skip }, async () => {
    const [run, read, net] = LEAST;
    const noRun = await runProgram(PROGRAM, ["attempt"], flags(read, net));
    assert.match(noRun.stderr, /ProcessError: .*--allow-run=/);
    const noNet = await runProgram(PROGRAM, ["attempt"], flags(read, run));
    assert.match(noNet.stderr, /ProcessError: .*--allow-net=127\.0\.0\.1/);
  });

  it("leaves no child behind when it is killed, busy or not", {
    skip,
  }, async () => {
    for (const inner of ["busy", "idle"]) {
      await using program = startProgram(FAMILY, ["one", "spawn", inner], flags(...LEAST));
      const child = Number(/\d+$/.exec(await program.lines.next(inner))![0]);
      program.kill("SIGKILL");
      await waitUntilDead([program.pid, child]);
    }
  });
});
