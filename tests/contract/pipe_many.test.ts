/** One end of a pipe in many messages at a time, and many times in one process. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { EOFError, getContext } from "../../mod.ts";
import type { Connection } from "../../mod.ts";
import { closeEach, gather, say } from "../fixtures/pipe/many.ts";
import { describeMethods } from "../support/methods.ts";

describeMethods("One end of a pipe", (method) => {
  const context = getContext(method);
  const objects = getContext("spawn");

  it("is in the arguments of a hundred tasks at a time", async () => {
    const [rx, tx] = context.Pipe({ duplex: false });
    const pool = new context.Pool(2);
    const all = Array.from({ length: 100 }, (_, i) => i);
    await Promise.all(all.map((i) => pool.apply(say, [tx, i])));
    await pool.starmap(say, all.map((i) => [tx, 100 + i] as const), { chunkSize: 100 });
    tx.close();
    pool.close();
    await pool.join();
    const came: number[] = [];
    for await (const value of rx) came.push(value);
    assert.deepEqual(came.sort((a, b) => a - b), [...all, ...all.map((i) => 100 + i)]);
  });

  it("is on its way many times, and closed when all were received and closed", async () => {
    const [rx, tx] = objects.Pipe({ duplex: false });
    const queue = new objects.Queue<Connection>();
    for (let i = 0; i < 200; i++) await queue.put(tx);
    tx.close();
    const child = new context.Process({ target: closeEach, args: [queue, 150] });
    child.start();
    await child.join();
    assert.equal(await rx.poll(), false);
    for (let i = 0; i < 50; i++) (await queue.get()).close();
    await assert.rejects(rx.recv(), EOFError);
  });

  it("comes more than a thousand times to one process", async () => {
    const [rx, tx] = context.Pipe({ duplex: false });
    const [far, near] = context.Pipe({ duplex: false });
    const child = new context.Process({ target: gather, args: [far as never, 1100] });
    child.start();
    far.close();
    for (let i = 0; i < 1100; i++) await near.send(tx);
    tx.close();
    assert.equal(await rx.recv(), 1100);
    await assert.rejects(rx.recv(), EOFError);
    await child.join();
    assert.equal(child.exitCode, 0);
  });
});
