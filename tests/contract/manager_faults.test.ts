/** Managers whose server, or whose clients, do not do what they should. */

import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import { getContext, Manager } from "../../mod.ts";
import { Late } from "../fixtures/manager/hanging.ts";
import { describeMethods } from "../support/methods.ts";
import { TempFolder } from "../support/temp.ts";

describeMethods("A server that never becomes ready", (method) => {
  const Lates = class extends getContext(method).Manager {}.register("Late", Late);

  it("is ended by shutdown", async () => {
    const manager = new Lates({ shutdownTimeout: 50 });
    const starting = assert.rejects(manager.start(), {
      name: "ProcessError",
      message: /exit code .* before it was ready/,
    });
    const call = assert.rejects(manager.Late(), { name: "ProcessError" });
    while (manager.pid === null) await new Promise((resolve) => setTimeout(resolve, 1));
    await manager.shutdown();
    await Promise.all([starting, call]);
  });

  it("is ended by a shutdown in the same turn", async () => {
    const manager = new Lates({ shutdownTimeout: 50 });
    const starting = assert.rejects(manager.start(), { name: "ProcessError" });
    await manager.shutdown();
    await starting;
  });
});

describe("A connection that fails", () => {
  it("can be tried again", async () => {
    const server = new Manager({ authKey: "again" }).getServer();
    const address = await server.listen();
    await server.stop();
    const manager = new Manager({ address, authKey: "again" });
    for (let i = 0; i < 3; i++) {
      const made = manager.connect();
      const early = assert.rejects(manager.list(), { name: "ProcessError" });
      await assert.rejects(made, { name: "ProcessError", message: /nobody listens/ });
      await early;
      assert.equal(manager.pid, null);
      await assert.rejects(manager.list(), { message: /start\(\).*connect\(\)/ });
    }
    const later = new Manager({ address, authKey: "again" }).getServer();
    await later.listen();
    await manager.connect();
    assert.deepEqual(manager.address, address);
    await (await manager.list([1])).push(2);
    await manager.shutdown();
    await later.stop();
  });

  it("ends with its manager", async () => {
    using folder = new TempFolder();
    const path = `${folder.path}/silent`;
    const silent = createServer();
    const taken = new Promise<Socket>((resolve) => silent.once("connection", resolve));
    await new Promise<void>((resolve) => silent.listen(path, resolve));
    const manager = new Manager({ address: path });
    const over = { name: "BrokenPipeError", message: /was shut down/ };
    const trying = assert.rejects(manager.connect(), over);
    const call = assert.rejects(manager.list(), over);
    const socket = await taken;
    await manager.shutdown();
    await Promise.all([trying, call]);
    await assert.rejects(manager.connect(), { name: "ProcessError", message: /was shut down/ });
    socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });
});
