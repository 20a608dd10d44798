/** Waits of one isolate beside each other, and the last look of one whose time is up. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { load } from "../../../src/memory/atomics.ts";
import { WAIT_SET } from "../../../src/memory/layout.ts";
import { AGAIN, EXPIRED, PHASE } from "../../../src/park/operation.ts";
import type { WaitOperation } from "../../../src/park/operation.ts";
import { makeEnd } from "../../../src/park/travel.ts";
import { waitFor } from "../../support/alive.ts";
import { describeMethods } from "../../support/methods.ts";

const DONE = 1;

describeMethods("A wait that blocks", (method) => {
  it("is in the wait set when it looks, although one before it has just left that", async () => {
    const end = makeEnd(method, WAIT_SET.LENGTH);
    const { words, at } = end.block;
    const { seat } = end.member.self;
    const isListed = () => (load(words, at + WAIT_SET.BITS + (seat >> 5)) >> (seat & 31) & 1) === 1;
    let looks = -1;
    const listed: boolean[] = [];
    const operation: WaitOperation = {
      waitSet: 0,
      inTurn: true,
      ordered: true,
      attempt(_words, _at, _agent, blocks, _ticket, phase) {
        // The one before succeeds when the other one, which tries twice, tries the second time.
        if (blocks === 0) return looks >= 0 && ++looks === 2 ? DONE : AGAIN;
        if (phase !== PHASE.FIRST) listed.push(isListed());
        return AGAIN;
      },
    };
    const before = end.wait(operation, 0, undefined, "wait");
    await waitFor(isListed);
    looks = 0;
    assert.equal(end.waitSync(operation, 1, { timeout: 0 }, "wait"), EXPIRED);
    assert.equal(await before, DONE);
    assert.deepEqual(listed, [true]);
  });
});

describeMethods("A wait whose time is up", (method) => {
  for (const ordered of [true, false]) {
    it(`has what came while its isolate was busy${ordered ? ", in order" : ""}`, async () => {
      const end = makeEnd(method, WAIT_SET.LENGTH);
      let items = 0;
      const operation: WaitOperation = {
        waitSet: 0,
        inTurn: true,
        ordered,
        attempt: () => items > 0 ? items-- : AGAIN,
      };
      const timeout = 5;
      const wait = () => end.wait(operation, 0, { timeout }, "wait");
      const first = wait();
      const began = performance.now();
      const waits = [first, wait(), wait()];
      items = 2; // and its ring is not heard
      while (performance.now() - began <= timeout + 1) { /* busy */ }
      assert.deepEqual(await Promise.all(waits), [2, 1, EXPIRED]);
      items = 1;
      assert.equal(await wait(), 1);
    });
  }
});
