/** Spares: taken by what starts next, as good as a new child, and never in the way. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { getContext, warm } from "../../mod.ts";
import type { Told } from "../fixtures/warm/noted.ts";
import { waitUntilDead } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";
import { EXECUTABLE, fixture, runProgram, RUNTIME, startProgram } from "../support/runtime.ts";
import type { ProgramOptions, ProgramResult } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";

const PROGRAM = fixture("warm/program.ts");
/** What Node prints when a program first shares memory. */
const FFI_WARNING =
  /^\(node:\d+\) ExperimentalWarning: FFI is .*\n\(Use `.* --trace-warnings .*\)\n/gm;
const GUARDS = process.platform === "linux" ? ["guarded", "watch"] : ["watch"];
const ON_LINUX = process.platform === "linux" ? false : "the folder / is no folder of this system";
const ON_DENO = RUNTIME === "deno" ? false : "permissions can be given up in Deno only";

type Line = Partial<Told> & {
  known: string[];
  pids: number[];
  code: number;
  told: Told;
  // deno-lint-ignore no-explicit-any
  [key: string]: any;
};

/** Runs a scenario to its good end, and returns the lines that it printed, parsed. */
async function scenario(args: string[], options: ProgramOptions = {}): Promise<Line[]> {
  const { lines, ...result } = await run(args, options);
  assert.equal(result.stderr.replace(FFI_WARNING, ""), "");
  return lines;
}

async function run(
  args: string[],
  options: ProgramOptions = {},
): Promise<ProgramResult & { lines: Line[] }> {
  using folder = new TempFolder();
  const env = { MANYCORE_CASE: folder.write("log", ""), ...options.env };
  const result = await runProgram(PROGRAM, args, { ...options, env });
  assert.equal(result.timedOut, false, result.stdout + result.stderr);
  assert.equal(result.code, 0, result.stdout + result.stderr);
  return { ...result, lines: parse(result.stdout) };
}

function parse(stdout: string): Line[] {
  return stdout.trimEnd().split("\n").map((line) => line.startsWith("{") ? JSON.parse(line) : line);
}

describeMethods("A spare", (method) => {
  /** Threads are kept by the same code as processes: one of several alike cases is enough. */
  const cases = <T>(all: readonly T[], one: T): readonly T[] => method === "spawn" ? all : [one];

  it("is what starts next: already there, its modules imported", async () => {
    const lines = await scenario(["used", method]);
    // The children may be quicker than the program.
    const [one, two, three] = lines.filter(({ id }) => id !== undefined);
    const [known, active, pids, later] = lines.filter(({ id }) => id === undefined);
    assert.equal(known.known.length, 2);
    assert.deepEqual(active, { active: 0 });
    assert.deepEqual([one.id, two.id].sort(), known.known.sort());
    assert.deepEqual([one.pid, two.pid].sort(), pids.pids.sort());
    if (method === "spawn") assert.deepEqual(pids.pids, known.pids.sort());
    assert.equal(later.known.length, 4);
    assert.ok(later.known.includes(three.id!) && !known.known.includes(three.id!));
  });

  it("is then the child that was started, by name, place and end", async () => {
    const { lines, stderr } = await run(["identity", method]);
    const [known, ada, daemon, three, failed, nothing, teller] = lines;
    for (const line of [ada, daemon]) assert.ok(known.known.includes(line.id!));
    assert.deepEqual(
      [ada.early, ada.name, ada.same, ada.daemon, ada.parent],
      ["Spare", "Ada", true, false, "MainProcess"],
    );
    assert.equal(daemon.name, "Process-2");
    assert.equal(daemon.daemon, true);
    assert.deepEqual([three, failed, nothing], [{ code: 3 }, { code: 1 }, { code: 0 }]);
    assert.match(stderr, /Process Failing:\n.*no such luck/);
    if (method === "spawn") {
      assert.deepEqual([teller.word, teller.early], ["field", "Spare"]);
    }
  });

  it("can be ended at once by who started it", async () => {
    assert.deepEqual(await scenario(["killed", method]), [{ code: -15 }]);
  });

  it("waits for a child that it can be", async () => {
    const [known, refused, other, child] = await scenario(["unfit", method]);
    assert.equal(refused.name, "SerializationError");
    assert.ok(!known.known.includes(other.id!));
    assert.equal(other.mode, "given");
    assert.deepEqual([child.id, child.mode], [known.known[0], undefined]);
  });

  it("is not used when the environment has changed since", async () => {
    const [known, child, more, next] = await scenario(["changed", method, "env"]);
    assert.ok(!known.known.includes(child.id!));
    assert.ok(more.known.includes(next.id!));
    assert.deepEqual([child.mode, next.mode], ["changed", "changed"]);
  });

  it("holds locks as any child, also at its end", async () => {
    const [refused, state] = await scenario(["shared", method]);
    assert.equal(refused.name, "AbandonedLockError");
    assert.equal(state.locked, false);
  });

  it("begins while the program is blocked", async () => {
    assert.deepEqual(await scenario(["blocked", method]), ["answered", { code: 0 }]);
  });

  it("becomes a worker of a pool, and replaces one", async () => {
    const [known, pids, { told }, sum] = await scenario(["pool", method]);
    if (method === "spawn") assert.deepEqual(pids.pids.sort(), known.pids.sort());
    assert.ok(known.known.includes(told.id));
    assert.deepEqual(sum, { sum: [2, 4, 6, 8] });
  });

  for (const end of cases(["terminate", "close", "none"], "none")) {
    it(`is kept by a pool for its workers, and goes with it (${end})`, async () => {
      using folder = new TempFolder();
      const log = folder.write("log", "");
      const env = { MANYCORE_CASE: log, MANYCORE_MODE: "pool" };
      const { code, stdout, timedOut } = await runProgram(PROGRAM, ["kept", method, end], { env });
      assert.deepEqual([timedOut, code], [false, 0]);
      const lines = [{ first: false }, { later: true, active: 0 }, { left: [] }];
      assert.deepEqual(parse(stdout), end === "none" ? lines.slice(0, 2) : lines);
      const pids = readFileSync(log, "utf8").trimEnd().split("\n").map((line) =>
        +line.split(" ")[1]
      );
      await waitUntilDead(pids);
    });
  }

  it("cannot be kept by a pool whose workers are no plain children", () => {
    const { Pool } = getContext(method);
    const wrong = method === "spawn"
      ? [{ memoryLimitMb: 64 }, { env: { A: "b" } }, { cwd: "/" }]
      : [{ memoryLimitMb: 64 }, { env: { A: "b" } }];
    for (const options of wrong) {
      assert.throws(() => new Pool({ processes: 1, warm: 1, ...options }), {
        name: "TypeError",
        message:
          /Cannot make a pool with warm 1: spares have no env, cwd, permissions or memoryLim/,
      });
    }
    assert.throws(() => new Pool({ warm: -1 }), { name: "RangeError", message: /with warm -1/ });
    assert.throws(() => new Pool({ warm: "1" as never }), { name: "TypeError" });
  });

  it("can be a child's as well", async () => {
    const [known, grandchild, end] = await scenario(["nested", method]);
    assert.ok(known.known.includes(grandchild.id!));
    assert.deepEqual([grandchild.name, grandchild.parent], ["Process-1:1", "Process-1"]);
    assert.deepEqual(end, { code: 0 });
  });

  // -- Life --

  it("does not hold the program, and ends with it", async () => {
    const [{ known, pids }] = await scenario(["idle", method]);
    assert.equal(known.length, 2);
    if (method === "spawn") await waitUntilDead(pids);
  });

  for (const module of cases(["./noted.ts", "./hangs.ts"], "./hangs.ts")) {
    it(`that nobody waits for does not, either (${module})`, async () => {
      assert.deepEqual(await scenario(["unasked", method, module]), ["main is done"]);
    });
  }

  it("ends with a program that exits", async () => {
    using folder = new TempFolder();
    const env = { MANYCORE_CASE: folder.write("log", "") };
    const { code, stdout } = await runProgram(PROGRAM, ["exits", method], { env });
    assert.equal(code, 3);
    if (method === "spawn") await waitUntilDead(parse(stdout)[0].pids);
  });

  for (const how of cases(["zero", "dispose", "early"], "zero")) {
    it(`goes when it is not wanted any more (${how})`, async () => {
      const lines = await scenario(["released", method, how]);
      if (how === "early") assert.equal(lines.shift()!.name, "CancelledError");
      const [{ known, pids }, , child] = lines;
      assert.equal(known.length, how === "early" ? 0 : 2);
      if (method === "spawn") await waitUntilDead(pids);
      assert.ok(!known.includes(child.id!));
      assert.notEqual(child.early, "Spare");
    });
  }

  it("is one of as many as the last call has asked for", async () => {
    const [refused, known, child] = await scenario(["fewer", method]);
    assert.equal(refused.name, "CancelledError");
    assert.ok(known.known.includes(child.id!));
  });

  for (
    const { module, message, cause } of cases([
      { module: "./throws.ts", message: /not in the mood/, cause: "RangeError" },
      { module: "./none.ts", message: /none\.ts/, cause: /./ },
      { module: "./exits.ts", message: /3 in a row ended .* exit code 7/, cause: null },
    ], { module: "./exits.ts", message: /3 in a row ended .* exit code 7/, cause: null })
  ) {
    it(`that cannot import ${module} is an error of who waits`, async () => {
      const { lines: [refused, end, known, child] } = await run(["fails", method, module]);
      assert.equal(refused.name, "ProcessError");
      assert.match(refused.message, message);
      if (cause instanceof RegExp) assert.match(refused.cause, cause);
      else assert.equal(refused.cause, cause);
      assert.deepEqual(end, { code: 0 });
      assert.ok(known.known.includes(child.id!));
    });
  }

  it("may not start processes itself, also after its imports", async () => {
    using folder = new TempFolder();
    for (const how of cases(["warm", "main"], "main")) {
      const log = folder.write("log", "");
      const result = await runProgram(fixture("warm/unguarded.ts"), [], {
        env: { MANYCORE_CASE: [method, how, log].join(",") },
      });
      assert.equal(result.timedOut, false);
      assert.notEqual(result.code, 0);
      assert.match(result.stderr, /BootstrapError|while a child imports this module/);
      assert.equal(readFileSync(log, "utf8"), "imported\n".repeat(2));
    }
  });

  it("is kept for a program that has no file", async () => {
    const library = new URL("../../mod.ts", import.meta.url).href;
    const code = `import { getContext } from ${JSON.stringify(library)};` +
      `const { warm } = getContext("${method}"); await warm(1); console.log("warm"); await warm(0);`;
    const flags = { deno: ["eval"], bun: ["-e"], node: ["--input-type=module", "-e"] }[RUNTIME];
    const { stdout } = await promisify(execFile)(EXECUTABLE, [...flags, code]);
    assert.equal(stdout, "warm\n");
  });

  it("can do without the main module", async () => {
    for (const main of [true, false]) {
      const lines = await scenario(["main", method, String(main)], {
        env: { MANYCORE_MODE: "pool" }, // then the program notes who imports it
      });
      const [{ imports }] = lines;
      const importers = imports.filter(([what]: string[]) => what === "main");
      assert.deepEqual(
        importers.map(([, , who]: string[]) => who),
        main ? ["MainProcess", "Spare"] : ["MainProcess"],
      );
      const told = lines.find(({ id }) => id !== undefined)!;
      assert.ok(imports.some(([id]: string[]) => id === told.id), "the child was the spare");
      assert.deepEqual(lines.find(({ code }) => code !== undefined), { code: 0 });
    }
  });

  it("cannot be asked for in a wrong way", () => {
    const context = getContext(method);
    for (const keep of [context.warm, warm]) {
      for (const count of [-1, 1.5, NaN, Infinity]) {
        assert.throws(() => keep(count), { name: "RangeError", message: /Cannot keep .* spares/ });
      }
      for (const count of ["2", null, undefined, 2n, {}]) {
        assert.throws(() => keep(count as never), { name: "TypeError", message: /give a number/ });
      }
      for (
        const [options, message] of [
          [null, /options null/],
          ["x", /options "x"/],
          [{ modules: "./work.ts" }, /modules ".\/work.ts".*array/],
          [{ modules: 5 }, /modules 5/],
          [{ modules: [5] }, /module 5 .*\(modules\[0\]\)/],
          [{ modules: [new URL("file:///a.ts"), ""] }, /module "" .*\(modules\[1\]\)/],
          [{ main: "no" }, /main "no"/],
        ] as const
      ) {
        assert.throws(() => keep(1, options as never), { name: "TypeError", message });
      }
      assert.throws(() => keep(1, { modules: ["no-such-package"] }), {
        name: "FunctionReferenceError",
        message: /no-such-package.*modules\[0\]/,
      });
    }
  });
});

describe("A spare process", () => {
  it("is not used when the directory has changed since", { skip: ON_LINUX }, async () => {
    const [known, child, more, next] = await scenario(["changed", "spawn", "cwd"]);
    assert.ok(!known.known.includes(child.id!));
    assert.ok(more.known.includes(next.id!));
    assert.deepEqual([child.cwd, next.cwd], ["/", "/"]);
  });

  it("is not used when permissions were given up since", { skip: ON_DENO }, async () => {
    const [known, , child] = await scenario(["revoked", "spawn"]);
    assert.ok(!known.known.includes(child.id!));
  });

  it("works with few permissions", { skip: ON_DENO }, async () => {
    const flags = ["read", "write", "net=127.0.0.1", "run", "env", "sys"];
    const all = flags.map((flag) => `--allow-${flag}`);
    const few = ["--allow-read=/", ...all.slice(1)];
    for (const permitted of [all, few]) {
      const runtimeArgs = ["run", "--no-prompt", ...permitted];
      const [end, one, two] = await scenario(["limited", "spawn"], { runtimeArgs });
      assert.deepEqual(end, { code: 0 });
      assert.equal(two.early, "Spare");
      assert.ok(permitted === few ? one.early !== "Spare" : one.early === "Process-2");
    }
  });

  for (const what of ["process", "pool"]) {
    it(`that was killed a moment ago takes nothing with it (${what})`, async () => {
      const [known, ...lines] = await scenario(["lost", "spawn", what]);
      const told = what === "pool" ? lines[0].told : lines[0];
      assert.ok(!known.known.includes(told.id!));
      if (what === "process") assert.deepEqual(lines[1], { code: 0, pid: told.pid });
    });
  }

  it("that was killed is replaced", async () => {
    const [known, child] = await scenario(["again", "spawn"]);
    assert.deepEqual([known.known.length, child.id], [2, known.known[1]]);
  });

  for (const guard of GUARDS) {
    it(`ends when the program is killed (${guard})`, async () => {
      using folder = new TempFolder();
      await using program = startProgram(PROGRAM, ["waits", "spawn"], {
        env: {
          MANYCORE_CASE: folder.write("log", ""),
          MANYCORE_GUARD: guard === "watch" ? "watch" : undefined,
        },
      });
      const { pids } = JSON.parse(await program.lines.next("known"));
      assert.equal(pids.length, 2);
      program.kill("SIGKILL");
      await waitUntilDead([program.pid, ...pids]);
    });
  }
});
