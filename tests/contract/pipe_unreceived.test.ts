/** A connection in a message to a child that ends before it receives it: who has the other end is told. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { BrokenPipeError, EOFError, getContext } from "../../mod.ts";
import type { Connection } from "../../mod.ts";
import { ignore, stay } from "../fixtures/pipe/many.ts";
import { describeMethods } from "../support/methods.ts";

interface Lost {
  here: Connection;
  carrier: Connection;
}

/** Instead of for ever. */
const LONG = { timeout: 10_000 };

describeMethods("A connection that a child does not receive", (method) => {
  const context = getContext(method);
  const objects = getContext("spawn");

  /** Sends an end to a child that ends; the other end, and the way to the child. */
  async function lose(kill: boolean, closeFirst = false): Promise<Lost> {
    const [carrier, far] = objects.Pipe();
    const [here, there] = objects.Pipe();
    const started = new objects.Event();
    const child = kill
      ? new context.Process({ target: stay, args: [far, started] })
      : new context.Process({ target: ignore, args: [far] });
    child.start();
    far.close();
    await carrier.send("before");
    await carrier.send({ there });
    there.close();
    if (closeFirst) carrier.close();
    if (kill) {
      await started.wait();
      child.kill();
    }
    await child.join();
    return { here, carrier };
  }

  for (const kill of [false, true]) {
    it(`is closed when its sender closes: the child ${kill ? "was killed" : "ended"}`, async () => {
      const { here, carrier } = await lose(kill);
      carrier.close();
      await assert.rejects(here.recv(LONG), EOFError);
    });
  }

  for (const closeFirst of [true, false]) {
    it(`is closed though its sender ${closeFirst ? "has closed before" : "does nothing"}`, async () => {
      const { here, carrier } = await lose(true, closeFirst);
      await assert.rejects(here.recv(LONG), EOFError);
      carrier.close();
    });
  }

  it("is closed when its sender finds out", async () => {
    const { here, carrier } = await lose(false);
    // Without shared pages the thread that does this hears of the end a little later than we do.
    await assert.rejects(async () => {
      for (;;) {
        await carrier.send("after");
        await new Promise((resolve) => setTimeout(resolve));
      }
    }, BrokenPipeError);
    await assert.rejects(here.recv(LONG), EOFError);
    assert.throws(() => carrier.sendSync("after"), BrokenPipeError);
    await assert.rejects(carrier.recv(LONG), EOFError);
  });

  it("is told to who waits meanwhile", async () => {
    const { here, carrier } = await lose(false);
    const waiting = assert.rejects(here.recv(LONG), EOFError);
    carrier.close();
    await waiting;
  });
});
