/** listenFor and dial: clients in the handshake. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dial } from "../../../src/remote/dial.ts";
import { listenFor } from "../../../src/remote/server.ts";
import { Raw, WELCOME } from "../../fixtures/remote/raw.ts";

const KEY = "a key";
const key = new TextEncoder().encode(KEY);
const message = (...bytes: number[]) => ({
  bytes: new Uint8Array(bytes),
  attachments: [],
  transferList: [],
});

describe("listenFor", () => {
  it("gives a channel for every client, and takes what is said at once", async () => {
    const got: number[] = [];
    const server = await listenFor(undefined, key, (channel) => {
      channel.send(message(1)); // right behind the proof
      channel.open((bytes) => got.push(bytes[0]), () => got.push(-1));
    });
    const hold = setInterval(() => {}, 1000); // channels keep nobody alive
    const channel = await dial(server.address, key);
    const said = await new Promise<number>((resolve) => {
      channel.open((bytes) => resolve(bytes[0]), () => {});
    });
    assert.equal(said, 1);
    channel.send(message(2));
    channel.send(message(3));
    await channel.flush();
    channel.close();
    while (got.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.deepEqual(got, [2, 3, -1]);
    server.close();
    server.close();
    clearInterval(hold);
  });

  it("drops the slowest when there are too many at once", async () => {
    let admitted = 0;
    const server = await listenFor(undefined, key, (channel) => {
      admitted++;
      channel.close();
    }, { handshakes: 3 });
    const clients: Raw[] = [];
    for (let n = 0; n < 10; n++) {
      clients.push(await Raw.open(server.address));
      await clients[n].challenge();
    }
    await Promise.all(clients.slice(0, 7).map(({ closed }) => closed));
    await clients[9].prove(KEY);
    assert.equal((await clients[9].frame())![0], WELCOME);
    assert.equal(admitted, 1);
    server.close(); // the rest of them goes too
    await Promise.all(clients.map(({ closed }) => closed));
    for (const client of clients) client.close();
  });
});
