/** What a broker takes back: an item whose client has given up is not lost, though others have put meanwhile. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { refuse } from "../../../src/broker/take_back.ts";
import {
  awaitDone,
  CHANNEL,
  itemDone,
  putItem,
  takeItem,
} from "../../../src/channel/channel_words.ts";
import { Carrier } from "../../../src/channel/crossings.ts";
import { CHANNEL_WORDS } from "../../../src/channel/layout.ts";
import { CHANNEL_EXTRA, initChannel } from "../../../src/channel/make.ts";
import { EXPIRED } from "../../../src/park/operation.ts";
import { makeEnd } from "../../../src/park/travel.ts";
import { METHODS } from "../../support/methods.ts";

const NOW = { timeout: 0 };

for (const method of METHODS) {
  it(`An item that is refused goes back when there is room [${method}]`, async () => {
    const end = makeEnd(method, CHANNEL_WORDS, CHANNEL_EXTRA);
    const { block, member } = end;
    initChannel(block.words, block.at, { items: 1 }, block.arena.place);
    const put = (byte: number) =>
      end.waitSync(putItem, { buffer: new Uint8Array([byte]), length: 1 }, NOW, "put");
    const take = async () => {
      const carrier = new Carrier();
      assert.equal(await end.wait(takeItem, carrier, { timeout: 10_000 }, "take"), CHANNEL.DONE);
      end.now(itemDone, 0);
      return new Uint8Array(carrier.bytes!)[0];
    };

    assert.equal(put(1), CHANNEL.DONE);
    const agent = member.self.standIn();
    const argument = new Carrier();
    const result = await member.lines.wait(takeItem, block, agent, argument, 0);
    assert.equal(put(2), CHANNEL.DONE); // it is full
    refuse({ operation: takeItem, block, agent, member, argument, result });
    assert.equal(await take(), 2);
    assert.equal(end.waitSync(awaitDone, 0, NOW, "join"), EXPIRED);
    assert.equal(await take(), 1);
    assert.equal(await end.wait(awaitDone, 0, { timeout: 10_000 }, "join"), CHANNEL.DONE);
  });
}
