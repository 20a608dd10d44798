/**
 * Layer 6, broker. Takes back what a wait was granted when its client no longer waited for it. A client
 * that has died leaves the rest to the protocols, which find its death; one that lives on does not.
 *
 * @module
 */

import type { Block } from "../memory/arena.ts";
import type { Agent } from "../park/agent.ts";
import type { Member } from "../park/members.ts";
import type { WaitOperation } from "../park/operation.ts";
import { CHANNEL, itemDone, putItem, takeItem } from "../channel/channel_words.ts";
import type { Carrier } from "../channel/crossings.ts";
import { awaitBarrier, BROKEN, enterBarrier } from "../sync/barrier_words.ts";
import { acquirePermit, DONE, PERMIT, releaseHeld } from "../sync/semaphore_words.ts";

/** A wait that has been granted. */
export interface Grant {
  readonly operation: WaitOperation<unknown>;
  readonly block: Block;
  /** The client's. */
  readonly agent: Agent;
  /** The broker's own. */
  readonly member: Member;
  readonly argument: unknown;
  readonly result: number;
}

/**
 * Whether a wait that is given up ends those of others. Where its client has died, that has to be
 * known before: who resets a barrier forgets the dead, and would not know of this one.
 */
export function concernsOthers(operation: WaitOperation<unknown>): boolean {
  return operation === awaitBarrier;
}

/** For a client that has died. */
export function undo({ operation, block, agent, argument, result }: Grant): void {
  operation.undo?.(block.words, block.at, agent, argument, result);
}

/** For a client that has given the wait up, and lives. */
export function refuse(grant: Grant): void {
  undo(grant);
  const { operation, block: { words, at }, agent, argument, result } = grant;
  if (operation === acquirePermit) {
    // A held permit comes back by itself from the dead only.
    if (argument === PERMIT.HELD && result === DONE) releaseHeld(words, at, agent, 0, grant.block);
  } else if (operation === enterBarrier && result >= 0 && result < BROKEN) {
    // It has arrived, and will not go on: as for any party that gives up, that breaks the round.
    awaitBarrier.giveUp!(words, at, agent, result, 0);
  } else if (operation === takeItem && result === CHANNEL.DONE) {
    putBack(grant, new Uint8Array((argument as Carrier).bytes!)).catch(() => {}); // it cannot be mapped
  }
}

/**
 * Puts an item back, when there is room. It cannot go back to the front; at the end it is not lost. The
 * broker does this itself: the client may end before.
 */
async function putBack({ member, block }: Grant, buffer: Uint8Array): Promise<void> {
  const { lines, self } = member;
  const item = { buffer, length: buffer.length };
  const result = await lines.wait(putItem, block, self, item, Infinity);
  if (result === CHANNEL.DONE) itemDone(block.words, block.at, self, 0, block); // it is counted twice
}
