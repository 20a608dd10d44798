/** What a broker takes back from a client that has given up a wait, and lives. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refuse, undo } from "../../../src/broker/take_back.ts";
import type { NowOperation, WaitOperation } from "../../../src/park/operation.ts";
import { makeEnd } from "../../../src/park/travel.ts";
import * as barrier from "../../../src/sync/barrier_words.ts";
import * as condition from "../../../src/sync/condition_words.ts";
import * as lock from "../../../src/sync/lock_words.ts";
import * as semaphore from "../../../src/sync/semaphore_words.ts";

/** An object, and the agent that waits in place of a client. */
function make(words: number, init?: (words: Int32Array<ArrayBufferLike>, at: number) => void) {
  const { block, member } = makeEnd("thread", words);
  const agent = member.self.standIn();
  init?.(block.words, block.at);
  const grant = (operation: WaitOperation, argument: number) => {
    const result = operation.attempt(block.words, block.at, agent, argument, 0, 0, block);
    return { operation, block, agent, member, argument, result };
  };
  const now = (operation: NowOperation, argument = 0) =>
    operation(block.words, block.at, agent, argument, block);
  return { grant, now };
}

const newSemaphore = () =>
  make(semaphore.SEMAPHORE_WORDS, (words, at) => semaphore.initSemaphore(words, at, 2, 2));

describe("A grant that is refused", () => {
  it("frees a lock", () => {
    const { grant, now } = make(lock.LOCK_WORDS);
    refuse(grant(lock.acquireLock, 0));
    assert.equal(now(lock.isLocked), 0);
  });

  for (const [name, permit] of Object.entries(semaphore.PERMIT)) {
    it(`gives a permit back, once: ${name}`, () => {
      const { grant, now } = newSemaphore();
      const kept = grant(semaphore.acquirePermit, permit);
      refuse(grant(semaphore.acquirePermit, permit));
      assert.equal(now(semaphore.permitCount), 1);
      refuse(kept);
      assert.equal(now(semaphore.permitCount), 2);
    });
  }

  it("leaves a held permit of the dead to those who find it", () => {
    const { grant, now } = newSemaphore();
    undo(grant(semaphore.acquirePermit, semaphore.PERMIT.HELD));
    assert.equal(now(semaphore.permitCount), 1);
  });

  it("passes a notification on", () => {
    const { grant, now } = make(condition.CONDITION_WORDS);
    now(condition.beginWait);
    now(condition.beginWait);
    now(condition.notifyWaits, 1);
    refuse(grant(condition.awaitNotice, 0));
    assert.equal(grant(condition.awaitNotice, 0).result, condition.NOTIFIED);
  });

  for (const parties of [1, 2]) {
    it(`breaks the round that it has entered, of ${parties}`, () => {
      const { grant, now } = make(
        barrier.BARRIER_WORDS,
        (words, at) => barrier.initBarrier(words, at, parties),
      );
      now(barrier.comeToBarrier);
      refuse(grant(barrier.enterBarrier, 0));
      assert.equal(now(barrier.isBroken), 1);
    });
  }
});
