/** Barriers of a manager whose action takes its time. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BrokenBarrierError, Manager, Process, TimeoutError } from "../../mod.ts";
import { Gate, slowAction, waitAndTell } from "../fixtures/manager/faults.ts";
import { waitFor } from "../support/alive.ts";

class Base extends Manager {}
const Gates = Base.register("Gate", Gate);

describe("A barrier whose action runs", () => {
  let manager: InstanceType<typeof Gates>;
  before(() => void (manager = new Gates()));
  after(() => manager.shutdown());

  /** A barrier of two, whose action runs. */
  async function acting() {
    const [gate, barrier] = await Promise.all([
      manager.Gate(),
      manager.Barrier(2, { action: slowAction }),
    ]);
    const first = Promise.allSettled([barrier.wait(), barrier.wait()]);
    await gate.acting();
    return { gate, barrier, first };
  }
  const fulfilled = [{ status: "fulfilled", value: 0 }, { status: "fulfilled", value: 1 }];

  it("a wait of the next round can be aborted", async () => {
    const { gate, barrier, first } = await acting();
    const stop = new AbortController();
    const reason = new Error("enough");
    const third = barrier.wait({ signal: stop.signal });
    await gate.open();
    assert.deepEqual(await first, fulfilled);
    assert.equal(await barrier.nWaiting, 1);
    stop.abort(reason);
    await assert.rejects(third, reason);
    assert.equal(await barrier.broken, true);
  });

  it("its party of the next round dies", async () => {
    const { gate, barrier, first } = await acting();
    const told = await manager.Event();
    const child = new Process({ target: waitAndTell, args: [barrier, told] });
    child.start();
    await told.wait();
    await gate.open();
    assert.deepEqual(await first, fulfilled);
    assert.equal(await barrier.nWaiting, 1);
    child.kill();
    await child.join();
    await waitFor(() => barrier.broken);
    await assert.rejects(barrier.wait(), BrokenBarrierError);
  });

  it("a wait of the next round has a time-out, which breaks the barrier", async () => {
    const { gate, barrier, first } = await acting();
    const other = assert.rejects(barrier.wait(), BrokenBarrierError);
    await assert.rejects(barrier.wait({ timeout: 5 }), TimeoutError);
    await other;
    assert.equal(await barrier.broken, true);
    await assert.rejects(barrier.wait(), BrokenBarrierError);
    await barrier.reset();
    // The action of the round that was broken still runs: it says nothing about this one.
    const next = barrier.wait({ timeout: 20_000 });
    assert.equal(await barrier.nWaiting, 1);
    await gate.open();
    for (const result of await first) {
      assert.ok((result as PromiseRejectedResult).reason instanceof BrokenBarrierError);
    }
    const last = barrier.wait();
    await gate.acting();
    await gate.open();
    assert.equal(await next, 0);
    assert.equal(await last, 1);
  });

  it("a wait of the next round is given up, which breaks the barrier", async () => {
    const { gate, barrier, first } = await acting();
    const stop = new AbortController();
    const third = barrier.wait({ signal: stop.signal });
    const reached = barrier.nWaiting;
    await reached;
    stop.abort();
    await assert.rejects(third, { name: "AbortError" });
    assert.equal(await barrier.broken, true);
    await gate.open();
    for (const result of await first) {
      assert.ok((result as PromiseRejectedResult).reason instanceof BrokenBarrierError);
    }
  });
});
