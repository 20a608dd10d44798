/** An agent that is found dead by asking the system: everybody who waits is rung, as if told of it. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { it } from "node:test";
import process from "node:process";
import { load, store } from "../../../src/memory/atomics.ts";
import { AGENT, LIFE, PARKED, slotOf } from "../../../src/memory/layout.ts";
import { makeEnd } from "../../../src/park/travel.ts";
import { wordOf } from "../../../src/park/table.ts";
import { threadBegan } from "../../../src/runtime/liveness.ts";
import { waitFor } from "../../support/alive.ts";
import { describeMethods } from "../../support/methods.ts";

const skip = process.platform !== "linux" ? "there is no /proc" : false;

describeMethods("An agent that nobody was told is dead", (method) => {
  it("takes those with it that it stood in for", () => {
    const { member: { self: { table } } } = makeEnd(method, 1);
    const host = table.join(null);
    const guest = table.join(host);
    assert.equal(table.isAlive(guest), true);
    table.end(host, LIFE.DEAD);
    assert.equal(table.isAlive(guest), false);
    assert.equal(table.wasKilled(guest), true);
    const other = table.join(null);
    const left = table.join(other);
    table.end(other, LIFE.LEFT);
    assert.equal(table.isAlive(left), false);
    assert.equal(table.wasKilled(left), false);
  });

  it("is found by the first who asks, who rings everyone once", { skip }, async () => {
    const { block, member: { self } } = makeEnd(method, 1);
    const { words } = block.arena.root;
    const agent = () => {
      const { id } = self.standIn();
      return { id, word: wordOf(slotOf(id)) };
    };
    const [victim, sleeper] = [agent(), agent()];
    const child = spawn("cat"); // until it is killed
    const began = threadBegan(child.pid!);
    store(words, victim.word + AGENT.HOST, 0);
    store(words, victim.word + AGENT.ISOLATE, 1);
    store(words, victim.word + AGENT.TID, child.pid!);
    store(words, victim.word + AGENT.BEGAN_LOW, began % 0x4000_0000);
    store(words, victim.word + AGENT.BEGAN_HIGH, Math.floor(began / 0x4000_0000));
    store(words, sleeper.word + AGENT.PARKED, PARKED.BLOCKED);
    const bell = () => load(words, sleeper.word + AGENT.BELL);
    const [deaths, rings] = [self.deaths(), bell()];
    assert.equal(self.isAlive(victim.id), true);
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    await waitFor(() => !self.isAlive(victim.id)); // the answer before is believed for a while
    assert.equal(self.wasKilled(victim.id), true);
    assert.equal(bell(), rings + 1);
    assert.notEqual(self.deaths(), deaths);
    assert.equal(self.isAlive(victim.id), false);
    self.ended(1, LIFE.DEAD); // being told of it later is no news
    assert.equal(bell(), rings + 1);
    store(words, sleeper.word + AGENT.PARKED, 0);
  });
});
