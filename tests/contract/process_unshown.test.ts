/** A child whose last error cannot be shown ends all the same, and its parent hears of it. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext } from "../../mod.ts";
import * as unshown from "../fixtures/process/unshown.ts";
import { describeMethods } from "../support/methods.ts";
import { RUNTIME } from "../support/runtime.ts";

const TIMEOUT = 20_000;

describeMethods("A child whose error cannot be shown", (method) => {
  const { Event, Process } = getContext(method);
  const taken = method === "thread" && RUNTIME === "bun"
    ? "Bun's test runner takes the uncaught errors of its threads itself"
    : false;

  for (const target of [unshown.fail, unshown.failLater]) {
    const skip = target === unshown.failLater && taken;
    it(`as nobody reads it ends with 1: ${target.name}`, { skip }, async () => {
      const cut = new Event();
      await using child = new Process({ target, args: [cut], stderr: "piped" });
      child.start();
      await child.stderr!.cancel();
      cut.set();
      assert.equal(await child.join({ timeout: TIMEOUT }), 1);
    });
  }

  it("as nobody reads it is the loss of a task, if it is a worker", { skip: taken }, async () => {
    const cut = new Event();
    await using child = new Process({
      target: unshown.losesWorker,
      args: [cut, method],
      stdout: "piped",
      stderr: "piped",
    });
    child.start();
    await child.stderr!.cancel();
    cut.set();
    const printed = new Response(child.stdout).text();
    assert.equal(await child.join({ timeout: TIMEOUT }), 0);
    assert.equal(await printed, "true RangeError: left behind\n");
  });

  for (const target of [unshown.throwGuarded, unshown.throwRevoked, unshown.throwUnwritten]) {
    it(`as it does not let anybody ends with 1: ${target.name}`, async () => {
      await using child = new Process({ target, stderr: "piped" });
      child.start();
      const shown = new Response(child.stderr).text();
      assert.equal(await child.join({ timeout: TIMEOUT }), 1);
      const stderr = await shown;
      if (target === unshown.throwGuarded) assert.match(stderr, /its cause is guarded/);
      if (target === unshown.throwRevoked) assert.match(stderr, /cannot be shown as text/);
    });
  }
});
