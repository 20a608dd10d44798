/** Managers in whole programs, and between programs that did not start each other. */

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { Manager, Process } from "../../mod.ts";
import type { Address } from "../../mod.ts";
import { addKey, tryKey } from "../fixtures/manager/work.ts";
import { waitUntilDead } from "../support/alive.ts";
import { fixture, runProgram, RUNTIME, startProgram } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";
import { join } from "node:path";

const FILE = fixture("manager/programs.ts");

async function linesOf(...args: string[]): Promise<string[]> {
  const { code, stdout, stderr, timedOut } = await runProgram(FILE, args);
  assert.equal(timedOut, false, `it hangs:\n${stdout}\n${stderr}`);
  assert.equal(code, 0, stderr);
  return stdout.trimEnd().split("\n");
}

describe("Programs with managers", () => {
  it("end although a manager is open, and its server with them", async () => {
    const [line] = await linesOf("unused");
    const [value, pid] = line.split(" ").map(Number);
    assert.equal(value, 1);
    await waitUntilDead(pid);
  });

  it("go on while they wait for an answer", async () => {
    assert.deepEqual(await linesOf("waits"), ["came"]);
  });

  it("leave nothing behind when they are killed", async () => {
    await using program = startProgram(FILE, ["busy"]);
    const { server, worker } = JSON.parse(await program.lines.next("server"));
    program.kill("SIGKILL");
    await waitUntilDead([program.pid, server, worker]);
  });

  for (const kind of ["path", "tcp"]) {
    it(`that did not start each other share a queue [${kind}]`, {
      skip: kind === "path" && process.platform === "win32" && "no unix sockets",
    }, async () => {
      using folder = new TempFolder();
      const wanted: Address = kind === "tcp"
        ? { hostname: "127.0.0.1", port: 0 }
        : join(folder.path, "jobs.sock");
      await using server = startProgram(FILE, ["serve", JSON.stringify(wanted)]);
      const address = await server.lines.next();
      const got = linesOf("get", address);
      assert.deepEqual(await linesOf("put", address), ["put"]);
      assert.deepEqual(await got, ["got 5050"]);
      assert.equal(await server.lines.next(), "served");
      assert.equal((await server.ended).code, 0);
    });
  }

  it("that do not know the key are turned away", async () => {
    const address = { hostname: "127.0.0.1", port: 0 };
    await using server = startProgram(FILE, ["serve", JSON.stringify(address)]);
    const real = await server.lines.next();
    // As if connect() had not been called: it can be tried again.
    const once = ["AuthenticationError", "ProcessError"];
    assert.deepEqual(await linesOf("stranger", real), [...once, ...once]);
  });

  it("a proxy takes the manager's own key along, sealed for the family", async () => {
    await using manager = new Manager({ authKey: "an own key" });
    const dict = await manager.dict<string, number>();
    const child = new Process({ target: addKey, args: [dict, "key"] });
    child.start();
    assert.equal(await child.join(), 0);
    assert.deepEqual(await dict.toObject(), { key: 3 });
    {
      await using other = new Manager({ address: manager.address!, authKey: "an own key" });
      await other.connect();
      const list = await other.list<unknown>([]);
      await list.push(dict);
      const back = await list.at(0) as typeof dict;
      assert.equal(await back.get("key"), 3);
    }
    assert.equal(await dict.get("key"), 3); // one connection, which the first manager still uses
  });

  it("a child with fewer permissions has no key, and no way into the server", {
    skip: RUNTIME !== "deno" &&
      "only Deno's permissions let a child reach sockets and nothing else",
  }, async () => {
    await using manager = new Manager();
    const dict = await manager.dict<string, number>();
    const child = new Process({
      target: tryKey,
      args: [dict],
      permissions: { net: true, read: true, write: true },
      stdout: "piped",
    });
    child.start();
    const said = new Response(child.stdout).text();
    await child.join();
    assert.equal(await said, "AuthenticationError\n");
    assert.equal(await dict.size, 0);
  });
});
