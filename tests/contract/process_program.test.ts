/** How whole programs end: with their children, and never without them. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { waitUntilDead } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram, RUNTIME, startProgram, WITH_GC } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";

const PROGRAM = fixture("process/program.ts");
const GUARDS = process.platform === "linux" ? ["guarded", "watch"] : ["watch"];

describeMethods("A program", (method) => {
  it("waits for its children, and ends by itself", async () => {
    const { code, stdout, stderr } = await runProgram(PROGRAM, ["waits", method]);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines[0], "main is done");
    assert.deepEqual(lines.slice(1).sort(), ["first", "second"]);
  });

  it("ends its daemons when it ends, after its other children", async () => {
    using folder = new TempFolder();
    const args = ["daemon", method, `${folder.path}/begun`];
    const { code, stdout } = await runProgram(PROGRAM, args);
    assert.equal(code, 0);
    assert.match(stdout, /other/);
    const pids = pidsIn(stdout);
    assert.equal(pids.length, 1);
    if (method === "spawn") await waitUntilDead(pids);
  });

  it("keeps no arguments of a child that runs, which keeps no second copy", {
    skip: RUNTIME === "bun" ? "Bun's collector may take anything for an address" : false,
  }, async () => {
    const { stdout, stderr } = await runProgram(fixture("process/kept.ts"), [method], {
      runtimeArgs: WITH_GC,
    });
    const ofChild = RUNTIME === "deno" && method === "spawn" ? "" : "child true true\n";
    assert.equal(stdout, `${ofChild}parent true\ncode 0\n`, stderr);
  });

  it("is not held open by children that have ended", async () => {
    const { code, stdout, timedOut } = await runProgram(PROGRAM, ["finished", method]);
    assert.deepEqual({ code, stdout, timedOut }, { code: 0, stdout: "code 0\n", timedOut: false });
  });

  it("keeps flags that are about itself, and their values, from its children", {
    skip: RUNTIME === "node" ? false : "about Node's flags",
  }, async () => {
    using folder = new TempFolder();
    const flags = ["--cpu-prof", "--cpu-prof-dir", folder.path, "--title", "its own"];
    const { code, stdout, stderr } = await runProgram(PROGRAM, ["finished", method], {
      runtimeArgs: [...flags, "--max-http-header-size", "9000"],
    });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "code 0\n" }, stderr);
    const profiles = readdirSync(folder.path).filter((name) => name.endsWith(".cpuprofile"));
    if (method === "spawn") assert.equal(profiles.length, 1);
  });

  it("ends its workers although it may signal them no more", {
    skip: RUNTIME === "deno" || process.getuid?.() !== 0
      ? "only root can become somebody else"
      : false,
  }, async () => {
    const { code, stdout, stderr } = await runProgram(PROGRAM, ["drops", method]);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "terminated\n" }, stderr);
  });

  it("shows what its children print where they print it", async () => {
    const { stdout } = await runProgram(PROGRAM, ["output", method]);
    const five = [0, 1, 2, 3, 4].map((i) => `line ${i}`);
    const expected = ["before a", ...five, "before b", ...five, "after"];
    assert.deepEqual(stdout.trimEnd().split("\n"), expected);
  });

  for (const [how, expected] of [["exits", 3], ["throws", 1]] as const) {
    it(`that ${how} leaves no child behind`, async () => {
      using folder = new TempFolder();
      const file = `${folder.path}/now`;
      await using program = startProgram(PROGRAM, [how, method, file]);
      const pids: number[] = [];
      while (pids.length < 2) pids.push(pidOf(await program.lines.next(/^(idle|busy)/)));
      writeFileSync(file, "");
      assert.equal((await program.ended).code, expected);
      await waitUntilDead(pids);
    });
  }

  it("has its arguments in its children, and is still the only program", async () => {
    const given = [`tcp:${method}`, "--name", "Zoë", "a file"];
    const { code, stdout, stderr } = await runProgram(fixture("process/arguments.ts"), given);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    const [program, child] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(program, ["Zoë", "a file", true]);
    const below = ["Zoë", "a file", false, 4];
    assert.deepEqual(child, [below, below]);
  });

  it("is warned of its package.json once, and not by each child", {
    skip: RUNTIME === "node" ? false : "only Node warns of a package without a type",
  }, async () => {
    using folder = new TempFolder();
    folder.write("package.json", "{}");
    const library = JSON.stringify(new URL("../../mod.ts", import.meta.url).href);
    const program = folder.write(
      "program.ts",
      `import { getContext } from ${library};
      export const double = (x: number) => 2 * x;
      if (import.meta.main) {
        await using pool = new (getContext("${method}").Pool)(2);
        console.log(String(await pool.map(double, [1, 2])));
      }`,
    );
    const { stdout, stderr } = await runProgram(program, []);
    assert.equal(stdout, "2,4\n", stderr);
    assert.equal(stderr.match(/MODULE_TYPELESS_PACKAGE_JSON/g)?.length, 1, stderr);
    assert.ok((stderr.match(/ExperimentalWarning/g)?.length ?? 0) <= 1, stderr);
  });

  it("without a main guard is told so, and does not multiply", async () => {
    using folder = new TempFolder();
    for (const what of ["process", "pool"]) {
      const log = folder.write("log", "");
      const program = await runProgram(fixture("process/unguarded.ts"), [], {
        env: { MANYCORE_CASE: [method, what, log].join(",") },
      });
      assert.equal(program.timedOut, false);
      assert.match(program.stderr, /BootstrapError/);
      assert.match(program.stderr, /if \(import\.meta\.main\)/);
      // The program itself, and the children that it started: none of them has started more.
      const imports = readFileSync(log, "utf8").trimEnd().split("\n").length;
      assert.ok(imports >= 2 && imports <= (what === "pool" ? 9 : 2), `${imports} imports`);
      writeFileSync(log, "");
    }
  });

  for (const what of ["pool", "process", "later"]) {
    it(`with a main() that nobody awaits is told so, and does not multiply: ${what}`, {
      skip: RUNTIME === "bun" && method === "thread" && what === "later"
        ? "a thread of Bun whose last act is such an error ends without a word"
        : false,
    }, async () => {
      using folder = new TempFolder();
      const log = folder.write("log", "");
      const program = await runProgram(fixture("process/unguarded_main.ts"), [], {
        env: { MANYCORE_CASE: [method, what, log].join(",") },
      });
      assert.equal(program.timedOut, false);
      assert.match(program.stderr, /BootstrapError/);
      assert.match(program.stderr, /if \(import\.meta\.main\)/);
      const lines = readFileSync(log, "utf8").trimEnd().split("\n");
      if (what === "pool") {
        // The import has failed: no task ran, and the program's own call fails.
        assert.ok(!lines.includes("worked"), lines.join());
        assert.equal(program.code, 1);
        assert.equal(program.stdout, "");
      } else {
        // The program and its child; where main() is late the target has begun before.
        assert.deepEqual(
          lines.sort(),
          what === "later" ? ["main", "main", "worked"] : ["main", "main"],
        );
        assert.match(program.stdout, /^code 1\n/);
      }
    });
  }

  it("does not multiply either if it tries another way when it is refused", async () => {
    using folder = new TempFolder();
    const log = folder.write("log", "");
    const program = await runProgram(fixture("process/unguarded_main.ts"), [], {
      env: { MANYCORE_CASE: [method, "again", log].join(",") },
    });
    assert.equal(program.timedOut, false);
    const mains = readFileSync(log, "utf8").split("\n").filter((line) => line === "main").length;
    assert.equal(mains, 3, "the program, its child, and the one that this starts in its other way");
  });

  it("whose worker was refused a module can still use the others", async () => {
    using folder = new TempFolder();
    const library = JSON.stringify(new URL("../../mod.ts", import.meta.url).href);
    folder.write("good.ts", "export const double = (x: number) => 2 * x;");
    folder.write(
      "bad.ts",
      `import { getContext } from ${library};
      const main = async () => void new (getContext("${method}").Process)({ target: () => {} }).start();
      void main();
      export const never = () => 0;`,
    );
    const program = folder.write(
      "program.ts",
      `import { getContext } from ${library};
      const of = (module: string, name: string) => ({ module: new URL(module, import.meta.url), name });
      if (import.meta.main) {
        await using pool = new (getContext("${method}").Pool)(1);
        for (let round = 0; round < 2; round++) {
          console.log(await pool.apply(of("./bad.ts", "never")).catch((error) => error.name));
          console.log(String(await pool.apply(of("./good.ts", "double"), [round])));
        }
      }`,
    );
    const { stdout, stderr } = await runProgram(program, []);
    assert.equal(stdout, "BootstrapError\n0\nBootstrapError\n2\n", stderr);
  });

  it("runs where there is no navigator", {
    skip: RUNTIME === "node" ? false : "about Node's flag",
  }, async () => {
    const { code, stdout, stderr } = await runProgram(PROGRAM, ["finished", method], {
      runtimeArgs: ["--no-experimental-global-navigator"],
    });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "code 0\n" }, stderr);
  });

  it("is told which import does not end", async () => {
    using folder = new TempFolder();
    const file = `${folder.path}/go`;
    await using program = startProgram(fixture("process/waiting.ts"), [method, file]);
    const line = await program.errors.next(/has been importing/);
    assert.match(line, /importing file:\/\/.*waiting\.ts for 5 seconds: .* behind the main guard/);
    writeFileSync(file, "");
    assert.equal((await program.ended).code, 0);
  });

  it("may start its like from the line that has started it, if it was told to", async () => {
    const program = await runProgram(fixture("process/recursive.ts"), [method]);
    assert.equal(program.stderr, "");
    const lines = ["sync", "later", "instance"].flatMap((way) =>
      [2, 1, 0].map((n) => `${way} ${n}`)
    );
    lines.push("timer 1", "timer 0");
    assert.deepEqual(program.stdout.trimEnd().split("\n"), lines);
  });
});

describe("A killed program", () => {
  for (const guard of GUARDS) {
    const env = { MANYCORE_GUARD: guard === "watch" ? "watch" : undefined };

    for (const inner of ["busy", "idle"]) {
      it(`leaves no ${inner} child behind (${guard})`, async () => {
        await using program = startProgram(PROGRAM, ["family", "spawn", inner], { env });
        const child = pidOf(await program.lines.next(/^idle/));
        const grandchild = pidOf(await program.lines.next(inner));
        assert.equal(new Set([program.pid, child, grandchild]).size, 3);
        program.kill("SIGKILL");
        await waitUntilDead([program.pid, child, grandchild]);
      });
    }

    it(`leaves neither process nor file behind while children are on their way (${guard})`, async () => {
      using folder = new TempFolder();
      const mark = `starting-${process.pid}-${guard}`;
      const { signal, stderr } = await runProgram(PROGRAM, ["starting", "spawn"], {
        env: { ...env, TMPDIR: folder.path, MANYCORE_MARK: mark },
      });
      assert.equal(signal, "SIGKILL");
      assert.equal(stderr, "");
      await waitUntilDead(pidsWith(`MANYCORE_MARK=${mark}`));
      assert.deepEqual(readdirSync(folder.path).filter((name) => name.endsWith(".sock")), []);
    });
  }
});

describe("A finished program", () => {
  it("leaves no file behind", async () => {
    using folder = new TempFolder();
    const env = { TMPDIR: folder.path };
    const { code, stdout } = await runProgram(PROGRAM, ["waits", "spawn"], { env });
    assert.equal(code, 0);
    assert.match(stdout, /^main is done\n/);
    assert.deepEqual(readdirSync(folder.path).filter((name) => name.startsWith("manycore")), []);
  });
});

describe("A thread with a memory limit", () => {
  const flags = RUNTIME === "deno"
    ? [["run", "-A", "--v8-flags=--max-old-space-size=1000"]]
    : [["--max-old-space-size=1000"], ["--max_old_space_size=1000"]];

  for (const runtimeArgs of flags) {
    it(`does not begin where ${runtimeArgs.at(-1)} goes before`, {
      skip: RUNTIME === "bun" ? "Bun limits no thread" : false,
    }, async () => {
      const { code, stdout, stderr } = await runProgram(fixture("process/limited.ts"), [], {
        runtimeArgs,
      });
      assert.match(
        stdout + stderr,
        /ProcessError: Cannot .* 40.* runs with --.*max.old.space.size.*, which goes before.*; use the "spawn"/,
      );
      assert.equal(code, 1);
    });
  }
});

describe("A busy thread", () => {
  it("that is terminated ends for its parent, and does not hold the program", async () => {
    using folder = new TempFolder();
    const args = ["busyThread", "thread", `${folder.path}/busy`];
    const { code, stdout, stderr, timedOut } = await runProgram(PROGRAM, args);
    assert.equal(timedOut, false);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "code -15 false 0\n".repeat(2));
    const warnings = stderr.match(/"spawn" start method/g)?.length ?? 0;
    assert.equal(warnings, RUNTIME === "deno" ? 1 : 0);
  });
});

describe("The default start method", () => {
  it("can be chosen once, and changed by force", async () => {
    const { stdout, stderr } = await runProgram(PROGRAM, ["methods"]);
    assert.equal(stderr, "");
    assert.deepEqual(stdout.trimEnd().split("\n"), [
      'RangeError: Cannot use the start method "fork": use "spawn" or "thread"',
      "thread",
      "thread",
      "same pid true, code 0",
      "ProcessError",
      "same pid false, code 0",
    ]);
  });

  it("is fixed by its first use", async () => {
    const { stdout } = await runProgram(PROGRAM, ["fixedByUse"]);
    assert.match(stdout, /^spawn\nCannot set the start method to "thread": it is already "spawn"/);
  });
});

function pidOf(line: string): number {
  return Number(/\d+$/.exec(line)![0]);
}

function pidsIn(text: string): number[] {
  return [...text.matchAll(/^(?:idle|busy) (\d+)$/gm)].map(([, pid]) => Number(pid));
}

/** Processes with a variable in their environment; where that cannot be seen, none. */
function pidsWith(variable: string): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(variable);
    } catch {
      return false; // It has ended, or is somebody else's.
    }
  }).map(Number);
}
