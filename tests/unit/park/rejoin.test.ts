/** An isolate that has forgotten an arena and comes back is the agent that it was. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { LIFE } from "../../../src/memory/layout.ts";
import { AgentTable } from "../../../src/park/table.ts";
import { makeEnd } from "../../../src/park/travel.ts";
import { METHODS } from "../../support/methods.ts";

for (const method of METHODS) {
  it(`An agent comes back to its own slot, and knows whether it is alone [${method}]`, () => {
    const { block: { arena }, member: { self } } = makeEnd(method, 12);
    const table = new AgentTable(arena, () => {});
    assert.equal(table.rejoin(), self.id);
    assert.equal(table.isAlone(self.id), true);
    const other = self.standIn();
    assert.equal(table.isAlone(self.id), false);
    assert.equal(table.rejoin(), self.id, "not the one that it stands in for");
    other.end(LIFE.LEFT);
    assert.equal(table.isAlone(self.id), true);
  });
}
