/** Errors that nobody catches, in a child with listeners of its own: it goes as it would without us. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext, WorkerLostError } from "../../mod.ts";
import * as listeners from "../fixtures/process/listeners.ts";
import { runChild } from "../support/child.ts";
import { describeMethods } from "../support/methods.ts";
import { RUNTIME } from "../support/runtime.ts";

describeMethods("A child with a listener for what nobody catches", (method) => {
  const taken = method === "thread" && RUNTIME === "bun"
    ? "Bun's test runner takes the uncaught errors of its threads itself"
    : false;
  const { reported, reportedOnce, reportedInDomain, reporterGone, reporterGoneFromDomain } =
    listeners;

  for (const target of [reported, reportedOnce, reportedInDomain]) {
    it(`that ends it, if it is the only one, is ended by it: ${target.name}`, {
      skip: taken,
    }, async () => {
      const { code, stdout, stderr } = await runChild(method, { target });
      assert.equal(stdout, "reported left behind\n", stderr);
      assert.equal(code, listeners.REPORTED);
      assert.doesNotMatch(stderr, /left behind/);
    });
  }

  it("that ends it is a lost worker of its pool", { skip: taken }, async () => {
    await using pool = new (getContext(method).Pool)(1);
    const error = await pool.apply(reported, []).catch((error: unknown) => error);
    assert.ok(error instanceof WorkerLostError, String(error));
    assert.equal(error.exitCode, listeners.REPORTED);
  });

  for (const target of [reporterGone, reporterGoneFromDomain]) {
    it(`that is there no more ends and shows the error: ${target.name}`, {
      skip: taken,
    }, async () => {
      const { code, stderr } = await runChild(method, { target, name: "Alone" });
      assert.equal(code, 1);
      assert.match(stderr, /left behind/);
      // Bun does not say when a listener goes: it shows the error itself.
      if (RUNTIME !== "bun") assert.match(stderr, /^Process Alone:\nRangeError: left behind\n/);
    });
  }

  it("leaves it rejections as well, where the runtime does", {
    skip: RUNTIME === "bun" ? "Bun ends for a rejection that has no listener of its own" : taken,
  }, async () => {
    const { code, stdout, stderr } = await runChild(method, { target: listeners.rejected });
    assert.equal(stdout, "left behind unhandledRejection\n", stderr);
    assert.equal(code, 0);
  });
});
