/** Piped output: what it holds open, and what a child may write that nobody reads. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Event, Thread } from "../../mod.ts";
import * as piped from "../fixtures/process/piped.ts";
import { finish } from "../support/child.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram } from "../support/runtime.ts";

const PROGRAM = fixture("process/piped.ts");
const BYTES = piped.KILOBYTES * 1024;

describeMethods("A daemon's piped output", (method) => {
  const run = async (scenario: string) => {
    const { code, stdout, timedOut } = await runProgram(PROGRAM, [scenario, method]);
    return { code, stdout, timedOut };
  };

  it("does not hold the program open if nobody reads it", async () => {
    assert.deepEqual(await run("unread"), {
      code: 0,
      stdout: "begun\n",
      timedOut: false,
    });
  });

  it("does not hold it open either if nobody reads it any more", async () => {
    assert.deepEqual(await run("first"), {
      code: 0,
      stdout: "out\nerror\n",
      timedOut: false,
    });
  });

  it("does not hold it open if it is dropped", async () => {
    assert.deepEqual(await run("dropped"), {
      code: 0,
      stdout: "begun\n",
      timedOut: false,
    });
  });

  it("keeps the program alive while somebody waits for it", async () => {
    assert.deepEqual(await run("daemon"), {
      code: 0,
      stdout: `${JSON.stringify("line 0\nline 1\nline 2\n")}\n`,
      timedOut: false,
    });
  });
});

describe("A thread with piped output", () => {
  for (const target of [piped.pour, piped.pourAndExit]) {
    it(`ends also if nobody reads it, and can still be read: ${target.name}`, async () => {
      const thread = new Thread({ target, stdout: "piped" });
      thread.start();
      assert.equal(await thread.join(), 0);
      assert.equal((await finish(thread)).stdout.length, BYTES);
    });
  }

  it("that waits until its output is out goes on as it is read", async () => {
    const thread = new Thread({ target: piped.pourPolitely, stdout: "piped" });
    thread.start();
    const { code, stdout } = await finish(thread);
    assert.deepEqual({ code, bytes: stdout.length }, { code: 0, bytes: BYTES });
  });

  it("that waits until its output is out goes on when the reader has cancelled", async () => {
    const thread = new Thread({ target: piped.pourPolitely, stdout: "piped" });
    thread.start();
    const reader = thread.stdout!.getReader();
    assert.equal((await reader.read()).done, false);
    await reader.cancel();
    assert.equal(await thread.join(), 0);
  });

  it("is asked to wait when its reader is behind, and told when it may go on", async () => {
    const full = new Event();
    const thread = new Thread({ target: piped.fill, args: [full], stdout: "piped" });
    thread.start();
    await full.wait();
    assert.equal(thread.isAlive(), true);
    const { code, stdout } = await finish(thread);
    assert.equal(code, 0);
    assert.equal(stdout.slice(-5), "\nlast");
  });

  it("writes text in its encoding, and bytes as they are", async () => {
    const thread = new Thread({ target: piped.encode, stdout: "piped" });
    thread.start();
    const bytes = new Uint8Array(await new Response(thread.stdout).arrayBuffer());
    assert.deepEqual([...bytes], [0xff, 0, 1, 2, 0xc3, 0xa9]);
    assert.equal(await thread.join(), 0);
  });
});
