/** Pools whose functions may do less than the program: tested by trying. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { describe, it } from "node:test";
import { getContext, inline, WorkerLostError } from "../../mod.ts";
import type { Permissions, Pool } from "../../mod.ts";
import * as sandbox from "../fixtures/pool/sandbox.ts";
import { fill } from "../fixtures/pool/work.ts";
import { waitFor } from "../support/alive.ts";
import { runChild } from "../support/child.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, NODE_MAJOR, ROOT, runProgram, RUNTIME } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";

const DENO = RUNTIME === "deno";
const NODE = RUNTIME === "node";
const HAS_NET = NODE_MAJOR >= 26;
/** What Node cannot deny. */
const GRANTED = HAS_NET ? { env: true, sys: true } : { net: true, env: true, sys: true };
/** As little as this runtime can give. */
const LEAST: Permissions = NODE ? GRANTED : "none";
const unable = RUNTIME === "bun" ? "Bun cannot restrict a process" : false;
const onlyNode = NODE ? false : "about Node's permission model";
const onlyDeno = DENO ? false : "only Deno can deny everything";
const PROGRAM = fixture("pool/sandbox.ts");

const sandboxed = (permissions: Permissions = LEAST, processes = 1): Pool =>
  new (getContext("spawn").Pool)({ processes, permissions });

const DENIED = /NotCapable|ERR_ACCESS_DENIED|Requires .* access|ERR_DLOPEN_DISABLED|permission/;
const COMMON = ["read", "write", "run", "ffi", "addon", "signal", "thread"];
const IN_DENO = ["fetch", "connect", "env"];
const IN_NODE = ["database", "flags", "report", "debugger", "everything"];

