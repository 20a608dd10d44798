/** The ends of a pipe: directions, closing, and what the other end is told. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Connection, EOFError, Pipe, ProcessError } from "../../mod.ts";
import * as work from "../fixtures/pipe/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";

const RECEIVE: Record<string, (end: Connection) => unknown> = {
  recv: (end) => end.recv(),
  recvSync: (end) => end.recvSync(),
  poll: (end) => end.poll(),
  recvBytes: (end) => end.recvBytes(),
  recvBytesInto: (end) => end.recvBytesInto(new Uint8Array(9)),
  "for await": async (end) => {
    for await (const _ of end) assert.fail("nothing was sent");
  },
};
const SEND: Record<string, (end: Connection) => unknown> = {
  send: (end) => end.send(1),
  sendSync: (end) => end.sendSync(1),
  sendBytes: (end) => end.sendBytes(new Uint8Array(1)),
};

/** Each of the calls is refused. */
async function refuses(
  calls: Record<string, (end: Connection) => unknown>,
  end: Connection,
  refusal: { name: string; message: RegExp },
): Promise<void> {
  for (const [name, call] of Object.entries(calls)) {
    await assert.rejects(async () => await call(end), refusal, name);
  }
}

describe("Pipe()", () => {
  it("refuses what is no direction", () => {
    for (const duplex of [null, 0, 1, "no", {}]) {
      assert.throws(() => Pipe({ duplex: duplex as never }), {
        name: "TypeError",
        message: /duplex/,
      });
    }
  });

  it("makes connections; nobody else does", () => {
    assert.throws(() => new (Connection as never as new () => Connection)(), {
      name: "TypeError",
      message: /Pipe\(\)/,
    });
    for (const end of Pipe()) assert.ok(end instanceof Connection);
  });
});

describeSettings("Pipe: directions", ({ objects }) => {
  it("are both, for both ends, unless told otherwise", async () => {
    for (const options of [undefined, {}, { duplex: true }, { duplex: undefined }]) {
      const [first, second] = objects.Pipe(options);
      for (const end of [first, second]) {
        assert.deepEqual([end.readable, end.writable, end.closed], [true, true, false]);
      }
      await first.send("to the second");
      await second.send("to the first");
      assert.equal(first.recvSync(), "to the first");
      assert.equal(second.recvSync(), "to the second");
    }
  });

  it("are from the second end to the first, without duplex", async () => {
    const [reader, writer] = objects.Pipe({ duplex: false });
    assert.deepEqual([reader.readable, reader.writable], [true, false]);
    assert.deepEqual([writer.readable, writer.writable], [false, true]);
    await writer.send("there");
    await refuses(SEND, reader, { name: "ProcessError", message: /only receives.*duplex/ });
    await refuses(RECEIVE, writer, { name: "ProcessError", message: /only sends.*duplex/ });
    assert.equal(await reader.recv(), "there");
    assert.equal(await reader.poll(), false);
  });
});

describeSettings("Connection.close()", (setting) => {
  const { objects } = setting;

  it("closes for good, however often", async () => {
    const [here, there] = objects.Pipe();
    assert.equal(here.closed, false);
    assert.equal(here.close(), undefined);
    here.close();
    here[Symbol.dispose]();
    assert.equal(here.closed, true);
    assert.equal(there.closed, false);
    assert.deepEqual([here.readable, here.writable], [true, true]);
    await refuses({ ...RECEIVE, ...SEND }, here, { name: "ProcessError", message: /closed here/ });
    assert.throws(() => there.sendSync(here), { name: /ProcessError|SerializationError/ });
  });

  it("is called at the end of a block with using", async () => {
    const [here, there] = objects.Pipe();
    {
      using end = there;
      end.sendSync("inside");
    }
    assert.equal(there.closed, true);
    assert.equal(await here.recv(), "inside");
    await assert.rejects(here.recv(), EOFError);
  });

  it("ends the calls that wait here", async () => {
    const [here, there] = objects.Pipe();
    await work.fill(here);
    const calls = [
      here.recv(),
      here.recvBytes(),
      here.poll({ timeout: Infinity }),
      here.send("never"),
      here.sendBytes(new Uint8Array(9)),
      objects.wait([here]),
      RECEIVE["for await"](here) as Promise<void>,
    ];
    const ends = Promise.allSettled(calls);
    here.close();
    for (const [n, end] of (await ends).entries()) {
      assert.equal(end.status, "rejected", `call ${n}`);
      assert.ok((end as PromiseRejectedResult).reason instanceof ProcessError, `call ${n}`);
    }
    for (const message of await work.receiveAll(there, "async")) {
      assert.ok(/^x*$/.test(message as string), String(message));
    }
  });

  it("here leaves the copies of others open", async () => {
    const [here, there] = objects.Pipe();
    const held = new objects.Event();
    const child = new setting.children.Process({ target: work.holdOn, args: [there, held] });
    child.start();
    await held.wait();
    there.close();
    assert.equal(await here.poll(), false);
    await here.send("nobody reads this");
    const end = here.recv();
    child.kill();
    await assert.rejects(end, EOFError);
    await child.join();
  });

  it("of a copy elsewhere leaves the one here open", async () => {
    const [here, there] = objects.Pipe();
    assert.equal(await setting.others.apply(work.once, [there, "send", "from there"]), undefined);
    assert.equal(await here.recv(), "from there");
    assert.equal(await here.poll({ timeout: 20 }), false);
    there.close();
    assert.equal(await here.poll({ timeout: Infinity }), true);
    await assert.rejects(here.recv(), EOFError);
  });
});

