/** What a process can be told at its start, and what it then is: targets, arguments, names, classes. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import {
  activeChildren,
  cpuCount,
  currentProcess,
  getAllStartMethods,
  getContext,
  inline,
  parentProcess,
  partial,
  Process,
  Thread,
} from "../../mod.ts";
import * as classes from "../fixtures/process/classes.ts";
import * as plain from "../fixtures/process/plain.js";
import * as targets from "../fixtures/process/targets.ts";
import { waitFor } from "../support/alive.ts";
import { finish, runChild } from "../support/child.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram, RUNTIME } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";

const here = (name: string): string => new URL(`../fixtures/process/${name}`, import.meta.url).href;

describeMethods("A started process", (method) => {
  const context = getContext(method);

  it("that cannot be started gives back what it was to get", async () => {
    const [reader, writer] = context.Pipe({ duplex: false });
    const child = new context.Process({
      target: targets.say,
      args: [writer],
      cwd: "/there/is/no/such/folder",
    });
    assert.throws(() => child.start(), { name: "ProcessError" });
    writer.close();
    await assert.rejects(reader.recv({ timeout: 20_000 }), { name: "EOFError" });
    reader.close();
  });

  // -- Targets --

  it("runs an exported function with its arguments", async () => {
    const { code, stdout } = await runChild(method, { target: targets.say, args: ["a", 1, [2]] });
    assert.equal(code, 0);
    assert.match(stdout, /^a 1 \[ ?2 ?\]\n$/);
  });

  it("runs an exported function of a JavaScript module", async () => {
    const { stdout } = await runChild(method, { target: plain.hello, args: ["one"] });
    assert.equal(stdout, "plain one\n");
  });

  it("runs a default export", async () => {
    const { stdout } = await runChild(method, { target: plain.default, args: ["one"] });
    assert.equal(stdout, "default one\n");
  });

  it("runs { module, name }", async () => {
    for (const module of [here("targets.ts"), new URL(here("targets.ts"))]) {
      const { stdout } = await runChild(method, { target: { module, name: "say" }, args: ["x"] });
      assert.equal(stdout, "x\n");
    }
  });

  it("runs a function of a CommonJS module", {
    skip: RUNTIME === "node" ? false : "CommonJS is promised on Node only",
  }, async () => {
    const target = { module: here("common.cjs"), name: "hello" };
    assert.equal((await runChild(method, { target, args: ["x"] })).stdout, "common x\n");
  });

  it("runs inline(), which sees its arguments only", async () => {
    const target = inline((a: number, b: number) => console.log(a * b));
    assert.equal((await runChild(method, { target, args: [6, 7] })).stdout, "42\n");
    const outside = "closed over";
    const closing = inline(() => console.log(outside));
    const { code, stderr } = await runChild(method, { target: closing });
    assert.equal(code, 1);
    assert.match(stderr, /outside/);
  });

  it("runs partial()", async () => {
    const target = partial(targets.say, "first");
    assert.equal((await runChild(method, { target, args: ["second"] })).stdout, "first second\n");
  });

  it("runs a registered function that is not exported", async () => {
    const target = targets.getHidden();
    assert.equal((await runChild(method, { target, args: ["x"] })).stdout, "hidden x\n");
  });

  it("runs with a function among its arguments", async () => {
    const { stdout } = await runChild(method, { target: targets.callBack, args: [targets.say] });
    assert.equal(stdout, "through an argument\n");
  });

  // -- Refused at the call --

  it("refuses what is no target when it is made", () => {
    for (const target of [null, 5, "work", {}, { module: "x" }, [], Symbol("s")]) {
      assert.throws(() => new context.Process({ target: target as never }), {
        name: "TypeError",
        message: /Cannot run the target/,
      });
    }
  });

  it("refuses options of the wrong type when it is made", () => {
    const wrong: [object | null | number, RegExp][] = [
      [null, /options|from null/],
      [5, /from 5/],
      [{ args: "abc" }, /args "abc"/],
      [{ args: { length: 1 } }, /args an object/],
      [{ name: 5 }, /name a process 5/],
      [{ daemon: "yes" }, /daemon to "yes"/],
      [{ cwd: 1 }, /folder 1/],
      [{ env: { A: 1 } }, /environment/],
      [{ env: "A=1" }, /environment/],
      [{ stdout: "file" }, /stdout to "file"/],
      [{ stderr: 2 }, /stderr to 2/],
    ];
    for (const [options, message] of wrong) {
      assert.throws(() => new context.Process(options as never), { name: "TypeError", message });
    }
    for (const memoryLimitMb of [0, -1, NaN, 1.5, Infinity, "64"]) {
      assert.throws(() => new context.Process({ memoryLimitMb: memoryLimitMb as never }), {
        name: "RangeError",
        message: /memory/,
      });
    }
  });

  it("refuses at start() to run nothing", () => {
    assert.throws(() => new context.Process().start(), {
      name: "ProcessError",
      message: /nothing to run/,
    });
  });

  it("refuses at start() functions that a child could not find", () => {
    const outside = activeChildren().length;
    const closure = () => outside;
    const bound = targets.say.bind(null, "x");
    const functions = [
      targets.getUnexported(),
      targets.getAnonymous(),
      closure,
      bound,
      { method() {} }.method,
    ];
    for (const target of functions) {
      const child = new context.Process({ target });
      assert.throws(() => child.start(), { name: "FunctionReferenceError" });
      assert.equal(child.pid, null);
      assert.equal(child.isAlive(), false);
    }
    assert.equal(activeChildren().length, outside);
  });

  it("refuses at start() arguments that cannot travel, naming the path", () => {
    const before = activeChildren().length;
    const args: [unknown, RegExp][] = [
      [{ user: { socket: new WeakMap() } }, /args\[0\]\.user\.socket/],
      [Promise.resolve(), /args\[0\]/],
      [[1, Symbol("s")], /args\[0\]\[1\]/],
      [new (class Custom {})(), /args\[0\]/],
    ];
    for (const [arg, path] of args) {
      const child = new context.Process({ target: targets.nothing, args: [arg] as never });
      assert.throws(() => child.start(), { name: "SerializationError", message: path });
      assert.equal(child.isAlive(), false);
    }
    assert.equal(activeChildren().length, before);
    const stranger = new context.Process({ target: targets.nothing, args: [() => 1] as never });
    assert.throws(() => stranger.start(), { name: "FunctionReferenceError" });
  });

  it("can be started after a refused start", async () => {
    const args: unknown[] = [Promise.resolve()];
    const child = new context.Process({ target: targets.say, args, stdout: "piped" });
    assert.throws(() => child.start(), { name: "SerializationError" });
    args[0] = "mended";
    child.start();
    assert.deepEqual((await finish(child)).stdout, "mended\n");
  });

  it("ends with 1 when the module of the target throws on import", async () => {
    const target = { module: here("broken.ts"), name: "never" };
    const { code, stderr } = await runChild(method, { target });
    assert.equal(code, 1);
    assert.match(stderr, /this module is broken/);
    assert.match(stderr, /broken\.ts/);
  });

  it("ends with 1 when the module or the name does not exist", async () => {
    const noModule = { module: here("not_there.ts"), name: "x" };
    const absent = await runChild(method, { target: noModule });
    assert.equal(absent.code, 1);
    assert.match(absent.stderr, /not_there\.ts/);
    const noName = { module: here("targets.ts"), name: "notThere" };
    const nameless = await runChild(method, { target: noName });
    assert.equal(nameless.code, 1);
    assert.match(nameless.stderr, /FunctionReferenceError[^]*notThere/);
  });

  it("ends with the code of a module that exits on import", async () => {
    const target = { module: here("exits.ts"), name: "never" };
    assert.equal((await runChild(method, { target })).code, 5);
  });

  // -- Who it is --

  it("knows itself and its parent", async () => {
    const { stdout } = await runChild(method, { target: targets.describeSelf, name: "Kid" });
    const self = JSON.parse(stdout);
    assert.equal(self.pid === process.pid, method === "thread");
    delete self.pid;
    assert.deepEqual(self, {
      name: "Kid",
      daemon: false,
      alive: true,
      parent: { name: "MainProcess", pid: process.pid, alive: true },
      method: "spawn", // the default of this program, which children inherit
      children: 0,
    });
  });

  it("has a name that counts up, can be given and can be set", async () => {
    const [first, second] = [new context.Process(), new context.Process()];
    const [, number] = /^Process-(\d+)$/.exec(first.name)!;
    assert.equal(second.name, `Process-${Number(number) + 1}`);
    assert.equal(new context.Process({ name: "Own" }).name, "Own");
    const child = new context.Process({ target: targets.describeSelf, stdout: "piped" });
    child.name = "Later";
    assert.throws(() => child.name = 5 as never, TypeError);
    assert.equal(child.name, "Later");
    child.start();
    assert.equal(JSON.parse((await finish(child)).stdout).name, "Later");
  });

  for (const inner of ["spawn", "thread"] as const) {
    it(`may start children of the method ${inner}, which have names of their own`, async () => {
      using folder = new TempFolder();
      const log = `${folder.path}/log`;
      const child = new context.Process({ target: targets.nest, args: [inner, 1, log] });
      child.start();
      assert.equal(await child.join(), 0);
      const { name } = child;
      assert.deepEqual(readFileSync(log, "utf8").trimEnd().split("\n"), [
        `${name} in MainProcess`,
        `${name}:1 in ${name}`,
        `${name}:2 in ${name}`,
      ]);
    });
  }

  // -- Daemons --

  it("is no daemon unless it is told so", () => {
    const child = new context.Process({ target: targets.nothing });
    assert.equal(child.daemon, false);
    child.daemon = true;
    assert.equal(child.daemon, true);
    assert.equal(new context.Process({ daemon: true }).daemon, true);
  });

  it("refuses to change daemon after the start", async () => {
    const child = new context.Process({ target: targets.nothing });
    child.start();
    assert.throws(() => child.daemon = true, { name: "ProcessError", message: /daemon/ });
    await child.join();
    assert.throws(() => child.daemon = true, { name: "ProcessError" });
  });

  it("as a daemon may not have children, which inherit the flag", async () => {
    for (const inner of ["spawn", "thread"] as const) {
      const starts = { target: targets.daemonStarts, args: [inner], daemon: true };
      assert.match((await runChild(method, starts)).stdout, /^ProcessError: .*daemon/);
      const inherits = { target: targets.daemonInherits, args: [inner], daemon: true };
      assert.equal((await runChild(method, inherits)).stdout, "true\n");
    }
  });

  // -- Input, output, environment, limits --

  it("drops output that goes to null", async () => {
    const { code, stdout, stderr } = await runChild(method, {
      target: targets.sayBoth,
      args: ["unheard"],
      stdout: "null",
      stderr: "piped",
    });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "" });
    assert.equal(stderr, "unheard on stderr\n");
  });

  it("offers streams only where output is piped", async () => {
    const child = new context.Process({ target: targets.nothing, stdout: "piped" });
    assert.equal(child.stdout, null);
    child.start();
    const stdout: unknown = child.stdout;
    assert.ok(stdout instanceof ReadableStream);
    assert.equal(child.stderr, null);
    await finish(child);
  });

  it("gets additions to the environment", async () => {
    const { stdout } = await runChild(method, {
      target: targets.environment,
      args: ["MANYCORE_A", "PATH", "MANYCORE_SECRET"],
      env: { MANYCORE_A: "added" },
    });
    assert.deepEqual(JSON.parse(stdout), ["added", process.env.PATH, null]);
    assert.equal(process.env.MANYCORE_A, undefined);
  });

  it("dies alone when it needs more memory than it may", {
    skip: RUNTIME === "bun" ? "Bun has no heap limit: refused, see below" : false,
  }, async () => {
    const { code, stderr } = await runChild(method, {
      target: targets.allocate,
      memoryLimitMb: 40,
    });
    assert.notEqual(code, 0);
    assert.notEqual(code, null);
    // In Node it is the parent that learns of a thread's end, in the others the thread tells.
    if (method === "spawn" || RUNTIME === "deno") assert.match(stderr, /memory/i);
  });

  it("may be told of a memory limit and not reach it", {
    skip: RUNTIME === "bun" ? "Bun has no heap limit: refused, see below" : false,
  }, async () => {
    const { code } = await runChild(method, { target: targets.nothing, memoryLimitMb: 64 });
    assert.equal(code, 0);
  });

  it("is refused a memory limit", {
    skip: RUNTIME === "bun" ? false : "Deno and Node have heap limits",
  }, () => {
    const child = new context.Process({ target: targets.nothing, memoryLimitMb: 64 });
    assert.throws(() => child.start(), { name: "ProcessError", message: /memoryLimitMb.*Bun/ });
  });

  it("that is refused permissions changes nothing for those that are started", async () => {
    const { stdout, stderr } = await runProgram(fixture("process/trusting.ts"), [method]);
    assert.equal(stdout, "ProcessError\n42\n", stderr);
  });

  it("is refused permissions outside of Deno, and in threads", {
    skip: RUNTIME === "deno" && method === "spawn" ? "Deno has them for processes" : false,
  }, () => {
    for (const permissions of ["none" as const, { read: ["/tmp"] }]) {
      const child = new context.Process({ target: targets.nothing, permissions });
      assert.throws(() => child.start(), { name: "ProcessError", message: /permissions/ });
    }
  });

  it("may say that it inherits permissions", async () => {
    const options = { target: targets.nothing, permissions: "inherit" } as const;
    assert.equal((await runChild(method, options)).code, 0);
  });

  // -- Functions around it --

  it("is described by the context", () => {
    assert.equal(context.method, method);
    assert.equal(context.activeChildren, activeChildren);
    assert.equal(context.cpuCount(), cpuCount());
    assert.ok(Number.isInteger(cpuCount()) && cpuCount() >= 1);
    assert.equal(getContext(method), context);
  });
});

describe("A process of its own", () => {
  it("works in the folder that it is given", async () => {
    using temp = new TempFolder();
    mkdirSync(`${temp.path}/inner`);
    const cwd = realpathSync(`${temp.path}/inner`);
    const { stdout } = await runChild("spawn", { target: targets.folder, cwd });
    assert.equal(stdout, `${cwd}\n`);
  });

  it("is refused a folder that is not there", () => {
    const cwd = "/no/such/folder/anywhere";
    const child = new (getContext("spawn").Process)({ target: targets.folder, cwd });
    assert.throws(() => child.start(), { name: "ProcessError", message: /no\/such\/folder/ });
    assert.equal(child.isAlive(), false);
  });

  it("has an empty standard input", async () => {
    const { code, stdout } = await runChild("spawn", { target: targets.readInput });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "read 0 bytes\n" });
  });
});

describe("A thread", () => {
  it("is refused a folder of its own", () => {
    const child = new Thread({ target: targets.folder, cwd: "/" });
    assert.throws(() => child.start(), { name: "ProcessError", message: /cwd.*"spawn"/ });
  });

  it("can be made with Thread, and with the context's Process", async () => {
    assert.equal(Thread.startMethod, "thread");
    const child = new Thread({ target: targets.nothing });
    child.start();
    assert.equal(child.pid, process.pid);
    assert.equal(await child.join(), 0);
  });

  it("shares memory with its parent", async () => {
    using folder = new TempFolder();
    const flag = new SharedArrayBuffer(4);
    const file = `${folder.path}/x`;
    const child = new Thread({ target: targets.busyUntil, args: [file, flag] });
    child.start();
    await waitFor(() => existsSync(file));
    assert.equal(child.isAlive(), true);
    Atomics.store(new Int32Array(flag), 0, 1);
    assert.equal(await child.join(), 0);
  });
});

describe("A class that overrides run()", () => {
  it("runs in a process, with the fields of the parent and without its constructor", async () => {
    const child = new classes.Greeter({ stdout: "piped", args: [1, "two"], name: "Greta" });
    child.greeting = "Good day";
    child.nested.words.set("who", "everybody");
    child.start();
    const { code, stdout } = await finish(child);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), {
      text: "Good day everybody",
      args: [1, "two"],
      constructed: 0,
      name: "Greta",
      pid: child.pid,
      daemon: false,
      current: true,
      alive: true,
    });
  });

  it("runs in a thread", async () => {
    const inContext = new classes.GreeterInThread({ stdout: "piped", name: "One" });
    inContext.start();
    assert.equal(inContext.pid, process.pid);
    assert.equal((await finish(inContext)).stdout, "context One\n");
    const inThread = new classes.ThreadGreeter({ stdout: "piped", name: "Two" });
    inThread.start();
    assert.equal((await finish(inThread)).stdout, "thread Two\n");
  });

  it("ends with 1 when run() throws", async () => {
    const child = new classes.Failing({ stderr: "piped" });
    child.start();
    const { code, stderr } = await finish(child);
    assert.equal(code, 1);
    assert.match(stderr, /run\(\) has failed/);
  });

  it("has fields whatever they are called", async () => {
    const child = new classes.Shadowing({ stdout: "piped", stderr: "piped" });
    child.start();
    const { code, stdout, stderr } = await finish(child);
    assert.equal(stdout, '[{"first":"Ada"},"p1","Beelzebub",null]\nchanged true\n', stderr);
    assert.equal(code, 0);
  });

  it("is refused at start() when a field cannot travel", () => {
    const child = new classes.Unsendable();
    assert.throws(() => child.start(), { name: "SerializationError", message: /this\.pending/ });
  });

  it("is refused at start() when the class is not exported", () => {
    class Local extends Process {
      override run(): void {}
    }
    assert.throws(() => new Local().start(), { name: "FunctionReferenceError" });
  });
});

describe("The main program", () => {
  it("describes itself", () => {
    assert.equal(parentProcess(), null);
    const self = currentProcess();
    assert.equal(self.name, "MainProcess");
    assert.equal(self.pid, process.pid);
    assert.equal(self.daemon, false);
    assert.equal(self.isAlive(), true);
  });

  it("lists the start methods, and refuses others", () => {
    assert.deepEqual(getAllStartMethods(), ["spawn", "thread"]);
    assert.throws(() => getContext("fork" as never), { name: "RangeError", message: /"fork"/ });
  });
});
