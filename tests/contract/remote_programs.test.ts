/** Listeners and clients in different processes and programs: their keys, their ends, their deaths. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { connect, getContext, Listener } from "../../mod.ts";
import type { Address } from "../../mod.ts";
import { KEY } from "../fixtures/remote/pairs.ts";
import * as work from "../fixtures/remote/work.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram, startProgram, WITH_GC } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";

const PROGRAM = fixture("remote/programs.ts");
const NO_FILES = { skip: process.platform === "win32" && "sockets have no files on Windows" };
const LOOPBACK = JSON.stringify({ hostname: "127.0.0.1", port: 0 });

describeMethods("Children", (method) => {
  const { Process, Pipe } = getContext(method);

  it("reach their parent's listener without a key", async () => {
    using listener = new Listener<number, number>();
    const address = await listener.listening;
    const children = [1, 2].map(() => new Process({ target: work.answer, args: [address] }));
    for (const child of children) child.start();
    for (const _ of children) {
      using connection = await listener.accept();
      for (const x of [1, 2, 3]) {
        await connection.send(x);
        assert.equal(await connection.recv(), 2 * x);
      }
    }
    for (const child of children) assert.equal(await child.join(), 0);
  });

  it("are reached by their parent without a key", async () => {
    const [here, there] = Pipe();
    const child = new Process({ target: work.serve, args: [there] });
    child.start();
    there.close();
    {
      using connection = await connect<number, number>(await here.recv());
      await connection.send(7);
      assert.equal(await connection.recv(), 21);
    }
    here.close();
    assert.equal(await child.join(), 0);
  });

  it("that are killed end their connections", async () => {
    using listener = new Listener();
    const child = new Process({ target: work.stay, args: [await listener.listening] });
    child.start();
    using connection = await listener.accept();
    assert.equal(await connection.recv(), "here");
    const receiving = connection.recv();
    child.kill();
    await assert.rejects(receiving, { name: "EOFError" });
    await assert.rejects(connection.send(1), { name: "BrokenPipeError" });
    await child.join();
  });
});

describe("Programs of different families", () => {
  it("reach each other with the same key", async () => {
    await using server = startProgram(PROGRAM, ["echo", LOOPBACK, KEY]);
    const address: Address = JSON.parse(await server.lines.next());
    const asks = await Promise.all(
      [KEY, `${KEY}!`, undefined].map((key) =>
        runProgram(PROGRAM, ["ask", JSON.stringify(address), ...key === undefined ? [] : [key]])
      ),
    );
    const said = asks.map(({ stdout }) => stdout.trim());
    assert.match(said[0], /^\[ ["']hello["'], \d+ \]$/);
    assert.deepEqual(said.slice(1), ["AuthenticationError", "AuthenticationError"]);
    using connection = await connect(address, { authKey: KEY });
    await connection.send(1);
    assert.equal(await connection.recv(), 1);
  });

  it("do not without one", async () => {
    await using server = startProgram(PROGRAM, ["echo", LOOPBACK]);
    const address: Address = JSON.parse(await server.lines.next());
    await assert.rejects(connect(address), { name: "AuthenticationError" });
    await assert.rejects(connect(address, { authKey: KEY }), { name: "AuthenticationError" });
  });

  it("are told when the other one is killed", async () => {
    await using server = startProgram(PROGRAM, ["echo", LOOPBACK, KEY]);
    using connection = await connect(JSON.parse(await server.lines.next()), { authKey: KEY });
    await connection.send("before");
    assert.equal(await connection.recv(), "before");
    const receiving = connection.recv();
    server.kill("SIGKILL");
    await assert.rejects(receiving, { name: "EOFError" });
    await assert.rejects(connection.send(1), { name: "BrokenPipeError" });
    assert.equal(await connection.poll(), true);
  });

  it("get what the other one sent without waiting before it ended by itself", async () => {
    using listener = new Listener(undefined, { authKey: KEY });
    const address = JSON.stringify(await listener.listening);
    const ended = runProgram(PROGRAM, ["lastWords", address, KEY]);
    using connection = await listener.accept();
    let count = 0;
    for await (const [n, text] of connection) {
      assert.equal(n, count++);
      assert.equal(text.length, 10_000);
    }
    assert.equal(count, 200);
    assert.equal((await ended).code, 0);
  });
});

describe("A program", () => {
  it("is not kept alive by listeners and connections, and leaves no file", NO_FILES, async () => {
    using folder = new TempFolder();
    const path = `${folder.path}/socket`;
    const ends = await runProgram(PROGRAM, ["ends", JSON.stringify(path)]);
    assert.deepEqual([ends.code, ends.stdout, ends.stderr], [0, "false\n", ""]);
    assert.ok(!existsSync(path));
    const exits = await runProgram(PROGRAM, ["exits", JSON.stringify(path)]);
    assert.deepEqual([exits.code, exits.stdout], [3, "listens\n"]);
    assert.ok(!existsSync(path));
  });

  it("that was killed leaves a file, which the next listener's error names", NO_FILES, async () => {
    using folder = new TempFolder();
    const path = `${folder.path}/socket`;
    const server = startProgram(PROGRAM, ["echo", JSON.stringify(path), KEY]);
    await server.lines.next();
    server.kill("SIGKILL");
    await server.ended;
    assert.ok(existsSync(path));
    await assert.rejects(new Listener(path).listening, {
      name: "ProcessError",
      message: /the file of a program that was killed is still there; .*remove that file/,
    });
    await assert.rejects(connect(path), { name: "ProcessError", message: /nobody listens there/ });
  });

  it("that drops a connection closes it, unless it waits", async () => {
    const { stdout, stderr } = await runProgram(PROGRAM, ["dropped", "null"], {
      runtimeArgs: WITH_GC,
    });
    assert.equal(stderr, "");
    assert.equal(stdout, "EOFError\nstill there\n");
  });
});
