import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext, partial } from "../../mod.ts";
import { measure } from "../fixtures/pipe/work.ts";
import { addLength, describe, firsts } from "../fixtures/pool/buffers.ts";
import { describeMethods } from "../support/methods.ts";

describeMethods("pool: large buffers", (method) => {
  const { Pool, Value } = getContext(method);

  it("keeps a bound buffer and an argument apart, in every worker, each time", async () => {
    await using pool = new Pool(2);
    const bound = new Float64Array(50_000).fill(3);
    const given = new Float64Array(50_000).fill(7);
    const task = partial(firsts, bound);
    const results = await Promise.all(
      Array.from({ length: 8 }, () => pool.apply(task, [given])),
    );
    assert.deepEqual(results, Array.from({ length: 8 }, () => [3, 7]));
    assert.equal(bound.length, 50_000, "what was not transferred is still here");
  });

  it("moves a buffer beside an object that is shared", async () => {
    await using pool = new Pool(1);
    const total = new Value("float64", 1);
    for (const length of [10, 50_000]) {
      const { buffer } = new Float64Array(length);
      await pool.apply(addLength, [total, buffer, total], { transfer: [buffer] });
      assert.equal(buffer.detached, true);
    }
    assert.equal(total.value, 1 + 2 * 8 * 50_010);
  });
});

it("pool: a port that is closed before its task is sent fails that task, and no other", async () => {
  const threads = getContext("thread");
  await using pool = new threads.Pool(1);
  const [here, there] = threads.Pipe();
  const busy = pool.apply(measure, [there]);
  const { port2 } = new MessageChannel();
  const late = pool.apply(describe, [port2], { transfer: [port2] });
  const next = pool.apply(describe, [1]);
  port2.close();
  await here.send(new Uint8Array(4));
  await here.recv();
  await busy;
  await assert.rejects(late, { name: "ProtocolError", message: /a port .* closed/ });
  assert.equal(await next, "number");
});
