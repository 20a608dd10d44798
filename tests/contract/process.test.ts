/** The life of a process: start, end, exit codes, waiting, state. */

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { activeChildren, getContext, ProcessError } from "../../mod.ts";
import * as targets from "../fixtures/process/targets.ts";
import { finish, runChild, startChild, untilPrinted } from "../support/child.ts";
import { describeMethods } from "../support/methods.ts";
import { RUNTIME } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";
import { alive, waitFor, waitUntilDead } from "../support/alive.ts";

const SIGNALS = { terminate: -15, kill: -9 } as const;

describeMethods("Process", (method) => {
  const { Process } = getContext(method);

  // -- Exit codes --

  it("ends with 0 when the target returns", async () => {
    assert.equal((await runChild(method, { target: targets.nothing })).code, 0);
  });

  it("ends with 0 when the promise of the target resolves", async () => {
    assert.equal((await runChild(method, { target: targets.later })).code, 0);
  });

  it("ends with 1 and the stack on stderr after an error", async () => {
    const { code, stderr } = await runChild(method, {
      target: targets.throwError,
      name: "Unlucky",
    });
    assert.equal(code, 1);
    assert.match(stderr, /Unlucky/);
    assert.match(stderr, /TypeError: no such luck/);
    assert.match(stderr, /throwError.*targets\.ts/);
  });

  it("ends with 1 after a rejection", async () => {
    const { code, stderr } = await runChild(method, { target: targets.rejectLater });
    assert.equal(code, 1);
    assert.match(stderr, /RangeError: too late/);
    assert.match(stderr, /targets\.ts/);
  });

  it("ends with 1 when a string is thrown", async () => {
    const { code, stderr } = await runChild(method, { target: targets.throwString });
    assert.equal(code, 1);
    assert.match(stderr, /only a string/);
  });

  it("shows the cause of an error", async () => {
    const { code, stderr } = await runChild(method, { target: targets.throwWithCause });
    assert.equal(code, 1);
    assert.match(stderr, /Error: outside[^]*Caused by: TypeError: inside/);
  });

  it("ends with 1 after a rejection that nobody waits for, though the target goes on", async () => {
    const { code, stderr } = await runChild(method, { target: targets.looseRejection });
    assert.equal(code, 1);
    assert.match(stderr, /nobody waits for me/);
  });

  it("ends with 1 after an error in a timer, though the target goes on", async () => {
    const { code, stderr } = await runChild(method, { target: targets.looseError });
    assert.equal(code, 1);
    assert.match(stderr, /thrown by a timer/);
  });

  it("ends with the code of process.exit()", async () => {
    for (const code of [0, 1, 7, 255]) {
      assert.equal((await runChild(method, { target: targets.exitWith, args: [code] })).code, code);
    }
  });

  it("ends with the code of process.exit() in a timer", async () => {
    const { code } = await runChild(method, { target: targets.exitSoon, args: [9] });
    assert.equal(code, 9);
  });

  it("ends with the code of Deno.exit()", {
    skip: RUNTIME === "deno" ? false : "there is no Deno.exit() here",
  }, async () => {
    assert.equal((await runChild(method, { target: targets.exitOfDeno, args: [6] })).code, 6);
  });

  it("ends only when what the target left behind is done", async () => {
    const { code, stdout } = await runChild(method, { target: targets.leaveWork });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "left work done\n" });
  });

  for (const verb of ["terminate", "kill"] as const) {
    it(`${verb}() ends an idle child with ${SIGNALS[verb]}`, async () => {
      const { child } = startIdle();
      await untilPrinted(child, "ready");
      child[verb]();
      child[verb](); // asking again changes nothing
      assert.equal(await child.join(), SIGNALS[verb]);
      assert.equal(child.exitCode, SIGNALS[verb]);
      child[verb](); // no more effect
      assert.equal(child.exitCode, SIGNALS[verb]);
    });

    it(`${verb}() right after start() ends the child with ${SIGNALS[verb]}`, async () => {
      const child = new Process({ target: targets.idle, stdout: "null" });
      child.start();
      child[verb]();
      assert.equal(await child.join(), SIGNALS[verb]);
    });

    it(`${verb}() changes nothing after the end`, async () => {
      const child = new Process({ target: targets.nothing });
      child.start();
      assert.equal(await child.join(), 0);
      child[verb]();
      assert.equal(child.exitCode, 0);
      assert.equal(await child.join(), 0);
    });

    it(`${verb}() before start() is refused`, () => {
      const child = new Process({ target: targets.nothing });
      assert.throws(() => child[verb](), { name: "ProcessError", message: /not started/ });
    });
  }

  // -- State --

  it("knows whether it runs, its pid and its exit code", async () => {
    const { child } = startIdle(false);
    assert.equal(child.isAlive(), false);
    assert.equal(child.pid, null);
    assert.equal(child.exitCode, null);
    child.start();
    assert.equal(child.isAlive(), true);
    assert.equal(child.exitCode, null);
    if (method === "thread") assert.equal(child.pid, process.pid);
    else assert.notEqual(child.pid, process.pid);
    const pid = child.pid!;
    assert.ok(alive(pid));
    child.kill();
    await child.join();
    assert.equal(child.isAlive(), false);
    assert.equal(child.pid, pid);
    if (method === "spawn") assert.equal(alive(pid), false);
  });

  it("is among activeChildren() while it runs", async () => {
    const { child } = startIdle(false);
    assert.equal(activeChildren().includes(child), false);
    child.start();
    assert.equal(activeChildren().includes(child), true);
    assert.notEqual(activeChildren(), activeChildren(), "a fresh list each time");
    child.kill();
    await child.join();
    assert.equal(activeChildren().includes(child), false);
  });

  it("refuses a second start()", async () => {
    const child = new Process({ target: targets.nothing });
    child.start();
    const twice = { name: "ProcessError", message: /twice/ };
    assert.throws(() => child.start(), twice);
    await child.join();
    assert.throws(() => child.start(), twice);
  });

  // -- join --

  it("join() before start() is refused", async () => {
    const child = new Process({ target: targets.nothing });
    await assert.rejects(child.join(), { name: "ProcessError", message: /not started/ });
  });

  it("join() can be called again, and by many at once", async () => {
    const child = new Process({ target: targets.exitWith, args: [3] });
    child.start();
    assert.deepEqual(await Promise.all([child.join(), child.join(), child.join()]), [3, 3, 3]);
    assert.equal(await child.join(), 3);
    assert.equal(await child.join({ timeout: 0 }), 3);
    assert.equal(await child.join({ timeout: -1 }), 3);
  });

  it("join() with a timeout gives null and leaves the child alone", async () => {
    await using child = startIdle().child;
    for (const timeout of [0, -5, -Infinity, 1, 0.5]) {
      assert.equal(await child.join({ timeout }), null);
    }
    assert.equal(child.isAlive(), true);
  });

  it("join() refuses NaN and what is no number", async () => {
    await using child = startIdle().child;
    await assert.rejects(child.join({ timeout: NaN }), { name: "RangeError", message: /NaN/ });
    await assert.rejects(child.join({ timeout: "5" as never }), { name: "TypeError" });
  });

  it("join() takes a timeout of any length", async () => {
    for (const timeout of [Infinity, Number.MAX_VALUE, 2 ** 31]) {
      const child = new Process({ target: targets.nothing });
      child.start();
      assert.equal(await child.join({ timeout }), 0);
    }
  });

  it("join() rejects with the reason of an aborted signal, others wait on", async () => {
    await using child = startIdle().child;
    const controller = new AbortController();
    const other = child.join();
    const aborted = child.join({ signal: controller.signal });
    const reason = new Error("changed my mind");
    controller.abort(reason);
    await assert.rejects(aborted, (error) => error === reason);
    await assert.rejects(child.join({ signal: controller.signal }), (error) => error === reason);
    assert.equal(child.isAlive(), true);
    child.kill();
    assert.equal(await other, -9);
  });

  // -- sentinel --

  it("sentinel resolves at the end, and is refused before start()", async () => {
    const child = new Process({ target: targets.exitWith, args: [4] });
    assert.throws(() => child.sentinel, { name: "ProcessError", message: /start\(\)/ });
    child.start();
    const { sentinel } = child;
    assert.equal(await Promise.all([sentinel, child.join()]).then(([code]) => code), 4);
    assert.equal(await child.sentinel, 4);
  });

  // -- close and dispose --

  it("close() is refused while the child runs", async () => {
    await using child = startIdle().child;
    assert.throws(() => child.close(), { name: "ProcessError", message: /still runs/ });
    assert.equal(child.isAlive(), true);
  });

  it("close() makes everything else throw, and may be called again", async () => {
    const child = new Process({ target: targets.nothing, name: "Closed" });
    child.start();
    await child.join();
    child.close();
    child.close();
    const closed = { name: "ProcessError", message: /Closed.*closed/ };
    const uses: (() => unknown)[] = [
      () => child.start(),
      () => child.isAlive(),
      () => child.terminate(),
      () => child.kill(),
      () => child.name,
      () => child.pid,
      () => child.exitCode,
      () => child.daemon,
      () => child.sentinel,
    ];
    for (const use of uses) assert.throws(use, closed);
    await assert.rejects(child.join(), closed);
  });

  it("close() works before start()", () => {
    const child = new Process({ target: targets.nothing });
    child.close();
    assert.throws(() => child.start(), ProcessError);
  });

  it("`await using` ends the child and closes the object", async () => {
    let kept;
    {
      await using child = startIdle().child;
      kept = child;
      await untilPrinted(child, "ready");
    }
    assert.throws(() => kept.exitCode, { name: "ProcessError", message: /closed/ });
    await kept[Symbol.asyncDispose](); // again: nothing
    await new Process({ target: targets.nothing })[Symbol.asyncDispose](); // never started
  });

  function startIdle(start = true) {
    const child = new Process({ target: targets.idle, stdout: "piped" });
    if (start) child.start();
    return { child };
  }
});

