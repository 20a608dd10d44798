import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { getContext, ProcessError, SerializationError } from "../../mod.ts";
import { ShareableList } from "../../mod.ts";
import type { SharedMemory } from "../../mod.ts";
import { whyNoPages } from "../../src/runtime/pages.ts";
import * as targets from "../fixtures/shared/targets.ts";
import { fixture, runProgram, startProgram } from "../support/runtime.ts";

const PAGES = whyNoPages() === null;
const spawn = getContext("spawn");
const thread = getContext("thread");
const program = fixture("shared/attach.ts");

function make(size: number, name?: string): SharedMemory {
  const memory = new spawn.SharedMemory({ create: true, size, name });
  const close = memory.close.bind(memory);
  return Object.assign(memory, {
    close() {
      close();
      if (existsSync(`/dev/shm/${memory.name}`)) memory.unlink();
    },
  });
}

function hasPython(): boolean {
  try {
    execFileSync("python3", ["-c", "import multiprocessing.shared_memory"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("shared memory by name", { skip: PAGES ? false : "no pages here" }, () => {
  it("has exactly the size that was asked for, and is zero", () => {
    using memory = make(5001);
    assert.equal(memory.size, 5001);
    assert.equal(memory.buf.length, 5001);
    assert.ok(memory.buf.every((byte) => byte === 0));
    assert.match(memory.name, /^mp-/);
  });

  it("is the same memory for whoever attaches", () => {
    const name = `mp-test-${crypto.randomUUID()}`;
    using memory = make(100, name);
    assert.equal(memory.name, name);
    using other = new spawn.SharedMemory({ name, size: 7 });
    assert.equal(other.size, 100);
    other.buf.set([1, 2, 3], 50);
    assert.deepEqual([...memory.buf.subarray(49, 54)], [0, 1, 2, 3, 0]);
  });

  it("refuses a name that exists, and one that does not", () => {
    using memory = make(8);
    const { name } = memory;
    assert.throws(() => make(8, name), (error: Error) => {
      return error instanceof ProcessError && /exists/.test(error.message);
    });
    assert.throws(() => new spawn.SharedMemory({ name: "mp-test-missing" }), (error: Error) => {
      return error instanceof ProcessError && /there is none with this name/.test(error.message);
    });
  });

  it("closes at once, views and all, and stays for others", () => {
    using memory = make(64);
    const other = new spawn.SharedMemory({ name: memory.name });
    const view = new Uint32Array(other.buf.buffer, 0, 4);
    view[0] = 7;
    other.close();
    other.close();
    assert.equal(view.length, 0);
    assert.throws(() => other.buf, /closed/);
    assert.equal(memory.buf[0], 7);
  });

  it("loses its name once, and keeps its bytes", () => {
    const memory = new spawn.SharedMemory({ create: true, size: 16 });
    memory.unlink();
    assert.equal(existsSync(`/dev/shm/${memory.name}`), false);
    memory.buf[3] = 4;
    assert.equal(memory.buf[3], 4);
    assert.throws(() => memory.unlink(), ProcessError);
    memory.close();
  });

  it("is reached by a program that is no child", async () => {
    using memory = make(1000);
    memory.buf.fill(1, 1, 101);
    const { stdout, stderr } = await runProgram(program, ["attach", memory.name]);
    assert.equal(stdout.trim(), "1000", stderr);
    assert.equal(memory.buf[0], 100);
    assert.ok(existsSync(`/dev/shm/${memory.name}`), "who attaches removes nothing");
  });

  it("is reached by Python", { skip: hasPython() ? false : "no Python" }, async () => {
    using memory = make(300, `mp-test-${crypto.randomUUID()}`);
    memory.buf.fill(2, 1, 21);
    const run = promisify(execFile);
    const { stdout } = await run("python3", [fixture("shared/attach.py"), memory.name]);
    assert.equal(stdout.trim(), "300");
    assert.equal(memory.buf[0], 40);
  });

  it("is removed when the program that made it ends, and only then", async () => {
    const { stdout, stderr } = await runProgram(program, ["make"]);
    const name = stdout.trim();
    assert.match(name, /^mp-/, stderr);
    assert.equal(existsSync(`/dev/shm/${name}`), false);
  });

  it("is removed by the next program when the one that made it was killed", async () => {
    await using victim = startProgram(program, ["hang"]);
    const name = await victim.lines.next(/^mp-/);
    victim.kill();
    await victim.ended;
    assert.ok(existsSync(`/dev/shm/${name}`), "nobody was there to remove it");
    await runProgram(program, ["make"]);
    assert.equal(existsSync(`/dev/shm/${name}`), false);
  });

  it("travels by name", async () => {
    using memory = make(50);
    memory.buf.fill(1, 1, 11);
    const child = new spawn.Process({ target: targets.countBytes, args: [memory] });
    child.start();
    assert.equal(await child.join(), 0);
    assert.equal(memory.buf[0], 10);
    memory.close();
    const late = new spawn.Process({ target: targets.countBytes, args: [memory] });
    assert.throws(() => late.start(), (error: Error) => {
      return error instanceof SerializationError &&
        /closed/.test(`${error.message} ${error.cause}`);
    });
  });

  it("holds lists for programs that are no children", async () => {
    const list = new spawn.ShareableList(["first", 2, 3.5, true, null, "Ünï\0\0"]);
    const { stdout, stderr } = await runProgram(program, ["list", list.shm.name]);
    assert.equal(stdout.trim(), JSON.stringify(["first", 2, 3.5, true, null, "Ünï\0\0"]), stderr);
    assert.equal(list[0], "seen");
    using memory = make(64);
    assert.throws(() => new ShareableList({ name: memory.name }), /no\s+ShareableList/);
    const child = new spawn.Process({ target: targets.changeList, args: [list] });
    child.start();
    assert.equal(await child.join(), 0);
    assert.deepEqual(list.toArray().slice(0, 2), ["seen!", null]);
    list.shm.unlink();
    list.shm.close();
    assert.throws(() => list[0], ProcessError);
  });
});

describe("shared memory without pages", { skip: PAGES ? "there are pages" : false }, () => {
  it("says why there is none, and what to use instead", () => {
    assert.throws(() => make(10), (error: Error) => {
      assert.ok(error instanceof ProcessError);
      assert.ok(error.message.includes(whyNoPages()!), error.message);
      assert.match(error.message, /SharedArray.*getContext\("thread"\)/);
      return true;
    });
    assert.throws(() => new spawn.SharedMemory({ name: "mp-test-none" }), ProcessError);
    assert.throws(() => new spawn.ShareableList([1]), ProcessError);
  });
});

describe("shared memory of the thread context", () => {
  it("travels to threads", async () => {
    const memory = new thread.SharedMemory({ create: true, size: 30 });
    memory.buf.fill(1, 1, 6);
    const child = new thread.Process({ target: targets.countBytes, args: [memory] });
    child.start();
    assert.equal(await child.join(), 0);
    assert.equal(memory.buf[0], 5);
    const list = new thread.ShareableList(["a", 1]);
    const other = new thread.Process({ target: targets.changeList, args: [list] });
    other.start();
    assert.equal(await other.join(), 0);
    assert.deepEqual(list.toArray(), ["a!", null]);
    memory.unlink();
    memory.close();
    assert.throws(() => memory.buf, ProcessError);
  });

  it("has no names, and does not travel to processes", () => {
    assert.throws(() => new thread.SharedMemory({ name: "x" }), /thread context/);
    const memory = new thread.SharedMemory({ create: true, size: 30 });
    const child = new spawn.Process({ target: targets.countBytes, args: [memory] });
    assert.throws(() => child.start(), SerializationError);
  });
});
