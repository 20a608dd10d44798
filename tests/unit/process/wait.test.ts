import assert from "node:assert/strict";
import { describe, it } from "node:test";
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
