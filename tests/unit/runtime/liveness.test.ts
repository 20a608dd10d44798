import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { it } from "node:test";
import process from "node:process";
import { threadBegan, threadNumber, threadRuns } from "../../../src/runtime/liveness.ts";
import { beganIn, ENDED, UNKNOWN } from "../../../src/runtime/proc_stat.ts";

const skip = process.platform !== "linux" ? "there is no /proc" : false;

it("threadRuns says of a thread that it runs, that it has ended, or that it is not known", {
  skip,
}, async () => {
  const own = threadNumber();
  assert.equal(threadRuns(own, threadBegan(own)), true);
  const child = spawn("cat"); // until it is killed
  const pid = child.pid!;
  const began = threadBegan(pid);
  assert.equal(threadRuns(pid, began), true);
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  assert.equal(threadBegan(pid), ENDED);
  assert.equal(threadRuns(pid, began), false);
  assert.equal(threadRuns(own, threadBegan(own) + 1), false, "it is another thread");
  assert.equal(threadRuns(0, 5), undefined);
  assert.equal(threadRuns(own, UNKNOWN), undefined);
});

it("beganIn reads the beginning of a thread, whatever it is called", () => {
  const numbers = Array.from({ length: 40 }, (_, i) => 100 + i);
  const text = (name: string, state: string) => `7 (${name}) ${state} ${numbers.join(" ")}\n`;
  for (const name of ["node", "a b", ") Z 1", "(x))"]) {
    for (const state of ["R", "S", "D", "T", "t"]) assert.equal(beganIn(text(name, state)), 118);
    for (const state of ["Z", "X", "x"]) assert.equal(beganIn(text(name, state)), ENDED);
  }
  for (const cut of ["", "7 (no", "7 (node) S 100 101"]) assert.equal(beganIn(cut), UNKNOWN);
});
