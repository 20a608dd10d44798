/** The connection of a child in Bun: slow readers, early bytes, and either side's end. */

import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { connectInBun } from "../../../src/runtime/bun_stream.ts";
import { frame, FrameReader, joined } from "../../../src/runtime/frames.ts";
import { TempFolder } from "../../support/temp.ts";

const skip = "Bun" in globalThis ? false : "only Bun has it";
/** More than the system takes at once. */
const MUCH = 8 << 20;

describe("A connection of Bun", { skip }, () => {
  let folder: TempFolder;
  let path: string;
  let server: Server;
  let accepted: PromiseWithResolvers<Socket>;
  let alive: ReturnType<typeof setInterval>; // it keeps nothing alive itself

  before(async () => {
    folder = new TempFolder();
    path = `${folder.path}/socket`;
    server = createServer({ pauseOnConnect: true }, (socket) => accepted.resolve(socket));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    alive = setInterval(() => {}, 1000);
  });

  after(async () => {
    clearInterval(alive);
    await new Promise((resolve) => server.close(resolve));
    folder[Symbol.dispose]();
  });

  async function open() {
    accepted = Promise.withResolvers();
    const stream = await connectInBun(path);
    return { stream, socket: await accepted.promise };
  }

  /** Lets a message come over a connection of its own. */
  async function echo(): Promise<void> {
    const { stream, socket } = await open();
    const came = new Promise<unknown>((resolve) => stream.read(new FrameReader(resolve), () => {}));
    socket.write(joined(frame(new Uint8Array([0]))));
    await came;
    await new Promise((resolve) => setImmediate(resolve));
    stream.close();
    socket.destroy();
  }

  it("writes all of much to somebody who reads late", async () => {
    const { stream, socket } = await open();
    const bytes = new Uint8Array(MUCH).map((_, at) => at % 251);
    let written = false;
    const writing = stream.write(bytes).then(() => written = true);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(written, false);
    const pieces: Uint8Array[] = [];
    let length = 0;
    const all = new Promise<void>((resolve) => {
      socket.on("data", (piece: Uint8Array) => {
        pieces.push(piece);
        length += piece.length;
        if (length === MUCH) resolve();
      });
    });
    socket.resume();
    await Promise.all([writing, all]);
    assert.ok(Buffer.from(joined(pieces as Uint8Array<ArrayBuffer>[])).equals(bytes));
    stream.close();
    await new Promise((resolve) => socket.on("close", resolve));
  });

  it("keeps what comes before somebody reads, and tells the end", async () => {
    const { stream, socket } = await open();
    const message = new Uint8Array([1, 2, 3]);
    await new Promise((resolve) => socket.write(joined(frame(message)), resolve));
    await echo(); // what came before that is here by now
    const heard: unknown[] = [];
    const ended = new Promise<void>((resolve) => {
      stream.read(new FrameReader((bytes) => heard.push([...bytes])), resolve);
    });
    socket.end(joined(frame(new Uint8Array([4]))));
    await ended;
    assert.deepEqual(heard, [[1, 2, 3], [4]]);
    await assert.rejects(stream.write(new Uint8Array(1)), /gone/);
    let again = false;
    stream.read(new FrameReader(() => {}), () => again = true);
    assert.equal(again, true);
    socket.destroy(); // nobody has read from it
  });

  it("a write that waits fails when the other side goes", async () => {
    const { stream, socket } = await open();
    const writing = assert.rejects(stream.write(new Uint8Array(MUCH)), /gone/);
    socket.destroy();
    await writing;
  });

  it("cannot be made where nobody listens", async () => {
    await assert.rejects(connectInBun(`${folder.path}/nobody`), { code: "ENOENT" });
  });
});
