/** A connection in a message that cannot be read: who has the other end is told, as if nobody had got it. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { EOFError, getContext, ProcessError, registerClass } from "../../mod.ts";
import type { Connection } from "../../mod.ts";
import { sendUnreadable } from "../fixtures/pipe/many.ts";
import { describeMethods } from "../support/methods.ts";

/** Instead of for ever. */
const LONG = { timeout: 10_000 };

let rebuilt = 0;

class Broken {}
registerClass(Broken, {
  reduce: () => 0,
  rebuild: () => {
    throw new Error(`it cannot be rebuilt: ${++rebuilt}`);
  },
});

describeMethods("A connection in a message that cannot be read", (method) => {
  const context = getContext(method);

  for (
    const [where, around] of [
      ["behind", (there: Connection) => [new Broken(), new Broken(), { there }]],
      ["before", (there: Connection) => [{ there }, new Broken()]],
    ] as const
  ) {
    it(`is closed: ${where} what cannot be rebuilt`, async () => {
      const queue = new context.Queue<unknown>();
      const [carrier, far] = context.Pipe();
      for (
        const [send, take, { Pipe }] of [
          // A queue has no way for what only travels to threads.
          [(value: unknown) => queue.put(value), () => queue.get(LONG), getContext("spawn")],
          [(value: unknown) => carrier.send(value), () => far.recv(LONG), context],
        ] as const
      ) {
        const [here, there] = Pipe();
        await send(around(there));
        there.close();
        const before = rebuilt;
        await assert.rejects(take(), { message: `it cannot be rebuilt: ${before + 1}` });
        assert.equal(rebuilt, before + 1, "nothing else of the user's runs");
        await assert.rejects(here.recv(LONG), EOFError);
        await send("after");
        assert.equal(await take(), "after");
      }
    });
  }

  it("is closed with what nobody receives: nothing of the user's runs", async () => {
    const [carrier, far] = context.Pipe();
    const [here, there] = context.Pipe();
    await carrier.send([new Broken(), there]);
    there.close();
    const before = rebuilt;
    far.close();
    await assert.rejects(here.recv(LONG), EOFError);
    assert.equal(rebuilt, before);
  });

  for (
    const [what, receive] of [
      ["is received", (carrier) => assert.rejects(carrier.recv(LONG), /children only/)],
      ["is not received", async (carrier) => void await carrier.poll(LONG)],
      ["is left after recvSync()", async (carrier) => {
        await carrier.poll(LONG);
        assert.throws(() => carrier.recvSync(LONG), ProcessError);
      }],
    ] as [string, (carrier: Connection) => Promise<void>][]
  ) {
    it(`is closed: the module of a function cannot be imported, and the message ${what}`, async () => {
      const [carrier, far] = context.Pipe();
      const [here, there] = context.Pipe();
      const child = new context.Process({ target: sendUnreadable, args: [far, there] });
      child.start();
      far.close();
      there.close();
      await receive(carrier);
      carrier.close();
      await assert.rejects(here.recv(LONG), EOFError);
      assert.equal(await child.join(), 0);
    });
  }
});
