/** The life of a manager: its start, its end, and what its callers are told. */

import assert from "node:assert/strict";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import {
  BaseManager,
  BrokenPipeError,
  getContext,
  Listener,
  Manager,
  Pool,
  Process,
  ProcessError,
  SharedMemoryManager,
} from "../../mod.ts";
import type { Address } from "../../mod.ts";
import { whyNoPages } from "../../src/runtime/pages.ts";
import { askAndFreeze, ownPid, startManager, Stubborn } from "../fixtures/manager/work.ts";
import { KEY, pairOf } from "../fixtures/remote/pairs.ts";
import { alive, stateOf, waitFor, waitUntilDead } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";

class Base extends BaseManager {}
const Stubs = Base.register("Stubborn", Stubborn);

describeMethods("The life of a manager", (method) => {
  const { Manager: Managing } = getContext(method);

  it("starts with its first use, or before", async () => {
    await using manager = new Managing();
    assert.equal(manager.address, null);
    assert.equal(manager.pid, null);
    await manager.start();
    assert.notEqual(manager.address, null);
    assert.equal(manager.pid !== process.pid, method === "spawn");
    await assert.rejects(manager.start(), { name: "ProcessError", message: /is started already/ });
    await assert.rejects(manager.connect(), ProcessError);
    assert.throws(() => manager.getServer(), ProcessError);
    assert.equal(await (await manager.list([1])).length, 1);
  });

  it("calls after its end reject, those under way too", async () => {
    const manager = new Managing();
    const queue = await manager.Queue();
    const waiting = assert.rejects(queue.get(), {
      name: "BrokenPipeError",
      message: /Cannot call get of Queue: the manager's server .* has ended/,
    });
    await Promise.all([manager.shutdown(), manager.shutdown()]);
    await waiting;
    await assert.rejects(queue.qsize(), BrokenPipeError);
    await assert.rejects(manager.dict(), { name: "BrokenPipeError", message: /was shut down/ });
    await manager.shutdown();
    await manager[Symbol.asyncDispose]();
    queue[Symbol.dispose]();
  });

  it("ends while it starts", async () => {
    const manager = new Managing();
    const dict = assert.rejects(async () => {
      const made = await manager.dict();
      await (await manager.Queue()).get();
      return made;
    }, { name: /^(BrokenPipeError|ProcessError)$/ });
    await manager.shutdown();
    await dict;
  });
});

describe("The end of a server", () => {
  it("killed: every call under way rejects at once", async () => {
    await using manager = new Manager();
    const queue = await manager.Queue();
    const calls = Array.from({ length: 100 }, () => queue.get());
    const all = Promise.allSettled(calls);
    await queue.qsize();
    process.kill(manager.pid!, "SIGKILL");
    for (const result of await all) {
      assert.equal(result.status, "rejected");
      assert.ok((result as PromiseRejectedResult).reason instanceof BrokenPipeError);
    }
    await assert.rejects(queue.get(), BrokenPipeError);
    await assert.rejects(manager.list(), BrokenPipeError);
  });

  it("its objects may end it: with exit()", async () => {
    await using manager = new Stubs();
    const stubborn = await manager.Stubborn();
    await assert.rejects(stubborn.exit(), BrokenPipeError);
  });

  it("one that hears nothing is ended by a signal", async () => {
    const manager = new Stubs({ shutdownTimeout: 30 });
    const stubborn = await manager.Stubborn();
    const pid = await stubborn.pid();
    const blocked = assert.rejects(stubborn.block(), BrokenPipeError);
    const never = assert.rejects(stubborn.never(), BrokenPipeError);
    await manager.shutdown();
    await Promise.all([blocked, never]);
    assert.equal(alive(pid), false);
  });

  const linux = process.platform === "linux" ? false : "needs /proc";
  it("a client that reads nothing does not keep it", { skip: linux }, async () => {
    const server = new Manager({ authKey: "slow" }).getServer();
    const child = new Process({ target: askAndFreeze, args: [await server.listen(), 8_000_000] });
    child.start();
    await waitFor(() => stateOf(child.pid!) === "T");
    await server.stop();
    child.kill();
    assert.equal(await child.join(), -9);
  });

  it("its pools end with it", async () => {
    const manager = new Manager();
    const pool = await manager.Pool(1);
    const worker = await pool.apply(ownPid);
    await manager.shutdown();
    await waitUntilDead(worker);
    await assert.rejects(pool.apply(ownPid), BrokenPipeError);
  });
});

describe("What cannot be started", () => {
  it("an address that is taken", async () => {
    await using first = new Manager();
    await first.start();
    await using second = new Manager({ address: first.address! });
    await assert.rejects(second.start(), {
      name: "ProcessError",
      message: /listens there already/,
    });
    await assert.rejects(second.list(), { name: "ProcessError", message: /listens there already/ });
  });

  it("nobody listens", async () => {
    using listener = new Listener({ port: 0 } as Address, { authKey: KEY });
    using _pair = await pairOf(listener);
    const address = listener.lastAccepted!; // the client has that port, and does not listen there
    const manager = new Manager({ address });
    await assert.rejects(manager.list(), {
      name: "ProcessError",
      message: /start\(\).*connect\(\)/,
    });
    await assert.rejects(manager.connect(), { name: "ProcessError", message: /nobody listens/ });
    await manager.shutdown();
    await assert.rejects(new Manager().connect(), { name: "ProcessError", message: /an address/ });
  });

  it("options that are none", () => {
    assert.throws(() => new Manager(5 as never), TypeError);
    assert.throws(() => new Manager({ address: 5 as never }), TypeError);
    assert.throws(() => new Manager({ authKey: "" }), TypeError);
    assert.throws(() => new Manager({ authKey: 5 as never }), TypeError);
    assert.throws(() => new Manager({ shutdownTimeout: -1 }), RangeError);
    assert.throws(() => new Manager({ shutdownTimeout: "1" as never }), RangeError);
  });

  it("a class that the server could not import", async () => {
    class Local {}
    class Locals extends BaseManager {}
    const Managing = Locals.register("Local", Local);
    await using manager = new Managing();
    await assert.rejects(manager.Local(), { name: "FunctionReferenceError", message: /Local/ });
  });

  it("in a daemon, such as a pool's worker", async () => {
    await using pool = new Pool(1);
    assert.equal(await pool.apply(startManager), "ProcessError");
  });
});

describe("Shared memory of a manager", {
  skip: whyNoPages() !== null && `no shared pages: ${whyNoPages()}`,
}, () => {
  let manager: SharedMemoryManager;
  before(() => void (manager = new SharedMemoryManager()));
  after(() => manager.shutdown());

  it("is attached here, and unlinked at the end", async () => {
    const own = new SharedMemoryManager();
    using memory = await own.SharedMemory(64);
    memory.buf[5] = 9;
    assert.ok(memory.size >= 64);
    using list = await own.ShareableList([1, "text", null]);
    assert.deepEqual(list.toArray(), [1, "text", null]);
    const names = [memory.name, list.shm.name];
    const { SharedMemory } = getContext("spawn");
    using other = new SharedMemory({ name: names[0] });
    assert.equal(other.buf[5], 9);
    await own.shutdown();
    for (const name of names) assert.throws(() => new SharedMemory({ name }), ProcessError);
    assert.equal(memory.buf[5], 9);
  });

  it("may be unlinked earlier", async () => {
    using memory = await manager.SharedMemory(8);
    memory.unlink();
    await assert.rejects(manager.SharedMemory(-1), RangeError);
    await assert.rejects(manager.ShareableList([{} as never]), TypeError);
  });
});
