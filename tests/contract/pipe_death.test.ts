/** Pipes whose other end is in a child that ends: nobody waits for ever. */

import assert from "node:assert/strict";
import process from "node:process";
import { it } from "node:test";
import type { Process } from "../../mod.ts";
import * as work from "../fixtures/pipe/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";
import { FORMS } from "../fixtures/sync/work.ts";
import { RUNTIME } from "../support/runtime.ts";

/** Ends a child, if it does not end by itself. */
function end(child: Process, how: string): void {
  if (how === "kill" || how === "terminate") child[how]();
  if (how === "SIGKILL") process.kill(child.pid!, how);
}

describeSettings("Pipe: the process with the other end ends", (setting) => {
  const { objects, children } = setting;
  const ends = ["return", "exit", "throw", "terminate", "kill"];
  if (children.method === "spawn") ends.push("SIGKILL");

  for (const how of ends) {
    for (const form of FORMS) {
      it(`a receiver gets what was sent, then EOFError: ${how} [${form}]`, async () => {
        const [here, there] = objects.Pipe<string>();
        const child = new children.Process({
          target: work.speakAndEnd,
          args: [there, how, form],
          stderr: "null",
        });
        child.start();
        there.close();
        assert.equal(await here.recv(), "last words");
        const begun = new objects.Event();
        const waits = form === "sync"
          ? setting.others.apply(work.begin, [begun, here, "recvSync"])
          : work.outcome(here, "recv");
        if (form === "sync") await begun.wait();
        end(child, how);
        assert.equal(await waits, "EOFError");
        assert.equal(await here.poll(), true);
        await assert.rejects(here.send("nobody"), { name: "BrokenPipeError" });
        await child.join();
      });
    }
  }

  for (const how of ["kill", "terminate"] as const) {
    for (const form of FORMS) {
      it(`a sender that waits gets BrokenPipeError: ${how} [${form}]`, async () => {
        const [here, there] = objects.Pipe<string>();
        const held = new objects.Event();
        const child = new children.Process({ target: work.holdOn, args: [there, held] });
        child.start();
        there.close();
        await held.wait();
        await work.fill(here as never);
        const begun = new objects.Event();
        const waits = form === "sync"
          ? setting.others.apply(work.begin, [begun, here, "sendSync", "more"])
          : work.outcome(here, "send", "more");
        if (form === "sync") await begun.wait();
        end(child, how);
        assert.equal(await waits, "BrokenPipeError");
        await assert.rejects(here.recv(), { name: "EOFError" });
        await child.join();
      });
    }
  }

  it("the end comes only when the copy here is closed as well", async () => {
    const [here, there] = objects.Pipe<string>();
    const child = new children.Process({
      target: work.speakAndEnd,
      args: [there, "exit", "async"],
    });
    child.start();
    await child.join();
    assert.equal(await here.recv(), "last words");
    assert.equal(await here.poll({ timeout: 100 }), false);
    const waits = work.outcome(here, "recv", { timeout: 50 });
    assert.equal(await waits, "TimeoutError");
    there.close();
    await assert.rejects(here.recv(), { name: "EOFError" });
  });

  it("the end comes when the last of two children ends", async () => {
    const [here, there] = objects.Pipe<string>();
    const all = [1, 2].map(() => {
      const held = new objects.Event();
      const child = new children.Process({ target: work.holdOn, args: [there, held] });
      child.start();
      return { child, held };
    });
    there.close();
    for (const { held } of all) await held.wait();
    all[0].child.kill();
    await all[0].child.join();
    assert.equal(await here.poll({ timeout: 50 }), false);
    const recv = work.outcome(here, "recv");
    all[1].child.kill();
    assert.equal(await recv, "EOFError");
    await all[1].child.join();
  });

  it("a child that never got its end does not keep it open", async () => {
    const [here, there] = objects.Pipe<string>();
    const child = new children.Process({
      target: work.speakAndEnd,
      args: [there, "wait", "async"],
      stderr: "null",
    });
    child.start();
    there.close();
    child.kill();
    await child.join();
    const came = await work.receiveAll(here, "async");
    assert.ok(came.length <= 1, `it has sent ${came}`);
  });

  for (const form of FORMS) {
    it(`a receiver that is killed swallows no message [${form}]`, {
      skip: form === "sync" && children.method === "thread" && RUNTIME === "deno" &&
        "Deno cannot stop a busy thread",
    }, async () => {
      const [here, there] = objects.Pipe<string>();
      const begun = new objects.Event();
      const child = new children.Process({
        target: work.waitOn,
        args: [there, begun, form],
        stderr: "null",
      });
      child.start();
      await begun.wait();
      child.kill();
      await child.join();
      await here.send("for whoever lives");
      assert.equal(await there.recv(), "for whoever lives");
    });
  }
});
