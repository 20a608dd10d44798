import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { waitersFor } from "../../../src/park/settled.ts";
import { checkTimeout, EXPIRED, waitFor } from "../../../src/park/wait.ts";

const never = new Promise<never>(() => {});

describe("waitFor", () => {
  it("gives what the promise gives, however short the time", async () => {
    for (const timeout of [undefined, 0, -1, 5, Infinity]) {
      assert.equal(await waitFor(Promise.resolve("x"), { timeout }, "wait"), "x");
      const reason = new Error("failed");
      await assert.rejects(waitFor(Promise.reject(reason), { timeout }, "wait"), reason);
    }
  });

  it("gives EXPIRED when the time is up", async () => {
    for (const timeout of [0, -3, -Infinity, 0.1, 2]) {
      assert.equal(await waitFor(never, { timeout }, "wait"), EXPIRED);
    }
  });

  it("rejects with the signal's reason, before and during the wait", async () => {
    const controller = new AbortController();
    const waiting = waitFor(never, { signal: controller.signal }, "wait");
    controller.abort("why");
    await assert.rejects(waiting, (reason) => reason === "why");
    const again = waitFor(Promise.resolve(1), { signal: controller.signal }, "wait");
    await assert.rejects(again, (reason) => reason === "why");
  });

  it("leaves no listener on the signal", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const counts = { added: 0, removed: 0 };
    const watched = new Proxy(signal, {
      get(target, key) {
        if (key === "addEventListener") counts.added++;
        if (key === "removeEventListener") counts.removed++;
        const value = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    await waitFor(Promise.resolve(1), { signal: watched }, "wait");
    await waitFor(never, { signal: watched, timeout: 1 }, "wait");
    assert.deepEqual(counts, { added: 2, removed: 2 });
  });

  it("leaves nothing on a promise that stays pending, in however many waits", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const waits = Array.from({ length: 10_000 }, () => waitFor(promise, { timeout: 1 }, "wait"));
    const controller = new AbortController();
    const stopped = waitFor(promise, { signal: controller.signal }, "wait");
    assert.equal(waitersFor(promise), 10_001);
    controller.abort("why");
    await assert.rejects(stopped, (reason) => reason === "why");
    assert.deepEqual(new Set(await Promise.all(waits)), new Set([EXPIRED]));
    assert.equal(waitersFor(promise), 0);
    const two = [waitFor(promise, {}, "wait"), waitFor(promise, { timeout: 60_000 }, "wait")];
    resolve("x");
    assert.deepEqual(await Promise.all(two), ["x", "x"]);
    assert.equal(waitersFor(promise), 0);
  });

  it("asks a promise once, however many wait for it", async () => {
    const { promise, reject } = Promise.withResolvers<string>();
    let asked = 0;
    const counted: PromiseLike<string> = {
      then: (...callbacks) => (asked++, promise.then(...callbacks)),
    };
    const waits = [1, 2, 3].map(() => waitFor(counted, undefined, "wait"));
    for (let turn = 0; turn < 100; turn++) await waitFor(counted, { timeout: 0 }, "wait");
    assert.equal(asked, 1);
    const reason = new Error("failed");
    reject(reason);
    for (const wait of waits) await assert.rejects(wait, reason);
    await assert.rejects(waitFor(counted, undefined, "wait"), reason);
    assert.equal(asked, 2);
  });

  it("refuses a timeout that is no number", () => {
    assert.throws(() => checkTimeout(NaN, "join X"), {
      name: "RangeError",
      message: /join X.*NaN/,
    });
    for (const timeout of ["5", null, {}, 5n]) {
      assert.throws(() => checkTimeout(timeout as never, "join X"), { name: "TypeError" });
    }
    assert.equal(checkTimeout(undefined, "join X"), Infinity);
  });
});
