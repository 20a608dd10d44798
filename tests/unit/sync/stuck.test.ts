/** One whose turn it is does not run, or a party has died: what the others find. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { LIFE } from "../../../src/memory/layout.ts";
import { AGAIN, PHASE } from "../../../src/park/operation.ts";
import type { NowOperation, Phase, WaitOperation } from "../../../src/park/operation.ts";
import { makeEnd } from "../../../src/park/travel.ts";
import * as barrier from "../../../src/sync/barrier_words.ts";
import * as lock from "../../../src/sync/lock_words.ts";
import * as semaphore from "../../../src/sync/semaphore_words.ts";
import { describeMethods } from "../../support/methods.ts";
import type { Method } from "../../support/methods.ts";

/** An object, this isolate, and another agent, which acts only here. */
function make(method: Method, length: number) {
  const { block, member: { self } } = makeEnd(method, length);
  const { words, at } = block;
  const other = self.standIn();
  const agents = { self, other };
  type Who = keyof typeof agents;
  const attempt = (who: Who, operation: WaitOperation, phase: Phase, argument = 0) =>
    operation.attempt(words, at, agents[who], argument, 0, phase, block);
  const now = (who: Who, operation: NowOperation, argument = 0) =>
    operation(words, at, agents[who], argument, block);
  return { words, at, attempt, now, other };
}

describeMethods("One that is starved and does not run", (method) => {
  it("holds a lock up once", () => {
    const { attempt, now } = make(method, lock.LOCK_WORDS);
    const acquire = (who: "self" | "other", phase: Phase) => attempt(who, lock.acquireLock, phase);
    assert.equal(acquire("self", PHASE.FIRST), lock.TAKEN);
    assert.equal(acquire("other", PHASE.STARVED), AGAIN); // and now it does not run
    now("self", lock.releaseLock);
    assert.equal(acquire("self", PHASE.LISTED), AGAIN, "the other one goes first");
    assert.equal(acquire("self", PHASE.DESPERATE), lock.TAKEN);
    now("self", lock.releaseLock);
    assert.equal(now("self", lock.tryLock), lock.TAKEN);
    assert.equal(acquire("other", PHASE.STARVED), AGAIN); // it runs again
    now("self", lock.releaseLock);
    assert.equal(now("self", lock.tryLock), lock.HELD);
    assert.equal(acquire("other", PHASE.STARVED), lock.TAKEN);
  });

  it("holds a semaphore up once", () => {
    const { words, at, attempt, now } = make(method, semaphore.SEMAPHORE_WORDS);
    semaphore.initSemaphore(words, at, 1, 1);
    const acquire = (who: "self" | "other", phase: Phase) =>
      attempt(who, semaphore.acquirePermit, phase);
    assert.equal(acquire("self", PHASE.FIRST), semaphore.DONE);
    assert.equal(acquire("other", PHASE.STARVED), AGAIN); // and now it does not run
    assert.equal(acquire("self", PHASE.DESPERATE), AGAIN, "there is no permit");
    now("self", semaphore.releasePermits, 1);
    assert.equal(acquire("self", PHASE.LISTED), AGAIN, "the other one goes first");
    assert.equal(acquire("self", PHASE.DESPERATE), semaphore.DONE);
    now("self", semaphore.releasePermits, 1);
    assert.equal(now("self", semaphore.tryPermit), semaphore.DONE);
    assert.equal(acquire("other", PHASE.STARVED), AGAIN); // it runs again
    now("self", semaphore.releasePermits, 1);
    assert.equal(now("self", semaphore.tryPermit), semaphore.NONE);
    assert.equal(acquire("other", PHASE.STARVED), semaphore.DONE);
  });
});

describeMethods("The last party of a barrier", (method) => {
  for (const parties of [2, 3]) {
    it(`breaks it if another one has died in its wait: ${parties} parties`, () => {
      const { words, at, attempt, now, other } = make(method, barrier.BARRIER_WORDS);
      barrier.initBarrier(words, at, parties);
      const enter = (who: "self" | "other") => {
        now(who, barrier.comeToBarrier);
        return attempt(who, barrier.enterBarrier, PHASE.FIRST);
      };
      assert.equal(barrier.indexOf(enter("other")), 0);
      for (let party = 1; party < parties - 1; party++) {
        assert.equal(barrier.indexOf(enter("self")), party);
      }
      other.end(LIFE.DEAD);
      assert.equal(enter("self"), barrier.BROKEN);
      assert.equal(now("self", barrier.isBroken), 1);
    });
  }
});
