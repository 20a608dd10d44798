/**
 * Permissions of child processes: those of the parent, or fewer, never more. In Deno, and for Node
 * how a restricted child begins and ends; what it may do is in `pool_sandbox.test.ts`.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { getContext } from "../../mod.ts";
import type { Permissions } from "../../mod.ts";
import * as leaving from "../fixtures/process/leaving.ts";
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
const LEAVING = fixture("process/leaving.ts");
const onlyNode = RUNTIME === "node" ? false : "about Node's permission model";
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

  it("gives a child with a folder of its own nothing there that it has here", {
    skip,
  }, async () => {
    const here = [`--allow-read=${ROOT},${ROOT}src`];
    const args = ["attempt", JSON.stringify({ read: ["src"] })];
    const allowed = await runProgram(PROGRAM, args, flags(...LEAST, ...here));
    assert.match(allowed.stdout, /code 0/, allowed.stderr);
    const { code, stderr } = await runProgram(PROGRAM, [...args, "/"], flags(...LEAST, ...here));
    assert.equal(code, 1);
    assert.match(stderr, /ProcessError: .*permission read for "src".*--allow-read=\/src/);
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

describe("A child that Node restricts", { skip: onlyNode }, () => {
  const permissions = { net: true, env: true, sys: true } as const;

  it("ends by itself, with its own code, also where a thread watches its parent", async () => {
    for (const guard of [undefined, "watch"]) {
      const ended = await runProgram(LEAVING, ["ends"], { env: { MANYCORE_GUARD: guard } });
      assert.equal(ended.stdout, "in the child\ncodes 0 3\n", ended.stderr);
    }
  });

  it("ends with its parent, busy or not", async () => {
    for (const guard of [undefined, "watch"]) {
      for (const inner of ["busy", "idle"]) {
        const env = { MANYCORE_GUARD: guard };
        await using program = startProgram(LEAVING, [inner], { env });
        const child = Number(/\d+$/.exec(await program.lines.next(inner))![0]);
        program.kill("SIGKILL");
        await waitUntilDead([program.pid, child]);
      }
    }
  });

  it("is refused threads, in which Node would lift the restrictions", async () => {
    const { code, stderr } = await runChild("spawn", { target: leaving.startThread, permissions });
    assert.equal(code, 1);
    assert.match(stderr, /ProcessError: Cannot start the thread .*--permission/);
  });

  it("shows an error of its own", async () => {
    const { code, stderr } = await runChild("spawn", { target: leaving.fail, permissions });
    assert.equal(code, 1);
    assert.match(stderr, /RangeError: of its own/);
  });

  it("may be as free as its parent", async () => {
    const all = ["read", "write", "net", "env", "run", "ffi", "sys"];
    const free = Object.fromEntries(all.map((name) => [name, true]));
    const options = { target: leaving.say, permissions: free };
    const { code, stdout } = await runChild("spawn", options);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "in the child\n" });
  });
});
