import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { getContext, ProcessPoolExecutor, ThreadPoolExecutor } from "../../mod.ts";
import type { Pool, RemoteError } from "../../mod.ts";
import { ready } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/stacks.ts";
import { describeMethods } from "../support/methods.ts";
import { RUNTIME } from "../support/runtime.ts";

/** What a call fails with that is awaited here. */
async function awaitedHere(call: () => PromiseLike<unknown>): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new assert.AssertionError({ message: "it did not fail" });
}

/** The files of a stack's frames that are no runtime's, from the top. */
function files(stack: string | undefined): string[] {
  const frames = stack!.split("\n").filter((line) => /^\s+at /.test(line));
  return frames.flatMap((line) => /([\w]+(?:\.test)?\.[tj]s):\d+:\d+\)?$/.exec(line)?.[1] ?? [])
    .filter((file) => !/^(?:testing|task_queues|harness|test)\./.test(file));
}

describeMethods("pool: stacks", (method) => {
  let pool: Pool;
  before(async () => await ready(pool = new (getContext(method).Pool)(2)));
  after(() => pool.terminate());

  const calls: Record<string, () => PromiseLike<unknown>> = {
    apply: () => pool.apply(work.deep, [3]),
    map: () => pool.map(work.deep, [3]),
    starmap: () => pool.starmap(work.deep, [[3]]),
    broadcast: () => pool.broadcast(work.deep, 3),
    "applyAsync and get": () => pool.applyAsync(work.deep, [3]).get({ timeout: 60_000 }),
    imap: () => pool.imap(work.deep, [3]).next(),
  };
  for (const [name, call] of Object.entries(calls)) {
    it(`lead from the task to whoever awaits it, without ours: ${name}`, async () => {
      const error = await awaitedHere(call);
      assert.ok(error.stack!.startsWith("RangeError: too deep\n"), error.stack);
      const [first, ...others] = files(error.stack);
      assert.equal(first, "stacks.ts");
      assert.deepEqual([...new Set(others)], ["stacks.ts", "pool_stacks.test.ts"], error.stack);
      assert.match(error.stack!, /at async awaitedHere /);
      const cause = error.cause as RemoteError;
      assert.match(cause.stack!, /^RemoteError: In PoolWorker-\d+ \(pid \d+\): too deep\n/);
      assert.deepEqual([...new Set(files(cause.stack))], ["stacks.ts"], cause.stack);
    });
  }

  it("do so behind an await in the task", async () => {
    const error = await awaitedHere(() => pool.apply(work.deepLater, [2]));
    const seen = [...new Set(files(error.stack))];
    assert.deepEqual(seen, ["stacks.ts", "pool_stacks.test.ts"], error.stack);
  });

  it("do so if a handle is awaited", {
    skip: RUNTIME === "bun" ? "JavaScriptCore does not follow objects with a then" : false,
  }, async () => {
    const error = await awaitedHere(() => pool.applyAsync(work.deep, [1]));
    assert.match(error.stack!, /at async awaitedHere /);
  });

  it("do so once", async () => {
    const handle = pool.applyAsync(work.deep, [1]);
    const first = (await awaitedHere(() => handle.get())).stack;
    assert.equal((await awaitedHere(() => handle.get())).stack, first);
  });

  it("are not confused by a message that looks like one", async () => {
    const error = await awaitedHere(() => pool.apply(work.sayFrames));
    assert.match(error.stack!, /^Error: one\n {4}at two\n {4}at sayFrames /);
    const { stack } = error.cause as Error;
    assert.match(stack!, /^RemoteError: In PoolWorker-\d+ \(pid \d+\): one\n {4}at sayFrames /);
  });

  it("of lost and late tasks say who has awaited them", async () => {
    const lost = await awaitedHere(() => pool.apply(work.leave));
    assert.match(lost.stack!, /^WorkerLostError: .*\n {4}at async awaitedHere /);
    const late = await awaitedHere(() => pool.apply(work.never, [], { timeout: 1, grace: 0 }));
    assert.match(late.stack!, /^TimeoutError: .*\n {4}at async awaitedHere /);
  });

  it("are as good in executors", async () => {
    const Executor = method === "thread" ? ThreadPoolExecutor : ProcessPoolExecutor;
    await using executor = new Executor(1);
    const error = await awaitedHere(() => executor.submit(work.deep, 1).result());
    const seen = [...new Set(files(error.stack))];
    assert.deepEqual(seen, ["stacks.ts", "pool_stacks.test.ts"], error.stack);
  });
});
