/** References to an object: one for each agent that has it, which the maker takes back when it has ended. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext, Lock } from "../../../mod.ts";
import { SLOT } from "../../../src/memory/arena.ts";
import { LIFE } from "../../../src/memory/layout.ts";
import { construct } from "../../../src/park/adopt.ts";
import { isolateEnded } from "../../../src/park/members.ts";
import { makeEnd } from "../../../src/park/travel.ts";
import { sharedPages } from "../../../src/runtime/pages.ts";
import { nothing, stay } from "../../fixtures/sync/ended.ts";
import { waitFor } from "../../support/alive.ts";
import { describeMethods } from "../../support/methods.ts";
import type { Method } from "../../support/methods.ts";

/** Collecting these would take a reference away, or count for agents that they were not made for. */
const kept: unknown[] = [];

/** A lock, and how many references there are to it. */
function make(method: Method) {
  const end = makeEnd(method, 12);
  const { words, at } = end.block;
  const references = () => words[at - SLOT.LENGTH + SLOT.REFERENCES];
  const lock = construct(Lock as new () => Lock, end);
  kept.push(end, lock);
  return { end, lock, references };
}

describeMethods("References to an object", (method) => {
  const context = getContext(method);
  const skip = method === "spawn" && sharedPages() === null
    ? "without mapped pages a broker keeps what it has offered"
    : false;

  it(
    "are those of its maker when children have ended, with however many of it",
    { skip },
    async () => {
      const { lock, references } = make(method);
      for (let i = 0; i < 2; i++) {
        const child = new context.Process({ target: nothing, args: [[lock, lock], lock] as never });
        child.start();
        await child.join();
      }
      await waitFor(() => {
        isolateEnded(-1, false); // the thread of a child may end a little later than the child
        return references() === 1;
      });
    },
  );

  it("are those of its maker when a child was killed", { skip }, async () => {
    const { lock, references } = make(method);
    const here = new context.Event();
    const child = new context.Process({ target: stay, args: [lock, here] as never });
    child.start();
    await here.wait();
    assert.ok(references() >= 2);
    child.kill();
    await child.join();
    await waitFor(() => {
      isolateEnded(-1, false);
      return references() === 1;
    });
  });

  it("are one for all blocks of an agent, and stay with whoever takes the agent's place", () => {
    const { end, lock, references } = make(method);
    const { arena } = end.member;
    kept.push(lock, end.block);
    const address = arena.addressOf(end.block);
    kept.push(arena.attachBlock(address));
    assert.equal(references(), 1);
    const own = arena.agent;
    const agent = end.member.self.standIn();
    arena.agent = agent.slot;
    const slab = end.block.slab.blocks;
    const blocks = slab.slice();
    slab.fill(0); // as in an isolate that has nothing yet
    kept.push(arena.attachBlock(address));
    assert.equal(references(), 2);
    agent.end(LIFE.LEFT);
    slab.fill(0);
    kept.push(arena.attachBlock(address));
    assert.equal(references(), 2);
    slab.set(blocks);
    arena.agent = own;
    isolateEnded(-1, false);
    assert.equal(references(), 1);
  });
});