describe("A pool that may do nothing", { skip: unable }, () => {
  it("runs pure functions, exported, inline and by address", async () => {
    await using pool = sandboxed(LEAST, 2);
    assert.deepEqual(await pool.map(sandbox.double, [1, 2, 3]), [2, 4, 6]);
    assert.equal(await pool.apply(sandbox.double, [4]), 8);
    assert.equal(await pool.apply(inline((x: number) => x + 1), [4]), 5);
    const task = {
      module: new URL("../fixtures/pool/sandbox.ts", import.meta.url),
      name: "double",
    };
    assert.equal(await pool.apply(task, [5]), 10);
  });

  it("does not see the program's arguments, which other pools see", async () => {
    const seen = inline(() => globalThis.process.argv.slice(2));
    const { Deno: deno } = globalThis as { Deno?: { args: string[] } };
    const before = deno?.args;
    process.argv.push("--token=secret");
    if (deno) {
      Object.defineProperty(deno, "args", { value: ["--token=secret"], configurable: true });
    }
    try {
      await using pool = sandboxed();
      assert.deepEqual(await pool.apply(seen), []);
      await using trusted = new (getContext("spawn").Pool)(1);
      assert.equal((await trusted.apply(seen)).at(-1), "--token=secret");
    } finally {
      process.argv.pop();
      if (deno) Object.defineProperty(deno, "args", { value: before, configurable: true });
    }
  });

  it("has an error for every way out, and goes on", async () => {
    using folder = new TempFolder();
    const secret = folder.write("secret", "secret");
    let reached = 0;
    const server = createServer((socket) => {
      reached++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const port = String((server.address() as AddressInfo).port);
    try {
      await using pool = sandboxed();
      const sockets = HAS_NET ? ["fetch", "connect"] : [];
      // A thread of Deno has the permissions of its process.
      const ways = DENO
        ? [...COMMON.filter((way) => way !== "thread"), ...IN_DENO]
        : [...COMMON, ...sockets, ...IN_NODE];
      for (const way of ways) {
        const place = way === "fetch" || way === "connect"
          ? port
          : way === "read"
          ? secret
          : `${folder.path}/${way}`;
        const error = await pool.apply(sandbox.escape, [way, place]).then(
          (value) => assert.fail(`${way}: ${value}`),
          (error) => error as Error & { code?: string },
        );
        assert.ok(!(error instanceof WorkerLostError), `${way}: ${error}`);
        // Its own cause, as of a fetch that failed, is behind the stack from there.
        const { cause } = error.cause as { cause?: { code?: string } };
        const said = `${error.name} ${error.code} ${error.message} ${cause?.code}`;
        // What is not there at all says so in its own words.
        const isAbsent = NODE && ["database", "report"].includes(way) ||
          NODE && way === "ffi" && NODE_MAJOR < 26;
        if (!isAbsent) assert.match(said, DENIED, way);
        assert.equal(existsSync(`${folder.path}/${way}`), false, way);
        assert.equal(reached, 0, way);
        assert.equal(await pool.apply(sandbox.double, [1]), 2);
      }
      assert.equal(pool.stats().replaced, 0);
    } finally {
      server.close();
    }
  });

  it("keeps its permissions when workers are replaced", async () => {
    using folder = new TempFolder();
    const secret = folder.write("secret", "secret");
    await using pool = sandboxed();
    const lost = await pool.apply(sandbox.endAtTwo, [2]).catch((error) => error);
    assert.ok(lost instanceof WorkerLostError);
    await assert.rejects(pool.apply(sandbox.escape, ["read", secret]), DENIED);
    await waitFor(() => pool.stats().replaced === 1);
    await using renewed = new (getContext("spawn").Pool)({
      processes: 1,
      permissions: LEAST,
      maxTasksPerChild: 1,
    });
    for (let i = 0; i < 2; i++) {
      await assert.rejects(renewed.apply(sandbox.escape, ["read", secret]), DENIED);
    }
  });

  it("may read and write what is named", async () => {
    using folder = new TempFolder();
    using other = new TempFolder();
    const file = folder.write("file", "text");
    const set = { ...(NODE ? GRANTED : {}), read: [folder.path], write: [folder.path] };
    await using pool = sandboxed(DENO ? { ...set, read: [folder.path, ROOT] } : set);
    assert.equal(await pool.apply(sandbox.escape, ["read", file]), "escaped");
    assert.equal(await pool.apply(sandbox.escape, ["write", file]), "escaped");
    await assert.rejects(pool.apply(sandbox.escape, ["read", other.write("x", "")]), DENIED);
    await assert.rejects(pool.apply(sandbox.escape, ["write", `${other.path}/y`]), DENIED);
  });

  it("does not have its code run here by a function that it returns", async () => {
    await using pool = sandboxed();
    const found = globalThis as { smuggled?: boolean };
    for (const smuggle of [sandbox.smuggleModule, sandbox.smuggleText, sandbox.smuggleEval]) {
      await assert.rejects(pool.apply(smuggle, []), { name: "FunctionReferenceError" });
      assert.equal(found.smuggled, undefined);
    }
    for (const kind of Object.keys(sandbox.smuggleThen) as (keyof typeof sandbox.smuggleThen)[]) {
      await assert.rejects(pool.apply(sandbox.smuggleInside, [kind]), {
        name: "FunctionReferenceError",
        message: /a function as its then/,
      });
      assert.equal(found.smuggled, undefined);
    }
    const [max, number, parse, eight] = await pool.apply(sandbox.computing) as (() => unknown)[];
    assert.deepEqual([max, number, parse], [Math.max, Number, JSON.parse]);
    assert.equal(eight(), 8);
    assert.equal(await pool.apply(sandbox.double, [2]), 4);
  });
});

describe("A pool whose program has permissions of its own", () => {
  it('has all of Deno\'s "none"', { skip: onlyDeno }, async () => {
    using folder = new TempFolder();
    const { stdout, stderr } = await runProgram(PROGRAM, ['"none"', folder.write("a", "")]);
    assert.equal(stdout, "[ 2, 4 ] NotCapable\n", stderr);
  });

  it("never gets more, under Node's --permission", { skip: onlyNode }, async () => {
    using folder = new TempFolder();
    const file = folder.write("secret", "");
    const program = [
      "--permission",
      `--allow-fs-read=${ROOT}`,
      "--allow-child-process",
      ...(HAS_NET ? ["--allow-net"] : []),
    ];
    const run = (permissions: unknown, more: string[] = []) =>
      runProgram(PROGRAM, [JSON.stringify(permissions), file], {
        runtimeArgs: [...program, ...more],
      });
    for (const permissions of ["inherit", { ...GRANTED, net: true }]) {
      const { stdout, stderr } = await run(permissions);
      assert.equal(stdout, "[ 2, 4 ] Error\n", stderr);
    }
    const more = await run("inherit", [`--allow-fs-read=${folder.path}`]);
    assert.equal(more.stdout, '[ 2, 4 ] "escaped"\n', more.stderr);
    for (const read of [true, [file]]) {
      const { code, stderr } = await run({ ...GRANTED, net: true, read });
      assert.equal(code, 1);
      assert.match(stderr, /ProcessError: .*permission read.*--allow-fs-read=/);
    }
  });

  it("gets no more from NODE_OPTIONS, flags or its parent's", { skip: onlyNode }, async () => {
    using folder = new TempFolder();
    const file = folder.write("secret", "");
    await using pool = new (getContext("spawn").Pool)({
      processes: 1,
      permissions: LEAST,
      env: {
        NODE_OPTIONS: '--permission "--allow-fs-read=*" --allow_child_process --allow-worker',
      },
    });
    for (const way of ["read", "run", "thread"]) {
      await assert.rejects(pool.apply(sandbox.escape, [way, file]), DENIED);
    }
    const permissions = { ...GRANTED, net: true, run: true } as const;
    const grandchild = async (more: Permissions) =>
      (await runChild("spawn", { target: sandbox.nested, args: [more, file], permissions })).stdout;
    assert.equal(await grandchild("inherit"), "Error\n");
    assert.match(
      await grandchild({ ...permissions, read: true }),
      /ProcessError: .*permission read/,
    );
  });
});

describe("A pool that cannot be restricted", () => {
  it("is refused by Node for what Node cannot deny, entry by entry", { skip: onlyNode }, () => {
    const cases: [Permissions, RegExp][] = [
      ["none", /cannot deny a child .*env, sys;.*Deno.*env: true, sys: true/],
      [{ ...GRANTED, env: false }, /cannot deny a child env;/],
      [{ ...GRANTED, env: ["HOME"] }, /cannot deny a child env;/],
      [{ ...GRANTED, sys: false }, /cannot deny a child sys;/],
      [{ ...GRANTED, net: true, run: ["git"] }, /cannot limit run to a list;/],
      [{ ...GRANTED, net: true, ffi: ["libc.so.6"] }, /cannot limit ffi to a list;/],
      [{ ...GRANTED, net: true, read: ["/tmp/*"] }, /takes the \* in "\/tmp\/\*"/],
      [{ ...GRANTED, net: true, write: true }, /memory of processes/],
      [{ ...GRANTED, net: true, write: ["/"] }, /memory of processes/],
      [{ env: true, sys: true, net: ["example.com"] }, HAS_NET ? /limit net/ : /deny a child net;/],
    ];
    if (!HAS_NET) cases.push([{ env: true, sys: true }, /cannot deny a child net;/]);
    for (const [permissions, message] of cases) {
      assert.throws(() => sandboxed(permissions), { name: "ProcessError", message });
    }
  });

  it("is refused by Bun", { skip: RUNTIME === "bun" ? false : "about Bun" }, () => {
    for (const permissions of ["none", { read: ["/tmp"] }] as const) {
      assert.throws(() => sandboxed(permissions), { name: "ProcessError", message: /Bun.*Deno/ });
    }
  });
});

describeMethods("A pool with options that cannot be meant", (method) => {
  const { Pool, Process } = getContext(method);

  it("is refused permissions that are none", () => {
    const cases: [unknown, RegExp][] = [
      ["all", /permissions "all".*"inherit", "none"/],
      [true, /permissions true/],
      [null, /permissions null/],
      [["read"], /permissions an array/],
      [{ reads: true }, /permission "reads": there are read, write, net/],
      [{ read: "x" }, /permission read to "x".*\["\.\/data"\]/],
      [{ net: [1] }, /permission net to an array/],
      [{ env: [""] }, /permission env/],
    ];
    for (const [permissions, message] of cases) {
      const options = { permissions: permissions as Permissions };
      assert.throws(() => new Pool({ processes: 1, ...options }), { name: "TypeError", message });
      assert.throws(() => new Process(options), { name: "TypeError", message });
    }
  });

  it("is refused memory limits that are none", () => {
    for (const memoryLimitMb of [0, -1, 1.5, NaN, "64"]) {
      assert.throws(() => new Pool({ processes: 1, memoryLimitMb: memoryLimitMb as number }), {
        name: "RangeError",
        message: /limit memory/,
      });
    }
  });

  it("is refused permissions as threads", {
    skip: method === "thread" ? false : "processes have permissions of their own",
  }, () => {
    const message = /permissions.*"spawn"/;
    assert.throws(() => new Pool({ permissions: "none" }), { name: "ProcessError", message });
  });

  it("is refused a memory limit in Bun", {
    skip: RUNTIME === "bun" ? false : "Deno and Node limit the heap",
  }, () => {
    const message = /memoryLimitMb.*Bun/;
    assert.throws(() => new Pool({ memoryLimitMb: 64 }), { name: "ProcessError", message });
  });

  const noLimit = RUNTIME === "bun"
    ? "Bun limits the memory of neither processes nor threads"
    : method === "thread"
    ? "a thread may end the whole program: see pool_death"
    : false;
  it("says of a task that was out of memory what may help", { skip: noLimit }, async () => {
    using folder = new TempFolder(); // Node may leave a report in the working directory
    await using pool = new Pool({ processes: 1, memoryLimitMb: 64, cwd: folder.path });
    const lost = await pool.apply(fill, []).catch((error) => error);
    assert.ok(lost instanceof WorkerLostError, String(lost));
    assert.match(lost.message, /out of memory.*memoryLimitMb/);
    assert.equal(await pool.apply(sandbox.double, [1]), 2);
  });
});
