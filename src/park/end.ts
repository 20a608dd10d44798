/**
 * Layer 4, park. An end of a shared object: what its public class works with. The object may lie in
 * memory that this isolate can reach, or with an owner that carries out operations for it.
 *
 * @module
 */

import type { Block } from "../memory/arena.ts";
import { block as blockOn } from "./block.ts";
import type { Lines } from "./lines.ts";
import type { Member } from "./members.ts";
import { AGAIN, PHASE } from "./operation.ts";
import type { NowOperation, WaitOperation } from "./operation.ts";
import type { StartMethod } from "./start_method.ts";
import { timeoutOf } from "./wait.ts";
import type { WaitOptions } from "./wait.ts";
import { enlist } from "./wait_set.ts";

/** An end of a shared object. */
export interface End {
  /** The object's memory; `null` if it is out of reach. */
  readonly block: Block | null;
  /** Carries out an operation that never waits. */
  now<A, R>(operation: NowOperation<A, R>, argument: A): R;
  /**
   * Tries the first attempt of an ordered wait, if nobody of this isolate waits before it; gives
   * AGAIN where that takes more.
   */
  first<A>(operation: WaitOperation<A>, argument: A): number;
  /** Waits without blocking. Results as in `operation.ts`. */
  wait<A>(
    operation: WaitOperation<A>,
    argument: A,
    options: WaitOptions | undefined,
    action: string,
  ): Promise<number>;
  /** Ends the waits in the operation's wait set that were begun here and do not block. */
  abandon<A>(operation: WaitOperation<A>, reason: unknown): void;
  /** Waits, and blocks this isolate meanwhile. */
  waitSync<A>(
    operation: WaitOperation<A>,
    argument: A,
    options: WaitOptions | undefined,
    action: string,
  ): number;
}

/** An end in memory that this isolate can reach. */
export class MemoryEnd implements End {
  readonly block: Block;
  readonly member: Member;
  /** The start method of the context that the object was made in. */
  readonly method: StartMethod;

  constructor(block: Block, member: Member, method: StartMethod) {
    this.block = block;
    this.member = member;
    this.method = method;
  }

  now<A, R>(operation: NowOperation<A, R>, argument: A): R {
    const { block, member } = this;
    return operation(block.words, block.at, member.self, argument, block);
  }

  first<A>(operation: WaitOperation<A>, argument: A): number {
    const { block, member } = this;
    const { words, at } = block;
    if (member.lines.isWaiting(words, at + operation.waitSet)) return AGAIN;
    return operation.attempt(words, at, member.self, argument, 0, PHASE.FIRST, block);
  }

  wait<A>(
    operation: WaitOperation<A>,
    argument: A,
    options: WaitOptions | undefined,
    action: string,
  ): Promise<number> {
    const timeout = timeoutOf(options, action);
    const { lines, self } = this.member;
    return lines.wait(operation, this.block, self, argument, timeout, options?.signal);
  }

  abandon<A>({ waitSet }: WaitOperation<A>, reason: unknown): void {
    this.member.lines.abandon(this.block, this.block.at + waitSet, reason);
  }

  waitSync<A>(
    operation: WaitOperation<A>,
    argument: A,
    options: WaitOptions | undefined,
    action: string,
  ): number {
    const timeout = timeoutOf(options, action);
    options?.signal?.throwIfAborted(); // it cannot abort while this isolate is blocked
    const { self, lines } = this.member;
    const { words, at } = this.block;
    const queues = operation.ordered && lines.isWaiting(words, at + operation.waitSet);
    try {
      return blockOn(
        queues ? behind(operation, lines) : operation,
        this.block,
        self,
        argument,
        timeout,
      );
    } finally {
      lines.recheck();
    }
  }
}

/** The same operation, for one who comes after those who wait in this isolate and do not block it. */
function behind<A>(operation: WaitOperation<A>, lines: Lines): WaitOperation<A> {
  return {
    ...operation,
    attempt(words, at, agent, argument, ticket, phase, block) {
      const set = at + operation.waitSet;
      if (!lines.goAhead(words, set, phase)) return AGAIN;
      // They have left the wait set for the whole isolate.
      if (phase !== PHASE.FIRST) enlist(words, set, agent);
      return operation.attempt(words, at, agent, argument, ticket, phase, block);
    },
  };
}
