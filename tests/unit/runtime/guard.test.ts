/** Where the kernel can be asked to kill a child with its parent. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { canArm } from "../../../src/runtime/guard.ts";
import { exitCodeOf, wasEnded } from "../../../src/runtime/signals.ts";

const status = (user: number, capabilities: string) =>
  `Name:\tnode\nUid:\t1000\t${user}\t1000\t1000\nCapInh:\t0000000000000000\nCapPrm:\t${capabilities}\n`;

it("a setpriv that knows how is needed", () => {
  assert.equal(canArm("usage: --reset-env\0--pdeathsig", null), true);
  assert.equal(canArm("usage:\0pdeathsig\0", null), true, "as a table of its options has it");
  assert.equal(canArm("usage: --reset-env", null), false);
  assert.equal(canArm(null, null), true, "it may be there and not be read");
});

it("capabilities of the runtime's file disarm it, but not for root", () => {
  assert.equal(canArm(null, status(1000, "0000000000000000")), true);
  assert.equal(canArm(null, status(1000, "0000000000000400")), false);
  assert.equal(canArm(null, status(0, "000001ffffffffff")), true);
});

it("signals by which somebody ends a process are no fault of its program", () => {
  assert.deepEqual([1, 2, 9, 15].map((signal) => wasEnded(exitCodeOf(null, signal))), [
    true,
    true,
    true,
    true,
  ]);
  assert.deepEqual([0, 1, 2, 9, -6, -11].map(wasEnded), Array(6).fill(false));
});