describe("A busy child", () => {
  for (const verb of ["terminate", "kill"] as const) {
    it(`of its own process ends at ${verb}()`, async () => {
      using folder = new TempFolder();
      const file = `${folder.path}/ready`;
      const { child, finished } = startChild("spawn", { target: targets.busy, args: [file] });
      await untilWritten(file);
      child[verb]();
      assert.equal((await finished).code, SIGNALS[verb]);
      assert.equal(alive(child.pid!), false);
    });

    it(`of a thread ends at ${verb}(), in Deno for its parent`, async () => {
      using folder = new TempFolder();
      const file = `${folder.path}/ready`;
      const flag = new SharedArrayBuffer(4);
      const { child, finished } = startChild("thread", {
        target: targets.busyUntil,
        args: [file, flag],
      });
      await untilWritten(file);
      child[verb]();
      assert.equal((await finished).code, SIGNALS[verb]);
      assert.equal(child.isAlive(), false);
      Atomics.store(new Int32Array(flag), 0, 1); // what was abandoned in Deno ends, too
    });
  }

  it("reports a signal from outside", async () => {
    const expected = { SIGTERM: -15, SIGKILL: -9, SIGINT: -2, SIGHUP: -1, SIGALRM: -14 };
    for (const [signal, code] of Object.entries(expected)) {
      const child = new (getContext("spawn").Process)({ target: targets.idle, stdout: "piped" });
      child.start();
      await untilPrinted(child, "ready");
      process.kill(child.pid!, signal as NodeJS.Signals);
      assert.equal((await finish(child)).code, code, signal);
      await waitUntilDead(child.pid!);
    }
  });

  async function untilWritten(file: string): Promise<void> {
    const { existsSync } = await import("node:fs");
    await waitFor(() => existsSync(file));
  }
});
