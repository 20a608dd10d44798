/** Proxies on their way: in arguments, messages and containers; and who keeps an object. */

import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { DictProxy, getContext, Manager, ProcessError } from "../../mod.ts";
import type { ManagerServer } from "../../mod.ts";
import { addKey, keepProxy, makeTracked, passOn, same, square } from "../fixtures/manager/work.ts";
import { waitFor } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram, WITH_GC } from "../support/runtime.ts";

let disposed = 0;
/** Tells when nobody refers to it any more. */
class Tracked {
  ping(): number {
    return 1;
  }
  [Symbol.dispose](): void {
    disposed++;
  }
}
class Base extends Manager {}
const TrackedManager = Base.register("Tracked", Tracked);

describeMethods("Proxies on their way", (method) => {
  const { Pool, Process, Queue, Pipe } = getContext(method);
  let manager: InstanceType<typeof TrackedManager>;
  let server: ManagerServer;
  before(async () => {
    disposed = 0;
    manager = new TrackedManager();
    server = manager.getServer(); // here, where the test can see what becomes of the objects
    await server.listen();
  });
  after(() => manager.shutdown());

  it("in arguments and results of a pool, and of processes", async () => {
    const dict = await manager.dict<string, number>();
    await using pool = new Pool(2);
    const pairs = ["a", "bc"].map((key): [typeof dict, string] => [dict, key]);
    await pool.starmap(addKey, pairs);
    const child = new Process({ target: addKey, args: [dict, "def"] });
    child.start();
    assert.equal(await child.join(), 0);
    assert.deepEqual(await dict.toObject(), { a: 1, bc: 2, def: 3 });
    const back = await pool.apply(same, [dict]);
    assert.ok(back instanceof DictProxy);
    assert.equal(await back.get("bc"), 2);
  });

  it("through queues and pipes of this program", async () => {
    const dict = await manager.dict({ a: 1 });
    const queue = new Queue<DictProxy<string, number>>();
    await queue.put(dict);
    assert.equal(await (await queue.get()).get("a"), 1);
    const [left, right] = Pipe<DictProxy<string, number>, unknown>();
    await left.send(dict);
    assert.equal(await (await right.recv() as typeof dict).get("a"), 1);
    left.close();
    right.close();
  });

  it("in containers: a proxy comes back as one, also in a cycle", async () => {
    const inner = await manager.dict({ a: 1 });
    const list = await manager.list<unknown>([{ inner }]);
    await list.push(list);
    const { inner: back } = await list.at(0) as { inner: typeof inner };
    await back.set("b", 2);
    assert.deepEqual(await inner.toObject(), { a: 1, b: 2 });
    const itself = await list.at(1) as typeof list;
    assert.equal(await itself.length, 2);
    await list.clear();
  });

  it("a container keeps what it has a proxy of", async () => {
    const before = disposed;
    const list = await manager.list<unknown>([]);
    {
      using tracked = await manager.Tracked();
      await list.push(tracked);
    }
    const back = await list.at(0) as Awaited<ReturnType<typeof manager.Tracked>>;
    assert.equal(await back.ping(), 1);
    assert.equal(disposed, before);
  });

  it("the last proxy that is disposed of ends the object", async () => {
    const before = disposed;
    const tracked = await manager.Tracked();
    tracked[Symbol.dispose]();
    tracked[Symbol.dispose]();
    await waitFor(() => disposed === before + 1);
    await assert.rejects(tracked.ping(), { name: "ProcessError", message: /was disposed of/ });
    const queue = new Queue();
    await assert.rejects(queue.put(tracked), /was disposed of/);
  });

  it("the end of a process gives up what it had", async () => {
    const before = disposed;
    const { address } = manager;
    const child = new Process({ target: makeTracked, args: [address!] });
    child.start();
    assert.equal(await child.join(), 0);
    await waitFor(() => disposed === before + 1);
  });

  it("a message keeps the object while nobody else does", async () => {
    const dict = await manager.dict<string, number>();
    const queue = await manager.Queue<typeof dict>();
    const child = new Process({ target: passOn, args: [dict, queue] });
    child.start();
    assert.equal(await child.join(), 0);
    dict[Symbol.dispose]();
    const only = await queue.get();
    assert.equal(await only.get("passed"), 1);
  });

  it("a message in a queue of shared memory, too", async () => {
    const before = disposed;
    const queue = new Queue<Awaited<ReturnType<typeof manager.Tracked>>>();
    {
      using tracked = await manager.Tracked();
      await queue.put(tracked);
    }
    await manager.Event(); // the server has heard of it
    assert.equal(disposed, before);
    const tracked = await queue.get();
    assert.equal(await tracked.ping(), 1);
    tracked[Symbol.dispose]();
    await waitFor(() => disposed === before + 1);
  });

  it("a process that only reads the message holds up nothing", async () => {
    const dict = await manager.dict();
    const child = new Process({ target: keepProxy, args: [dict] });
    child.start();
    assert.equal(await child.join(), 0);
    assert.equal(await dict.size, 0);
  });

  it("a proxy is made by a manager only", () => {
    assert.throws(() => new DictProxy({}), { name: "TypeError", message: /ask a manager/ });
  });

  it("a pool in the server", async () => {
    const pool = await manager.Pool(1);
    assert.deepEqual(await pool.map(square, [1, 2, 3]), [1, 4, 9]);
    assert.deepEqual(await pool.starmap(square, [[4]]), [16]);
    assert.equal(await pool.apply(square, [5]), 25);
    await pool.close();
    await pool.join();
    await assert.rejects(pool.apply(square, [5]), ProcessError);
  });
});

it("Proxies that nobody has any more give their references back", async () => {
  const { code, stdout, stderr } = await runProgram(
    fixture("manager/programs.ts"),
    ["garbage"],
    { runtimeArgs: WITH_GC },
  );
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "300 made, most of them gone\n");
});
