/** The helper thread of an isolate: its failures arrive, and nobody waits for one that has ended. */

import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import type { Worker } from "node:worker_threads";
import { ProcessError } from "../../../mod.ts";
import { brokerAddress, call, callBlocked, serve } from "../../../src/broker/link.ts";
import type { Request } from "../../../src/broker/messages.ts";

const SECRET = "00".repeat(16);
const threads = process.getBuiltinModule("node:worker_threads");
const now = (id: number): Request => ["call", id, "now", "event.isSet", 1, 0, 20, 0, 0];

/** A broker that takes every client and says nothing. */
let silent: Server;
let address: string;
const clients = new Set<Socket>();
let connected: Promise<unknown>;
/** The helpers that were started. */
const helpers: Worker[] = [];

describe("The helper thread", () => {
  before(async () => {
    const Original = threads.Worker;
    threads.Worker = class extends Original {
      constructor(...args: ConstructorParameters<typeof Original>) {
        super(...args);
        helpers.push(this);
      }
    };
    silent = createServer((socket) => void clients.add(socket.on("error", () => {})));
    connected = new Promise((resolve) => silent.once("connection", resolve));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    address = `tcp:${(silent.address() as AddressInfo).port}?${SECRET}`;
  });

  after(() => {
    for (const socket of clients) socket.destroy();
    silent.close();
  });

  it("says why it cannot serve memory", () => {
    assert.throws(
      () => serve(["offer", 1, new SharedArrayBuffer(8), 0, 0, []]),
      (error) => {
        assert.ok(error instanceof ProcessError, String(error));
        assert.match(error.message, /^Cannot share this object with another process: its broker/);
        assert.ok(error.cause instanceof Error);
        assert.ok(error.message.endsWith(error.cause.message), error.message);
        return true;
      },
    );
  });

  it("serves on after a failure", () => {
    assert.match(brokerAddress(), /^(abstract|tcp):/);
    assert.throws(() => callBlocked(brokerAddress(), now), {
      name: "ProcessError",
      message: /Cannot use a shared object: its broker has no object of arena 1/,
    });
  });

  it("fails those who wait for it, blocked or not, when it has ended", async () => {
    const waits = call(address, now);
    await connected;
    assert.equal(helpers.length, 1);
    await helpers[0].terminate();
    const ended = {
      name: "ProcessError",
      message: /the thread that does this for process \d+ has ended/,
    };
    assert.throws(() => callBlocked(address, now), ended);
    await assert.rejects(waits, ended);
    await assert.rejects(call(address, now), ended);
    assert.throws(() => serve(["offerMapped", 1, process.pid, 0]), ended);
  });
});
