import assert from "node:assert/strict";
import { it } from "node:test";
import { ProtocolError, ThreadPool, WorkerLostError } from "../../mod.ts";
import { fine, garbage } from "../fixtures/pool/garbage.ts";

/** What RESULTS begin with, and how messages end. */
const TIME = Array<number>(8).fill(0);
const NO_MODULES = [0, 0, 0, 0];

// Threads only: there a task can reach the channel. The pool's side is the same for processes.
const MESSAGES: Record<string, number[]> = {
  "nothing": [],
  "no trailer": [3, 1],
  "results that end in a number": [3, 255, 255, 0, 0, 0, 0],
  "a module list outside the message": [3, 0, 9, 9, 0, 0],
  "the end of tasks that it was not sent": [3, ...TIME, 1, 7, 0, ...NO_MODULES],
  "a value of no kind": [3, ...TIME, 2, 0, 1, 254, 254, ...NO_MODULES],
};

for (const [what, bytes] of Object.entries(MESSAGES)) {
  it(`pool: a worker that sends ${what} is ended and replaced`, async () => {
    await using pool = new ThreadPool(1);
    await assert.rejects(pool.apply(garbage, [bytes]), (error) => {
      assert.ok(error instanceof WorkerLostError);
      assert.match(error.message, /cannot be read/);
      assert.ok(error.cause instanceof ProtocolError);
      return true;
    });
    assert.equal(await pool.apply(fine), "fine");
    assert.equal(pool.stats().replaced, 1);
  });
}