describeSettings("Connection: the other end is closed", (setting) => {
  const { objects } = setting;

  it("everything that was sent is received, then EOFError comes", async () => {
    for (const count of [0, 1, 100]) {
      const [here, there] = objects.Pipe<string>();
      const text = "some text ".repeat(30);
      for (let n = 0; n < count; n++) there.sendSync(text + n);
      there.close();
      for (let n = 0; n < count; n++) {
        assert.equal(await here.poll(), true);
        assert.equal(n % 2 ? await here.recv() : here.recvSync(), text + n);
      }
      const end = { name: "EOFError", message: /everything was received/ };
      for (let times = 0; times < 2; times++) {
        assert.equal(await here.poll(), true);
        await assert.rejects(here.recv(), end);
        await assert.rejects(here.recv({ timeout: 0 }), end);
        assert.throws(() => here.recvSync(), end);
        await assert.rejects(here.recvBytes(), end);
        await assert.rejects(here.recvBytesInto(new Uint8Array(1)), end);
      }
      assert.deepEqual(await work.receiveAll(here, "async"), []); // for await just ends
    }
  });

  it("ends a loop, after which a connection is open", async () => {
    const [here, there] = objects.Pipe<number>();
    const sent = setting.others.apply(work.produce, [there, 5, "async"]);
    there.close();
    const came: number[] = [];
    for await (const n of here) came.push(n);
    await sent;
    assert.deepEqual(came, [0, 1, 2, 3, 4]);
    assert.equal(here.closed, false);
  });

  it("a loop that is left takes nothing more", async () => {
    const [here, there] = objects.Pipe<number>();
    for (let n = 0; n < 3; n++) there.sendSync(n);
    for await (const n of here) if (n === 1) break;
    assert.equal(await here.recv(), 2);
    assert.equal(await here.poll(), false);
  });

  it("ends calls that wait to receive, here and elsewhere", async () => {
    const [here, there] = objects.Pipe();
    const begun = new objects.Event();
    const elsewhere = setting.others.apply(work.begin, [begun, here, "recvSync"]);
    await begun.wait();
    const recv = here.recv();
    const poll = here.poll({ timeout: Infinity });
    there.close();
    await assert.rejects(recv, EOFError);
    assert.equal(await poll, true);
    assert.equal(await elsewhere, "EOFError");
  });

  it("nothing can be sent any more: BrokenPipeError", async () => {
    const [here, there] = objects.Pipe<unknown>();
    there.sendSync("a farewell");
    there.close();
    for (let times = 0; times < 2; times++) {
      await refuses(SEND, here, { name: "BrokenPipeError", message: /other end is closed/ });
    }
    assert.equal(await here.recv(), "a farewell");
    await assert.rejects(here.recv(), EOFError);
  });

  it("ends calls that wait to send, here and elsewhere", async () => {
    const [here, there] = objects.Pipe<unknown>();
    await work.fill(here);
    const begun = new objects.Event();
    const elsewhere = setting.others.apply(work.begin, [begun, here, "sendSync", "never"]);
    await begun.wait();
    const sends = [here.send("never"), here.sendBytes(new Uint8Array(9))];
    const ends = Promise.allSettled(sends);
    there.close();
    for (const end of await ends) {
      assert.equal(end.status === "rejected" && end.reason.name, "BrokenPipeError");
    }
    assert.equal(await elsewhere, "BrokenPipeError");
  });
});
