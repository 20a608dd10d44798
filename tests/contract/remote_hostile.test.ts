/** Clients and servers that do not play by the rules: nobody else is hurt, nothing of them is read. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { connect, Listener, registerClass } from "../../mod.ts";
import type { Address } from "../../mod.ts";
import { KEY, pairOf } from "../fixtures/remote/pairs.ts";
import { framed, MAGIC, proof, Raw, rawServer, REFUSED, WELCOME } from "../fixtures/remote/raw.ts";

const authKey = KEY;
let decoded = 0;

/** Tells when one is decoded. */
class Told {
  readonly n = 1;
}
registerClass(Told, {
  name: "Told",
  reduce: () => 1,
  rebuild: () => {
    decoded++;
    return new Told();
  },
} as never);

/** A frame with a message as this library sends it. */
async function toldFrame(): Promise<Buffer> {
  using listener = new Listener(undefined, { authKey });
  const raw = await Raw.open(await listener.listening);
  await raw.prove(KEY);
  await raw.frame();
  using server = await listener.accept();
  await server.send(new Told());
  const message = (await raw.frame())!;
  raw.close();
  return framed(message);
}

/** A listener with one good pair; afterwards the pair still works, and so do new clients. */
async function besideHostile(
  hostile: (address: Address, listener: Listener) => Promise<void>,
  options: { handshakeTimeout?: number } = {},
): Promise<void> {
  using listener = new Listener(undefined, { authKey, ...options });
  const address = await listener.listening;
  using pair = await pairOf(listener);
  await hostile(address, listener);
  await assert.rejects(listener.accept({ timeout: 0 }), { name: "TimeoutError" });
  await pair.client.send("unhurt");
  assert.equal(await pair.server.recv(), "unhurt");
  using _another = await pairOf(listener);
}

describe("A listener and hostile clients", () => {
  it("admits who proves the key, in the protocol as it is written down", async () => {
    using listener = new Listener(undefined, { authKey });
    const raw = await Raw.open(await listener.listening);
    const challenge = (await raw.frame())!;
    assert.deepEqual(challenge.subarray(0, 4), MAGIC);
    assert.equal(challenge.length, 36);
    const mine = randomBytes(32);
    raw.write(framed(mine, proof(KEY, "client", challenge.subarray(4), mine)));
    const verdict = (await raw.frame())!;
    assert.equal(verdict[0], WELCOME);
    assert.deepEqual(verdict.subarray(1), proof(KEY, "server", challenge.subarray(4), mine));
    using server = await listener.accept();
    raw.write(await toldFrame());
    assert.ok(await server.recv() instanceof Told);
    assert.equal(decoded, 1);
    raw.close();
  });

  it("takes what is said right behind the proof", async () => {
    using listener = new Listener(undefined, { authKey });
    const raw = await Raw.open(await listener.listening);
    const challenge = (await raw.frame())!;
    const mine = randomBytes(32);
    const answer = framed(mine, proof(KEY, "client", challenge.subarray(4), mine));
    raw.write(Buffer.concat([answer, framed(Buffer.from([7, 0, 0, 0, 0]))]));
    using server = await listener.accept();
    assert.equal(await server.recv(), 7);
    raw.close();
  });

  it("refuses a wrong key", async () => {
    await besideHostile(async (address) => {
      const raw = await Raw.open(address);
      await raw.prove("another key");
      assert.deepEqual([...(await raw.frame())!], [REFUSED]);
      await raw.closed;
    });
  });

  it("refuses the answer of an earlier handshake", async () => {
    await besideHostile(async (address, listener) => {
      const good = await Raw.open(address);
      const recorded = await good.prove(KEY);
      assert.equal((await good.frame())![0], WELCOME);
      (await listener.accept()).close();
      const replay = await Raw.open(address);
      await replay.frame();
      replay.write(recorded);
      assert.deepEqual([...(await replay.frame())!], [REFUSED]);
      await replay.closed;
      good.close();
    });
  });

  it("refuses what another client of the same moment answers", async () => {
    await besideHostile(async (address, listener) => {
      const [good, thief] = [await Raw.open(address), await Raw.open(address)];
      await thief.frame();
      thief.write(await good.prove(KEY));
      assert.deepEqual([...(await thief.frame())!], [REFUSED]);
      (await listener.accept()).close();
      good.close();
    });
  });

  it("refuses its own challenge, and a listener's proof", async () => {
    await besideHostile(async (address) => {
      const reflecting = await Raw.open(address);
      const challenge = (await reflecting.frame())!.subarray(4);
      reflecting.write(framed(challenge, proof(KEY, "server", challenge, challenge)));
      assert.deepEqual([...(await reflecting.frame())!], [REFUSED]);
    });
  });

  it("drops who is silent, and who is too slow, in time", async () => {
    await besideHostile(async (address) => {
      const [silent, slow] = [await Raw.open(address), await Raw.open(address)];
      await Promise.all([silent.frame(), slow.frame()]);
      slow.write(Buffer.from([64, 0, 0, 0])); // the right length, and then a byte now and then
      const endless = setInterval(() => slow.write(Buffer.from([7])), 100);
      const heard = await Promise.all([silent.frame(), slow.frame()]);
      clearInterval(endless);
      silent.close();
      slow.close();
      assert.deepEqual(heard, [null, null], "dropped, not refused for what it has sent");
    }, { handshakeTimeout: 1000 });
  });

  it("takes who is just slow", async () => {
    using listener = new Listener(undefined, { authKey });
    const patient = await Raw.open(await listener.listening);
    const challenge = (await patient.frame())!.subarray(4);
    const mine = randomBytes(32);
    const answer = framed(mine, proof(KEY, "client", challenge, mine));
    for (const byte of answer) {
      await new Promise<void>((resolve) => {
        patient.socket.write(Buffer.from([byte]), () => setTimeout(resolve, 1));
      });
    }
    assert.equal((await patient.frame())![0], WELCOME);
    (await listener.accept()).close();
    patient.close();
  });

  const wrong: [string, Buffer | (() => Promise<Buffer>)][] = [
    ["an oversized frame", framed(randomBytes(257))],
    ["the length of an oversized frame", Buffer.from([0xff, 0xff, 0xff, 0x7f])],
    ["a frame of a wrong length", framed(randomBytes(63))],
    ["an empty frame", framed()],
    ["garbage", randomBytes(100_000)],
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
    ["a message without a proof", toldFrame],
    [
      "a message behind a wrong proof",
      async () => Buffer.concat([framed(randomBytes(64)), await toldFrame()]),
    ],
    ["a welcome", framed(Buffer.from([WELCOME]), randomBytes(32))],
  ];
  for (const [what, frame] of wrong) {
    it(`drops who sends ${what}; nothing of it reaches the codec`, async () => {
      await besideHostile(async (address) => {
        const bytes = typeof frame === "function" ? await frame() : frame;
        decoded = 0;
        const [before, after] = [await Raw.open(address), await Raw.open(address)];
        before.write(bytes); // without waiting for the challenge
        await after.frame();
        after.write(bytes);
        await Promise.all([before.closed, after.closed]);
        assert.equal(decoded, 0);
        before.close();
        after.close();
      });
    });
  }
});

