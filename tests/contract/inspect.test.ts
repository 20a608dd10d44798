/** What `console.log` shows of objects of the library, by each runtime's own means. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { inspect } from "node:util";
import { getContext, Manager, Pipe, ThreadPoolExecutor } from "../../mod.ts";
import { ready } from "../fixtures/pool/handshake.ts";
import { nothing } from "../fixtures/pool/work.ts";
import { describeMethods } from "../support/methods.ts";

const { Deno, Bun } = globalThis as unknown as Record<string, { inspect: typeof inspect }>;

/** In one line, with double quotes. */
function shown(value: unknown): string {
  return (Deno ?? Bun ?? { inspect }).inspect(value).replaceAll("'", '"').replace(/\s+/g, " ");
}

describeMethods("console.log", (method) => {
  const context = getContext(method);
  const [process, workers] = method === "spawn"
    ? ["SpawnProcess", "SpawnPool"]
    : ["Thread", "ThreadPool"];

  it("shows what is in shared memory, as it is now", () => {
    const value = new context.Value("int32", 5);
    assert.equal(shown(value), 'Value { type: "int32", value: 5 }');
    value.value++;
    assert.equal(shown(value), 'Value { type: "int32", value: 6 }');
    const bits = new context.RawArray("bool", [true, false]);
    assert.equal(shown(bits), 'RawArray { type: "bool", length: 2, items: [ true, false ] }');
    const many = new context.SharedArray("uint8", 100_000);
    assert.match(
      shown(many),
      /^SharedArray { type: "uint8", length: 100000, items: \[ (0, ){99}0 ] }$/,
    );
    using queue = new context.Queue<number>(1);
    queue.putNowait(1);
    assert.equal(shown(queue), "Queue { size: 1, full: true }");
  });

  it("shows who holds what", () => {
    const lock = new context.Lock();
    assert.equal(shown(lock), "Lock { locked: false }");
    using _held = lock.holdSync();
    assert.equal(shown(lock), "Lock { locked: true }");
    const condition = new context.Condition();
    assert.equal(shown(condition), "Condition { lock: RLock { locked: false } }");
    assert.equal(shown(new context.BoundedSemaphore(2)), "BoundedSemaphore { value: 2 }");
    assert.equal(shown(new context.Event()), "Event { isSet: false }");
    const barrier = "Barrier { parties: 3, nWaiting: 0, broken: false }";
    assert.equal(shown(new context.Barrier(3)), barrier);
    assert.match(shown([lock]), /^\[ Lock { locked: true },? ]$/);
  });

  it("shows where a process is in its life, and the fields of a subclass", async () => {
    class Counter extends context.Process {
      count = 3;
      override run(): void {}
    }
    assert.match(
      shown(new Counter()),
      /^Counter { name: ".+", state: "new", pid: null, count: 3 }$/,
    );
    const child = new context.Process({ name: "one", target: nothing, daemon: true });
    child.start();
    const { pid } = child;
    assert.equal(
      shown(child),
      `${process} { name: "one", state: "started", pid: ${pid}, daemon: true }`,
    );
    await child.join();
    assert.equal(
      shown(child),
      `${process} { name: "one", state: "ended", pid: ${pid}, exitCode: 0, daemon: true }`,
    );
    child.close();
    assert.equal(
      shown(child),
      `${process} { name: "one", state: "closed", exitCode: 0, daemon: true }`,
    );
  });

  it("shows pools, executors and what they promise", async () => {
    const pool = new context.Pool(1);
    await ready(pool);
    const result = pool.applyAsync(nothing);
    assert.equal(shown(result), 'AsyncResult { state: "pending" }');
    await result;
    assert.equal(shown(result), 'AsyncResult { state: "done" }');
    assert.equal(shown(pool), `${workers} { state: "open", processes: 1, running: 0, queued: 0 }`);
    await pool.terminate();
    assert.match(shown(pool), /Pool { state: "terminated", /);
  });

  it("shows connections, futures, proxies and managers", async () => {
    const [reader, writer] = Pipe({ duplex: false });
    assert.equal(shown(reader), "Connection { readable: true, writable: false, closed: false }");
    reader.close();
    assert.equal(shown(reader), "Connection { readable: true, writable: false, closed: true }");
    writer.close();
    await using executor = new ThreadPoolExecutor(1);
    const future = executor.submit(nothing);
    assert.equal(shown(future), 'Future { state: "pending" }');
    await future;
    assert.equal(shown(future), 'Future { state: "done" }');
    assert.match(shown(executor), /^ThreadPoolExecutor { maxWorkers: 1, state: "open", /);
    await using manager = new Manager();
    assert.equal(shown(manager), 'Manager { state: "new", pid: null, address: null }');
    using dict = await manager.dict({});
    assert.match(shown(dict), /^DictProxy { object: "dict \d+", disposed: false }$/);
    assert.match(shown(manager), /^Manager { state: "started", pid: \d+, address: /);
  });
});
