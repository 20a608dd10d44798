/** How a Deno program and its child meet, with a stranger at the same address. */

import assert from "node:assert/strict";
import { connect } from "node:net";
import process from "node:process";
import { describe, it } from "node:test";
import { connectToParent, openRendezvous } from "../../../src/runtime/deno_channel.ts";
import { secretToText } from "../../../src/runtime/secret.ts";
import { RUNTIME } from "../../support/runtime.ts";

const skip = RUNTIME !== "deno"
  ? "it is for Deno's sockets"
  : process.platform !== "linux" && "there are no abstract sockets";

describe("A rendezvous in Deno", () => {
  it("turns away who says nothing, and still takes the child", { skip }, async () => {
    const { setTimeout } = globalThis;
    const soon = (callback: () => void) => setTimeout(callback, 0);
    const { address, secret, channel, abandon } = openRendezvous(true);
    globalThis.setTimeout = soon as typeof setTimeout;
    const stranger = connect(`\0${address.slice("abstract:".length)}`);
    stranger.resume();
    await new Promise((resolve) => stranger.on("close", resolve));
    globalThis.setTimeout = setTimeout;
    const { channel: child } = await connectToParent(address, secretToText(secret!));
    const heard = new Promise<Uint8Array>((resolve) => channel.open(resolve, () => {}));
    child.send({ bytes: Uint8Array.of(7), attachments: [], transferList: [] });
    assert.deepEqual(await heard, Uint8Array.of(7));
    child.close();
    channel.close();
    abandon();
  });
});
