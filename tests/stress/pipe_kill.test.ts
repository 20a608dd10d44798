/** Children that are killed while they send and receive: what others sent and received is whole. */

import assert from "node:assert/strict";
import { it } from "node:test";
import * as work from "../fixtures/pipe/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import { FORMS } from "../fixtures/sync/work.ts";

describeSettings("Pipe: killed", (setting) => {
  const { objects, children } = setting;

  for (const form of FORMS) {
    it(`a sender, again and again: what came is the beginning of what it sent [${form}]`, async () => {
      for (let round = 0; round < 3; round++) {
        const [here, there] = objects.Pipe<number>();
        const child = new children.Process({
          target: work.produce,
          args: [there, 10_000_000, form],
          stderr: "null",
        });
        child.start();
        there.close();
        let next = 0;
        while (next < 20 + 700 * round) assert.equal(await here.recv(), next++);
        child.kill();
        if (form === "sync" && children.method === "thread") {
          here.close(); // a thread that blocks may go on for a while: it gets BrokenPipeError
        } else {
          for await (const n of here) assert.equal(n, next++);
        }
        await child.join();
        assert.ok(next >= 20);
      }
    });
  }

  it("an echo in the middle of its work: its caller is told", async () => {
    for (let round = 0; round < 3; round++) {
      const [here, there] = objects.Pipe<number>();
      const child = new children.Process({
        target: work.echo,
        args: [there, "async"],
        stderr: "null",
      });
      child.start();
      there.close();
      for (let n = 0; n < 50 * round + 1; n++) {
        await here.send(n);
        assert.equal(await here.recv(), n);
      }
      const call = (async () => {
        for (let n = 0;; n++) {
          await here.send(n);
          assert.equal(await here.recv(), n);
        }
      })();
      child.kill();
      await assert.rejects(call, { name: /^(EOFError|BrokenPipeError)$/ });
      await child.join();
    }
  });
});
