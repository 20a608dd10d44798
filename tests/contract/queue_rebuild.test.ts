/** Items whose `rebuild` ends waits: its own, or another one's. Each wait ends once, and alone. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext, QueueEmpty, registerClass } from "../../mod.ts";
import { pause, soonOrNever, withoutTimers } from "../fixtures/sync/wakeups.ts";
import { describeMethods } from "../support/methods.ts";

/** What is done where an item of this class arrives. */
let onArrival = () => {};

class Acting {}
registerClass(Acting, {
  reduce: () => 0,
  rebuild: () => {
    onArrival();
    return new Acting();
  },
});

/** Begins so many waits, each with a controller; resolves when they have been woken for from then on. */
async function waiting<T>(count: number, get: (signal: AbortSignal) => Promise<T>) {
  const stops = Array.from({ length: count }, () => new AbortController());
  const waits = stops.map(({ signal }) => get(signal));
  for (const wait of waits) wait.catch(() => {});
  await pause(); // they have looked for a moment by now, and are listed
  return { stops, waits };
}

describeMethods("A rebuild that ends waits", (method) => {
  const objects = getContext(method);

  for (const others of [0, 1, 2]) {
    it(`aborts its own, which has the item; ${others} behind it go on`, async () => {
      const queue = new objects.Queue<unknown>();
      const { stops, waits } = await waiting(1 + others, (signal) => queue.get({ signal }));
      onArrival = () => stops[0].abort();
      await queue.put(new Acting());
      assert.ok(await soonOrNever(waits[0], "the wait that was aborted") instanceof Acting);
      for (let n = 1; n <= others; n++) {
        await queue.put(n);
        assert.equal(await soonOrNever(waits[n], `wait ${n}`), n);
      }
    });
  }

  it("leaves later waits as they are: they are woken", async () => {
    const queue = new objects.Queue<unknown>();
    const { stops, waits } = await waiting(1, (signal) => queue.get({ signal }));
    onArrival = () => stops[0].abort();
    await queue.put(new Acting());
    await waits[0];
    await withoutTimers(async () => {
      const later = queue.get();
      await pause();
      await queue.put("later");
      assert.equal(await soonOrNever(later, "a later wait"), "later");
    });
  });

  it("aborts another one, before or behind it: all others get their items", async () => {
    for (const [own, aborted] of [[0, 1], [0, 2], [1, 2], [1, 3]]) {
      const queue = new objects.Queue<unknown>();
      const { stops, waits } = await waiting(4, (signal) => queue.get({ signal }));
      for (let n = 0; n < own; n++) queue.putNowait(n);
      onArrival = () => stops[aborted].abort();
      queue.putNowait(new Acting());
      for (let n = own + 1; n < 4; n++) if (n !== aborted) queue.putNowait(n);
      for (let n = 0; n < 4; n++) {
        const wait = soonOrNever(waits[n], `wait ${n}`);
        if (n === aborted) await assert.rejects(wait, { name: "AbortError" });
        else if (n === own) assert.ok(await wait instanceof Acting);
        else assert.equal(await wait, n);
      }
      assert.throws(() => queue.getNowait(), QueueEmpty);
    }
  });

  it("aborts one that is just beginning", async () => {
    const queue = new objects.Queue<unknown>();
    const { waits } = await waiting(1, (signal) => queue.get({ signal }));
    const stop = new AbortController();
    onArrival = () => stop.abort();
    queue.putNowait(new Acting());
    const beginning = queue.get({ signal: stop.signal });
    await assert.rejects(soonOrNever(beginning, "the one that was aborted"), {
      name: "AbortError",
    });
    assert.ok(await soonOrNever(waits[0], "the first one") instanceof Acting);
  });

  it("closes the connection that receives the item, which arrives; other waits end", async () => {
    const [here, there] = objects.Pipe();
    const waits = [here.recv(), here.recv()];
    waits[1].catch(() => {});
    await pause();
    onArrival = () => here.close();
    await there.send(new Acting());
    assert.ok(await soonOrNever(waits[0], "recv()") instanceof Acting);
    await assert.rejects(soonOrNever(waits[1], "the second recv()"), { name: "ProcessError" });
    there.close();
  });
});
