/** What a server of shared memory keeps of it. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { getContext, SharedMemory, SharedMemoryManager } from "../../mod.ts";
import { describeMethods } from "../support/methods.ts";

const skip = process.platform === "linux" ? whyNone() : "needs /proc";

/** Why this runtime maps no shared memory; `false` if it does. */
function whyNone(): string | false {
  try {
    using memory = new SharedMemory({ create: true, size: 1 });
    memory.unlink();
    return false;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("The server of a SharedMemoryManager", () => {
  it("maps nothing that it has made", { skip }, async () => {
    await using manager = new SharedMemoryManager();
    using memory = await manager.SharedMemory(1 << 20);
    using list = await manager.ShareableList([1, "two"]);
    using _ = await manager.SharedMemory(8); // its answer comes after the turn of the others
    const maps = readFileSync(`/proc/${manager.pid}/maps`, "utf8");
    assert.equal(maps.includes(memory.name), false);
    assert.equal(maps.includes(list.shm.name), false);
    const own = readFileSync("/proc/self/maps", "utf8");
    assert.equal(own.includes(memory.name) && own.includes(list.shm.name), true);
  });
});

describeMethods("Shared memory of a server", (method) => {
  const { SharedMemoryManager: Managing } = getContext(method);

  it("can be used, attached to and unlinked, and is gone at the end", { skip }, async () => {
    const manager = new Managing();
    using memory = await manager.SharedMemory(64);
    using list = await manager.ShareableList([1, "two"]);
    using early = await manager.SharedMemory(64);
    memory.buf[63] = 7;
    list.set(0, 8);
    using other = new SharedMemory({ name: memory.name });
    assert.equal(other.buf[63], 7);
    assert.deepEqual(list.toArray(), [8, "two"]);
    early.unlink();
    const names = [memory.name, list.shm.name, early.name];
    const there = names.map((name) => existsSync(`/dev/shm/${name}`));
    assert.deepEqual(there, [true, true, false]);
    await manager.shutdown();
    assert.deepEqual(names.map((name) => existsSync(`/dev/shm/${name}`)), [false, false, false]);
    assert.equal(memory.buf[63], 7);
  });
});
