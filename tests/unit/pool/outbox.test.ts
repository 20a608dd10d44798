/** When the results of a worker leave it. */

import assert from "node:assert/strict";
import { it } from "node:test";
import type { Lane } from "../../../src/lane/lane.ts";
import { Outbox } from "../../../src/pool/outbox.ts";

it("outbox: what is finished leaves before the event loop has its turn", () => {
  let sent = 0;
  const lane = { send: () => sent++ } as unknown as Lane;
  const outbox = new Outbox(lane, "process");
  outbox.turned();
  outbox.begin(1);
  const began = performance.now();
  while (performance.now() - began < 60); // a turn is due after 50
  outbox.flush(); // as before an item that may end the process: there is nothing yet
  assert.equal(sent, 0);
  assert.equal(outbox.result(0, "done"), true);
  assert.equal(outbox.settle(), true);
  assert.equal(sent, 1);
});
