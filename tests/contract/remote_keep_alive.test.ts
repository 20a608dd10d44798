/** Connections over TCP ask, when nothing is said, whether the other machine is still there. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { connect, Listener, Manager } from "../../mod.ts";
import type { Address } from "../../mod.ts";
import { waitFor } from "../support/alive.ts";

const skip = process.platform === "linux" ? false : "needs /proc";
const ESTABLISHED = "01";
/** The timer of a socket that has nothing to send. */
const KEEP_ALIVE = /^02:/;

/** How many sockets with this port, on either side, have a timer of that kind. */
function kept(address: Address): number {
  const { port } = address as { port: number };
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return readFileSync("/proc/net/tcp", "utf8").split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, remote, state, , timer]) =>
      (local?.endsWith(end) || remote?.endsWith(end)) && state === ESTABLISHED &&
      KEEP_ALIVE.test(timer)
    ).length;
}

describe("Over TCP, keep-alive is on", () => {
  it("on both sides of a connection", { skip }, async () => {
    using listener = new Listener({ port: 0 }, { authKey: "alive" });
    const address = await listener.listening;
    const [server, client] = await Promise.all([
      listener.accept(),
      connect(address, { authKey: "alive" }),
    ]);
    await waitFor(() => kept(address) === 2);
    await client.send(1);
    assert.equal(await server.recv(), 1);
    client.close();
    server.close();
  });

  it("on both sides of a manager", { skip }, async () => {
    const server = new Manager({ address: { port: 0 }, authKey: "alive" }).getServer();
    const address = await server.listen();
    const manager = new Manager({ address, authKey: "alive" });
    await manager.connect();
    await waitFor(() => kept(address) === 2);
    assert.equal(await (await manager.list([1])).at(0), 1);
    await manager.shutdown();
    await server.stop();
  });
});
