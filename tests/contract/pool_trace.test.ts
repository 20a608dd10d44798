import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { CancelledError, getContext, partial, type Pool, ProcessError } from "../../mod.ts";
import { Handshake, ready } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram, RUNTIME } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";
import { readTrace } from "../support/trace_events.ts";
import type { TraceFile } from "../support/trace_events.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Reads the trace of a pool, which has to be as it should be. */
async function traceOf(pool: Pool): Promise<TraceFile> {
  using folder = new TempFolder();
  const path = join(folder.path, "trace.json");
  const { tasks, dropped } = await pool.writeTrace(path);
  const file = readTrace(path);
  assert.deepEqual(file.otherData, { began: file.otherData.began, tasks, dropped });
  return file;
}

function ends({ tasks }: TraceFile): string[] {
  return tasks.map(({ args: { outcome, error } }) => error ?? outcome).sort();
}

describeMethods("pool: trace", (method) => {
  const { Pool } = getContext(method);

  it("has each task once, with function, position, attempt and outcome", async () => {
    await using pool = new Pool({ processes: 2, trace: true });
    await pool.map(work.square, range(1000));
    await pool.map(work.failAtTwo, range(4), { settle: true });
    await pool.apply(work.later, [1]);
    await Array.fromAsync(pool.imap(partial(work.add, 1), range(10)));
    await assert.rejects(pool.apply(work.giveUnsendable, [1]), { name: "SerializationError" });
    await assert.rejects(pool.apply(work.throwValue, ["a"]), (thrown) => thrown === "a");
    const { tasks, otherData } = await traceOf(pool);
    const of = (wanted: string) => tasks.filter(({ name }) => name === wanted);
    assert.deepEqual(
      of("square").map(({ args }) => args.index).sort((a, b) => a - b),
      range(1000),
    );
    assert.ok(of("square").every(({ args }) => args.outcome === "ok" && args.attempt === 0));
    assert.deepEqual(
      of("failAtTwo").map(({ args }) => [args.index, args.error ?? args.outcome]).sort(),
      [[0, "ok"], [1, "ok"], [2, "RangeError"], [3, "ok"]],
    );
    assert.equal(of("later").length, 1);
    assert.equal(of("partial(add)").length, 10);
    assert.equal(of("giveUnsendable")[0].args.error, "SerializationError");
    assert.equal(of("throwValue")[0].args.error, "string");
    assert.equal(tasks.length, 1000 + 4 + 1 + 10 + 2);
    assert.equal(otherData.dropped, 0);
  });

  it("says where each task ran", async () => {
    await using pool = new Pool({ processes: 2, trace: true, name: "Smith" });
    await ready(pool);
    await pool.map(work.busy, new Array(10).fill(2));
    const { workers } = pool.stats();
    const { events, tasks } = await traceOf(pool);
    const names = new Map(
      events.filter(({ name }) => name === "thread_name").map(({ pid, tid, args }) => [
        `${pid}.${tid}`,
        args.name,
      ]),
    );
    assert.deepEqual([...names.values()].sort(), workers.map(({ name }) => name).sort());
    assert.ok([...names.values()].every((name) => String(name).startsWith("Smith-")));
    for (const { pid, tid, dur } of tasks) {
      const worker = workers.find(({ name }) => name === names.get(`${pid}.${tid}`))!;
      assert.equal(pid, worker.pid);
      assert.ok(method === "thread" ? pid === process.pid : pid === tid);
      assert.ok(dur >= 1999, `${dur} µs`);
    }
  });

  it("puts tasks of all workers and of the program on one clock", async () => {
    using hands = new Handshake();
    await using pool = new Pool({ processes: 2, trace: true });
    await ready(pool);
    const before = performance.now();
    // One after the other, each in another worker than the one before.
    const held = pool.apply(work.hold, [hands.path, "a"]);
    await hands.began("a");
    await pool.apply(work.square, [1]);
    hands.go();
    await held;
    await pool.apply(work.add, [1, 2]);
    const took = performance.now() - before;
    const { events, tasks } = await traceOf(pool);
    const [square, hold, add] = ["square", "hold", "add"].map((wanted) =>
      tasks.find(({ name }) => name === wanted)!
    );
    const end = ({ ts, dur }: typeof square) => ts + dur;
    // Within the quickest message that there was: 1 ms is ample.
    assert.ok(hold.ts <= square.ts + 1000);
    assert.ok(end(square) <= end(hold) + 1000);
    assert.ok(end(hold) <= add.ts + 1000);
    assert.ok(end(add) - hold.ts <= took * 1000);
    const isReady = events.filter(({ name }) => name === "worker ready");
    assert.equal(isReady.length, 2);
    assert.ok(isReady.every(({ ts }) => ts <= hold.ts + 1000));
  });

  it("tells how long a task waited, and how many waited", async () => {
    using hands = new Handshake();
    await using pool = new Pool({ processes: 1, trace: true });
    await ready(pool);
    const hold = partial(work.hold, hands.path);
    const calls = ["a", "b", "c"].map((name) => pool.apply(hold, [name]));
    await hands.began("a");
    hands.go();
    await Promise.all(calls);
    const { events, tasks } = await traceOf(pool);
    const counted = events.filter(({ ph }) => ph === "C");
    assert.equal(Math.max(...counted.map(({ args }) => Number(args.tasks))), 3);
    assert.equal(counted.at(-1)!.args.tasks, 0);
    assert.equal(tasks.length, 3);
    // All were submitted at once: who began later has waited longer.
    const [a, , c] = tasks;
    const waited = (c.args.waitMs - a.args.waitMs) * 1000;
    assert.ok(Math.abs(c.ts - a.ts - waited) < 1000, `${c.ts - a.ts} ${waited}`);
  });

  it("has a task that was lost with its worker, and each try of it", async () => {
    await using pool = new Pool({ processes: 1, trace: true });
    await assert.rejects(pool.apply(work.exitAlways), { name: "WorkerLostError" });
    await assert.rejects(pool.apply(work.exitAlways, [], { retries: 1 }), {
      name: "WorkerLostError",
    });
    const file = await traceOf(pool);
    const lost = file.tasks.filter(({ name }) => name === "exitAlways");
    assert.deepEqual(lost.map(({ args: { outcome, attempt } }) => [outcome, attempt]), [
      ["lost", 0],
      ["lost", 0],
      ["lost", 1],
    ]);
    const ended = file.events.filter(({ name }) => name === "worker ended");
    assert.deepEqual(ended.map(({ args }) => args.exitCode), [4, 4, 4]);
    assert.equal(file.events.filter(({ name }) => name === "worker started").length, 4);
  });

  it("has a task that was stopped, and says why", async () => {
    using hands = new Handshake();
    await using pool = new Pool({ processes: 2, trace: true });
    await ready(pool);
    const hold = partial(work.hold, hands.path);
    await assert.rejects(pool.apply(hold, ["a"], { timeout: 20 }), { name: "TimeoutError" });
    const controller = new AbortController();
    const aborted = pool.apply(hold, ["b"], { signal: controller.signal });
    await hands.began("b");
    controller.abort(new CancelledError("enough"));
    await assert.rejects(aborted, { name: "CancelledError" });
    // It listens, and returns when it is told to: that result is in the trace as well.
    const polite = new AbortController();
    const heard = Promise.withResolvers<unknown>();
    const listening = pool.apply(work.listen, [hands.path, "c"], {
      signal: polite.signal,
      grace: 60_000,
      onReport: heard.resolve,
    });
    await heard.promise;
    polite.abort(new CancelledError("enough"));
    await assert.rejects(listening, { name: "CancelledError" });
    await hands.said("aborted-c");
    const held = pool.apply(hold, ["d"]).catch(() => {});
    await hands.began("d");
    await pool.terminate();
    await held;
    const file = await traceOf(pool);
    assert.deepEqual(ends(file), ["stopped", "stopped", "terminated", "timed out"]);
    for (const { dur, args } of file.tasks) {
      if (args.outcome === "timed out") assert.ok(dur >= 15_000, `${dur} µs`);
    }
  });

  it("keeps the last tasks, and says how many it has dropped", async () => {
    await using pool = new Pool({ processes: 2, trace: true, traceLimit: 50 });
    await pool.map(work.square, range(200));
    await pool.map(work.busy, new Array(50).fill(0));
    const { tasks, otherData } = await traceOf(pool);
    assert.deepEqual(otherData, { began: otherData.began, tasks: 50, dropped: 200 });
    assert.deepEqual(new Set(tasks.map(({ name }) => name)), new Set(["busy"]));
  });

  it("forgets workers of which it has no task, and keeps the others", async () => {
    await using pool = new Pool({ processes: 1, trace: true, traceLimit: 3, maxTasksPerChild: 1 });
    for (const i of range(6)) await pool.apply(work.square, [i]);
    const { tasks } = await traceOf(pool);
    assert.equal(new Set(tasks.map(({ pid, tid }) => `${pid}.${tid}`)).size, 3);
  });

  it("is written while tasks run, as often as one likes, and after the end", async () => {
    using hands = new Handshake();
    await using pool = new Pool({ processes: 2, trace: true });
    assert.equal((await traceOf(pool)).tasks.length, 0);
    await pool.map(work.square, range(10));
    const held = pool.apply(work.hold, [hands.path, "a"]);
    await hands.began("a");
    assert.equal((await traceOf(pool)).tasks.length, 10);
    const running = pool.map(work.square, range(5000));
    const files = await Promise.all([traceOf(pool), traceOf(pool)]);
    assert.ok(files.every(({ tasks }) => tasks.length >= 10));
    hands.go();
    await Promise.all([held, running]);
    pool.close();
    assert.equal((await traceOf(pool)).tasks.length, 5011);
    await pool.join();
    const { tasks, events } = await traceOf(pool);
    assert.equal(tasks.length, 5011);
    assert.equal(events.filter(({ name }) => name === "worker ended").length, 2);
  });

  it("is not written without trace: true, nor to what is no path", async () => {
    using folder = new TempFolder();
    const path = join(folder.path, "trace.json");
    await using plain = new Pool(1);
    await assert.rejects(plain.writeTrace(path), (error) => {
      assert.ok(error instanceof ProcessError);
      assert.match(error.message, /make the pool with \{ trace: true \}/);
      return true;
    });
    assert.equal(existsSync(path), false);
    await using pool = new Pool({ processes: 1, trace: true });
    for (const wrong of [undefined, null, 5, {}]) {
      await assert.rejects(pool.writeTrace(wrong as string), {
        name: "TypeError",
        message: /give a path or a file URL/,
      });
    }
  });

  it("rejects with the runtime's error where it cannot be written, and replaces what is there", async () => {
    using folder = new TempFolder();
    await using pool = new Pool({ processes: 1, trace: true });
    await pool.apply(work.square, [2]);
    await assert.rejects(
      pool.writeTrace(join(folder.path, "missing", "trace.json")),
      (error) => (error as { code: string }).code === "ENOENT",
    );
    const path = folder.write("trace.json", "x".repeat(1 << 20));
    await pool.writeTrace(pathToFileURL(path));
    assert.equal(readTrace(path).tasks.length, 1);
    assert.ok(readFileSync(path, "utf8").length < 1 << 20);
  });

  it("takes odd names as they are", async () => {
    const odd = 'a "quoted"\n\u2028 \ud800 name';
    const rename = { value: odd, configurable: true };
    const renamed = Object.defineProperty(partial(work.square), "name", rename);
    const anonymous = Object.defineProperty(partial(work.square), "name", { value: 7 });
    await using pool = new Pool({ processes: 1, trace: true, name: odd });
    await pool.apply(renamed, [1]);
    await pool.apply(anonymous, [1]);
    const { tasks } = await traceOf(pool);
    assert.deepEqual(tasks.map(({ name }) => name.replace("\ufffd", "\ud800")), [odd, "function"]);
  });

  it("refuses wrong options", () => {
    for (const trace of [1, "yes", null]) {
      assert.throws(() => new Pool({ processes: 1, trace: trace as never }), {
        name: "TypeError",
        message: /trace .*: give true or false/,
      });
    }
    assert.throws(() => new Pool({ processes: 1, trace: true, traceLimit: 0 }), RangeError);
    assert.throws(() => new Pool({ processes: 1, trace: true, traceLimit: 0.5 }), RangeError);
  });
});

describe("pool: trace, permissions", () => {
  const skip = RUNTIME === "deno" ? false : "only Deno asks for permission to write";

  it("needs permission to write that one file", { skip }, async () => {
    using folder = new TempFolder();
    const path = join(folder.path, "trace.json");
    const run = (...flags: string[]) =>
      runProgram(fixture("pool/trace_program.ts"), [path], {
        runtimeArgs: ["run", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys", ...flags],
      });
    const refused = await run();
    assert.match(refused.stdout, /^NotCapable: Requires write access to/, refused.stderr);
    assert.equal(existsSync(path), false);
    const granted = await run(`--allow-write=${path}`);
    assert.match(granted.stdout, /tasks: 2/, granted.stderr);
    assert.equal(readTrace(path).tasks.length, 2);
  });
});
