import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeError } from "../../../src/process/report.ts";

describe("describeError", () => {
  it("shows the class, the message and the stack", () => {
    const text = describeError(new RangeError("too far"));
    assert.match(text, /^RangeError: too far\n/);
    assert.match(text, /report\.test\.ts/);
  });

  it("shows causes, and ends also where they form a circle", () => {
    const inner = new Error("inner", { cause: "a string" });
    assert.match(describeError(new Error("outer", { cause: inner })), /outer[^]*inner[^]*a string/);
    const circle: Error = new Error("round");
    circle.cause = circle;
    assert.ok(describeError(circle).length < 100_000);
  });

  it("shows what is no error, whatever it is", () => {
    for (
      const value of [undefined, null, 0, "text", Symbol("s"), {}, Object.create(null), () => 1]
    ) {
      assert.equal(typeof describeError(value), "string");
    }
    assert.match(describeError("text"), /text/);
    const hostile = {
      toString: () => {
        throw new Error("no");
      },
    };
    assert.equal(typeof describeError(hostile), "string");
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    assert.equal(describeError(proxy), "Uncaught object that cannot be shown as text");
  });

  it("shows an error whose cause cannot be asked for", () => {
    const error = Object.defineProperty(new Error("guarded"), "cause", {
      get() {
        throw new Error("no");
      },
    });
    assert.match(describeError(error), /^Error: guarded\n/);
  });

  it("shows an error without a stack", () => {
    const error = new Error("bare");
    error.stack = undefined;
    assert.equal(describeError(error), "Error: bare");
  });
});