describe("connect and hostile servers", () => {
  /** What a client is told by a server that does as it likes. */
  async function against(
    serve: (client: Raw) => unknown,
    expected: object,
    timeout = 20_000,
  ): Promise<void> {
    const server = await rawServer(serve);
    try {
      await assert.rejects(connect(server.address, { authKey, timeout }), expected);
    } finally {
      server.close();
    }
  }

  const authentication = { name: "AuthenticationError", message: /it does not know the key/ };

  it("does not trust who welcomes it without a proof", async () => {
    await against(async (client) => {
      client.write(framed(MAGIC, randomBytes(32)));
      await client.frame();
      client.write(framed(Buffer.from([WELCOME]), randomBytes(32)));
    }, authentication);
    await against(async (client) => {
      client.write(framed(MAGIC, randomBytes(32)));
      await client.frame();
      client.write(framed(Buffer.from([WELCOME])));
    }, authentication);
  });

  it("does not take its own proof for the server's", async () => {
    await against(async (client) => {
      client.write(framed(MAGIC, randomBytes(32)));
      const answer = (await client.frame())!;
      client.write(framed(Buffer.from([WELCOME]), answer.subarray(32)));
    }, authentication);
  });

  it("cannot be used to answer the challenge of another listener", async () => {
    using listener = new Listener(undefined, { authKey });
    const address = await listener.listening;
    const upstream = await Raw.open(address);
    await against(async (client) => {
      // It may pass messages on, but then both ends prove themselves to each other, not to it.
      client.write(framed((await upstream.frame())!));
      upstream.write(framed((await client.frame())!));
      const verdict = (await upstream.frame())!;
      verdict[5] ^= 1;
      client.write(framed(verdict));
    }, authentication);
    upstream.close();
    (await listener.accept()).close();
  });

  it("is told the time when nobody speaks", async () => {
    await against(() => {}, { name: "TimeoutError", message: /did not answer/ }, 500);
    const reason = new Error("enough");
    const server = await rawServer(() => {});
    const controller = new AbortController();
    const connecting = connect(server.address, { authKey, signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(connecting, reason);
    server.close();
  });

  it("tells what is no listener from one with another key", async () => {
    const protocol = { name: "ProtocolError", message: /^Cannot connect to 127\.0\.0\.1:\d+: / };
    await against((client) => client.write(Buffer.from("220 mail.example ESMTP\r\n")), protocol);
    await against((client) => client.write(framed(randomBytes(36))), protocol);
    await against((client) => client.write(Buffer.from([0xff, 0xff, 0xff, 0x7f])), protocol);
    await against((client) => client.close(), { name: "ProcessError", message: /was closed/ });
  });
});
