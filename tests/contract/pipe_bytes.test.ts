/** Bytes through pipes: parts of buffers, and messages that are received into a buffer. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { BufferTooShort, ProtocolError } from "../../mod.ts";
import type { Bytes, Connection } from "../../mod.ts";
import * as work from "../fixtures/pipe/work.ts";
import { describeSettings } from "../fixtures/sync/settings.ts";

describeSettings("Connection: bytes", (setting) => {
  const { objects } = setting;
  const bytes = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7);

  it("are those of buffers and of views, all or a part", async () => {
    const [here, there] = objects.Pipe<Uint8Array>();
    const shared = new SharedArrayBuffer(3);
    new Uint8Array(shared).set([7, 8, 9]);
    const cases: [Bytes, { offset?: number; size?: number } | undefined, number[]][] = [
      [bytes, undefined, [...bytes]],
      [bytes.buffer, { offset: 5 }, [5, 6, 7]],
      [bytes, { size: 2 }, [0, 1]],
      [bytes, { offset: 2, size: 3 }, [2, 3, 4]],
      [bytes, { offset: 8 }, []],
      [bytes, { offset: 8, size: 0 }, []],
      [bytes, { offset: undefined, size: undefined }, [...bytes]],
      [bytes.subarray(3, 5), { offset: 1 }, [4]],
      [new Uint16Array([0x0201, 0x0403]), { offset: 1, size: 2 }, [2, 3]],
      [new DataView(bytes.buffer, 6), undefined, [6, 7]],
      [shared, { offset: 1 }, [8, 9]],
      [new Uint8Array(0), undefined, []],
    ];
    for (const [from, options, expected] of cases) {
      await here.sendBytes(from, options);
      const came = await there.recvBytes();
      assert.equal(came.constructor, Uint8Array);
      assert.deepEqual([...came], expected);
    }
    assert.equal(bytes.length, 8);
  });

  it("are copied when sendBytes() is called", async () => {
    const [here, there] = objects.Pipe<Uint8Array>();
    const changing = Uint8Array.of(1, 2, 3);
    const send = here.sendBytes(changing);
    changing.fill(9);
    await send;
    assert.deepEqual(await there.recvBytes(), Uint8Array.of(1, 2, 3));
    assert.deepEqual(changing, Uint8Array.of(9, 9, 9));
  });

  it("outside of the buffer are refused, and nothing is sent", async () => {
    const [here, there] = objects.Pipe<Uint8Array>();
    for (const wrong of [-1, 9, 0.5, NaN, Infinity, "1" as never, null as never]) {
      if (wrong !== null) {
        await assert.rejects(here.sendBytes(bytes, { offset: wrong }), { name: "RangeError" });
        await assert.rejects(there.recvBytesInto(bytes, { offset: wrong }), { name: "RangeError" });
      }
      await assert.rejects(here.sendBytes(bytes, { size: wrong }), { name: "RangeError" });
    }
    await assert.rejects(here.sendBytes(bytes, { offset: 5, size: 4 }), {
      name: "RangeError",
      message: /size 4.*0 to 3/,
    });
    for (const wrong of [null, undefined, "text", 5, [1], {}]) {
      await assert.rejects(here.sendBytes(wrong as never), {
        name: "TypeError",
        message: /buffer/,
      });
      await assert.rejects(there.recvBytesInto(wrong as never), { name: "TypeError" });
    }
    assert.equal(await there.poll(), false);
  });

  it("come as ordinary messages too, and messages of bytes as bytes", async () => {
    const [here, there] = objects.Pipe<Uint8Array>();
    await here.sendBytes(bytes, { offset: 6 });
    assert.deepEqual(await there.recv(), Uint8Array.of(6, 7));
    await here.send(bytes);
    assert.deepEqual(await there.recvBytes(), bytes);
  });

  it("are asked for when something else comes: ProtocolError, and it is lost", async () => {
    const [here, there] = objects.Pipe();
    for (const message of ["text", undefined, null, [1], new ArrayBuffer(1), new Int8Array(1)]) {
      await here.send(message);
      await assert.rejects(there.recvBytes(), (error) => {
        assert.ok(error instanceof ProtocolError);
        assert.match(error.message, new RegExp(`type ${typeof message}`));
        return true;
      });
      await here.send(message);
      await assert.rejects(there.recvBytesInto(new Uint8Array(9)), ProtocolError);
    }
    await here.send("next");
    assert.equal(await there.recv(), "next");
  });

  it("are received into a buffer, which tells how many there were", async () => {
    const [here, there] = objects.Pipe<Uint8Array>();
    const into = new Uint8Array(10).fill(255);
    await here.sendBytes(bytes, { size: 3 });
    assert.equal(await there.recvBytesInto(into), 3);
    assert.deepEqual([...into.subarray(0, 4)], [0, 1, 2, 255]);
    await here.sendBytes(bytes, { offset: 6 });
    assert.equal(await there.recvBytesInto(into, { offset: 8 }), 2);
    assert.deepEqual([...into], [0, 1, 2, 255, 255, 255, 255, 255, 6, 7]);
    await here.sendBytes(bytes, { size: 2 });
    assert.equal(await there.recvBytesInto(new DataView(into.buffer, 4, 2)), 2);
    assert.deepEqual([...into.subarray(3, 7)], [255, 0, 1, 255]);
    await here.sendBytes(bytes);
    const shared = new SharedArrayBuffer(8);
    assert.equal(await there.recvBytesInto(shared), 8);
    assert.deepEqual([...new Uint8Array(shared)], [...bytes]);
    await here.sendBytes(bytes, { size: 0 });
    assert.equal(await there.recvBytesInto(into, { offset: 10 }), 0);
  });

  it("that do not fit are in the error: BufferTooShort", async () => {
    const [here, there] = objects.Pipe<Uint8Array>();
    const into = new Uint8Array(7).fill(255);
    for (const offset of [0, 7]) {
      await here.sendBytes(bytes);
      await assert.rejects(there.recvBytesInto(into, { offset }), (error) => {
        assert.ok(error instanceof BufferTooShort);
        assert.match(error.message, new RegExp(`8 bytes into ${7 - offset}`));
        assert.deepEqual(error.bytes, bytes);
        return true;
      });
    }
    assert.ok(into.every((byte) => byte === 255));
    assert.equal(await there.poll(), false); // it was taken
    await here.sendBytes(bytes, { size: 7 });
    assert.equal(await there.recvBytesInto(into), 7);
  });

  it("time out as other messages do", async () => {
    const [here, there] = objects.Pipe<Uint8Array>();
    await assert.rejects(there.recvBytes({ timeout: 0 }), { name: "TimeoutError" });
    await assert.rejects(there.recvBytesInto(new Uint8Array(1), { timeout: 5 }), {
      name: "TimeoutError",
    });
    await work.fill(here as Connection);
    await assert.rejects(here.sendBytes(bytes, { timeout: 5 }), { name: "TimeoutError" });
  });

  it("cross to others", async () => {
    const [here, there] = objects.Pipe<Uint8Array>();
    const measured = setting.others.apply(work.measure, [there]);
    await here.sendBytes(bytes, { offset: 1, size: 6 });
    assert.deepEqual(await measured, [6, 1, 6, 21]);
    const into = new Uint8Array(6);
    assert.equal(await here.recvBytesInto(into), 6);
    assert.deepEqual([...into], [1, 2, 3, 4, 5, 6]);
  });
});
