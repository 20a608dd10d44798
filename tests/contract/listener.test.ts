/** Listener and connect: every kind of address, and the listener's life. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { connect, Connection, Listener } from "../../mod.ts";
import type { Address } from "../../mod.ts";
import { KEY, KINDS, pairOf } from "../fixtures/remote/pairs.ts";
import { TempFolder } from "../support/temp.ts";

const authKey = KEY;
const LARGE = 5_000_000;

for (const { name, skip, address: newAddress } of KINDS) {
  describe(`Listener on ${name}`, { skip }, () => {
    it("carries messages both ways, in order, small and large", async () => {
      using folder = new TempFolder();
      using listener = new Listener(newAddress(folder), { authKey });
      assert.equal(listener.lastAccepted, null);
      const address = await listener.listening;
      assert.deepEqual(listener.address, address);
      using pair = await pairOf(listener);
      const { server, client } = pair;
      assert.ok(server instanceof Connection && client instanceof Connection);
      const last = (listener as { lastAccepted: unknown }).lastAccepted;
      if (typeof address === "string") assert.equal(last, null);
      else assert.equal((last as typeof address).hostname, address.hostname);

      const sent = [0, "text", { a: [new Map([[1, new Date(5)]])] }, null, undefined, 2n ** 70n];
      for (const [from, to] of [[client, server], [server, client]]) {
        for (const message of sent) await from.send(message);
        for (const message of sent) assert.deepEqual(await to.recv(), message);
      }
      const large = new Uint8Array(LARGE).map((_, i) => i * 31);
      const both = [client.send(large), server.send(large), client.send("behind it")];
      assert.ok(same(await server.recv(), large));
      assert.equal(await server.recv(), "behind it");
      assert.ok(same(await client.recv(), large));
      await Promise.all(both);
    });

    it("keeps the order of very many messages, both ways at once", async () => {
      using folder = new TempFolder();
      using listener = new Listener(newAddress(folder), { authKey });
      using pair = await pairOf(listener);
      const count = 3000;
      const ends = [pair.client, pair.server];
      const receive = async (end: Connection) => {
        for (let n = 0; n < count; n++) {
          const [number, text] = await end.recv();
          assert.equal(number, n);
          assert.equal(text.length, n % 700);
        }
      };
      const receiving = ends.map(receive);
      const sending = ends.map(async (end) => {
        // Some one after the other, some at once.
        for (let n = 0; n < count; n++) {
          const sent = end.send([n, "x".repeat(n % 700)]);
          if (n % 3 === 0) await sent;
        }
      });
      await Promise.all([...receiving, ...sending]);
    });

    it("tells an end when the other one is closed, after everything that it sent", async () => {
      using folder = new TempFolder();
      using listener = new Listener(newAddress(folder), { authKey });
      for (const closing of ["client", "server"] as const) {
        using pair = await pairOf(listener);
        const [closes, stays] = closing === "client"
          ? [pair.client, pair.server]
          : [pair.server, pair.client];
        for (let n = 0; n < 5; n++) await closes.send(n);
        void closes.send("not awaited");
        closes.close();
        const got: unknown[] = [];
        for await (const message of stays) got.push(message);
        assert.deepEqual(got, [0, 1, 2, 3, 4, "not awaited"]);
        await assert.rejects(stays.recv(), { name: "EOFError" });
        assert.equal(await stays.poll(), true);
        await assert.rejects(stays.send(1), { name: "BrokenPipeError" });
      }
    });

    it("refuses a second listener at the same address, until it is closed", async () => {
      using folder = new TempFolder();
      const listener = new Listener(newAddress(folder), { authKey });
      const address = await listener.listening;
      const second = new Listener(address, { authKey });
      const error = { name: "ProcessError", message: /^Cannot listen on .+listens there already/ };
      await assert.rejects(second.listening, error);
      await assert.rejects(second.accept(), error);
      second.close();
      if (name === "a path") assert.ok(existsSync(address as string));
      using _first = await pairOf(listener); // it has not noticed; and it keeps the port
      listener.close();
      if (name === "a path") assert.ok(!existsSync(address as string));
      await assert.rejects(connect(address, { authKey }), {
        name: "ProcessError",
        message: /nobody listens there/,
      });
      if (name === "a path" || name === "an abstract name") {
        using third = new Listener(address, { authKey });
        using _pair = await pairOf(third);
      }
    });

    it("turns away who has another key, and goes on", async () => {
      using folder = new TempFolder();
      using listener = new Listener(newAddress(folder), { authKey });
      const address = await listener.listening;
      for (const wrong of ["another", new Uint8Array(32), undefined, `${KEY}x`]) {
        await assert.rejects(connect(address, { authKey: wrong }), {
          name: "AuthenticationError",
          message:
            /^Cannot connect to .+: it has another key; give the same authKey on both sides$/,
        });
      }
      await assert.rejects(listener.accept({ timeout: 0 }), { name: "TimeoutError" });
      using _pair = await pairOf(listener);
    });
  });
}

describe("Listener", () => {
  it("has an address at once where it was given one", async () => {
    using folder = new TempFolder();
    const path = `${folder.path}/socket`;
    using given = new Listener(path, { authKey });
    assert.equal(given.address, path);
    using open = new Listener({ port: 0 } as Address, { authKey });
    assert.throws(() => open.address, { name: "ProcessError", message: /await its listening/ });
    await Promise.all([given.listening, open.listening]);
    assert.equal(given.address, path);
    assert.notEqual((open.address as { port: number }).port, 0);
  });

  it("listens on loopback where there is no hostname", async () => {
    using listener = new Listener({ port: 0 } as Address);
    const { hostname, port } = await listener.listening as { hostname: string; port: number };
    assert.equal(hostname, "127.0.0.1");
    assert.ok(port > 0);
  });

  it("takes keys as text or as bytes", async () => {
    const bytes = new TextEncoder().encode(KEY);
    using listener = new Listener(undefined, { authKey: bytes });
    using _pair = await pairOf(listener);
  });

  it("needs no key within one program", async () => {
    using listener = new Listener();
    const address = await listener.listening;
    const [server, client] = await Promise.all([listener.accept(), connect(address)]);
    await client.send(1);
    assert.equal(await server.recv(), 1);
    server.close();
    client.close();
  });

  it("accepts in the order of coming, also who came before", async () => {
    using listener = new Listener(undefined, { authKey });
    const address = await listener.listening;
    const clients: Connection[] = [];
    for (let n = 0; n < 3; n++) {
      clients.push(await connect(address, { authKey }));
      await clients[n].send(n);
    }
    for (let n = 0; n < 3; n++) {
      using server = await listener.accept({ timeout: 5000 });
      assert.equal(await server.recv(), n);
    }
    for (const client of clients) client.close();
  });

  it("can be looped over until it is closed", async () => {
    const listener = new Listener(undefined, { authKey });
    const address = await listener.listening;
    const clients: Connection[] = [];
    for (let n = 0; n < 3; n++) clients.push(await connect(address, { authKey }));
    let accepted = 0;
    for await (const connection of listener) {
      connection.close();
      if (++accepted === 3) setTimeout(() => listener.close());
    }
    assert.equal(accepted, 3);
    for await (const _ of listener) assert.fail("it is closed");
    for (const client of clients) client.close();
  });

  it("gives up accepting in time, or when told to", async () => {
    using listener = new Listener(undefined, { authKey });
    await listener.listening;
    for (const timeout of [0, -1, 5]) {
      await assert.rejects(listener.accept({ timeout }), {
        name: "TimeoutError",
        message:
          `Cannot accept a connection within ${timeout} ms: nobody came who knows the key; ` +
          "wait longer",
      });
    }
    const reason = new Error("enough");
    const controller = new AbortController();
    const accepting = listener.accept({ signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(accepting, reason);
    await assert.rejects(listener.accept({ signal: AbortSignal.abort(reason) }), reason);
    using _pair = await pairOf(listener); // nobody was lost to those who gave up
  });

  it("ends those who accept when it is closed; what was accepted stays", async () => {
    const listener = new Listener(undefined, { authKey });
    using pair = await pairOf(listener);
    const waiting = await connect(await listener.listening, { authKey });
    const first = await listener.accept();
    const accepting = listener.accept();
    const unaccepted = await connect(listener.address, { authKey }).then(async (client) => {
      (await accepting).close();
      return client;
    });
    const last = listener.accept();
    listener.close();
    listener.close();
    const error = { name: "ProcessError", message: /the listener was closed/ };
    await assert.rejects(last, error);
    await assert.rejects(listener.accept(), error);
    assert.equal(listener.closed, true);
    await pair.client.send("still there");
    assert.equal(await pair.server.recv(), "still there");
    for (const connection of [waiting, first, unaccepted]) connection.close();
  });

  it("turns those away who were not accepted when it is closed", async () => {
    const listener = new Listener(undefined, { authKey });
    using client = await connect(await listener.listening, { authKey });
    listener.close();
    await assert.rejects(client.recv(), { name: "EOFError" });
  });

  it("can be closed before it listens", async () => {
    using folder = new TempFolder();
    const listener = new Listener(`${folder.path}/socket`, { authKey });
    listener.close();
    const address = await listener.listening;
    await assert.rejects(listener.accept(), { name: "ProcessError" });
    await assert.rejects(connect(address, { authKey }), { name: "ProcessError" });
  });

  it("says what is wrong with what it is given", async () => {
    const wrong: [unknown, unknown, string, RegExp][] = [
      ["", {}, "TypeError", /give a path, or \{ hostname, port \}/],
      ["a\0b", {}, "TypeError", /give a path/],
      [17, {}, "TypeError", /Cannot listen on 17/],
      [null, {}, "TypeError", /give a path/],
      [{ hostname: "localhost" }, {}, "TypeError", /give a path/],
      [{ hostname: "", port: 1 }, {}, "TypeError", /hostname/],
      [{ port: -1 }, {}, "RangeError", /port -1/],
      [{ port: 65536 }, {}, "RangeError", /from 0 to 65535/],
      [{ port: 1.5 }, {}, "RangeError", /whole number/],
      [`/tmp/${"x".repeat(300)}`, {}, "RangeError", /305 bytes/],
      [undefined, { authKey: "" }, "TypeError", /authKey that is empty/],
      [undefined, { authKey: new Uint8Array(0) }, "TypeError", /authKey that is empty/],
      [undefined, { authKey: 5 }, "TypeError", /authKey of type number/],
      [undefined, { handshakeTimeout: 0 }, "RangeError", /handshakeTimeout 0/],
      [undefined, { handshakeTimeout: Infinity }, "RangeError", /handshakeTimeout Infinity/],
      [undefined, { backlog: 0.5 }, "RangeError", /backlog 0.5/],
    ];
    for (const [address, options, name, message] of wrong) {
      assert.throws(() => new Listener(address as Address, options as object), { name, message });
      if (address === undefined) continue;
      await assert.rejects(connect(address as Address, options as object), { name });
    }
    await assert.rejects(connect({ port: 1 } as Address, { authKey: "" }), { name: "TypeError" });
    await assert.rejects(connect({ port: 1 } as Address, { timeout: NaN }), { name: "RangeError" });
    using folder = new TempFolder();
    const nowhere = `${folder.path}/missing/socket`;
    await assert.rejects(new Listener(nowhere).listening, { name: "ProcessError" });
  });

  it("cannot be connected to where nobody listens", async () => {
    using folder = new TempFolder();
    using listener = new Listener({ port: 0 } as Address, { authKey });
    using _pair = await pairOf(listener);
    const ofClient = listener.lastAccepted!; // it has that port, and does not listen there
    for (const address of [`${folder.path}/nothing`, ofClient]) {
      await assert.rejects(connect(address, { authKey }), {
        name: "ProcessError",
        message: /^Cannot connect to .+: nobody listens there; start the listener first$/,
      });
    }
  });
});

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
