/** Errors arrive, whatever is in them. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as library from "../../../src/errors.ts";
import { registerClass } from "../../../src/wire/classes.ts";
import { difference, installFunctionHooks, roundTrip } from "./codec.ts";

before(installFunctionHooks);

const isError = (Error as { isError?: (value: unknown) => boolean }).isError ??
  ((value: unknown) => value instanceof Error);

describe("errors", () => {
  it("of the language", () => {
    for (
      const Class of [
        Error,
        TypeError,
        RangeError,
        SyntaxError,
        ReferenceError,
        EvalError,
        URIError,
      ]
    ) {
      const error = new Class("what happened", { cause: { deep: [1] } });
      const copy = roundTrip(error);
      assert.equal(difference(error, copy), null, Class.name);
      assert.ok(isError(copy));
      assert.equal(copy.constructor, Class);
      assert.equal(String(copy), `${Class.name}: what happened`);
      for (const key of ["message", "stack", "cause"]) {
        const found = Object.getOwnPropertyDescriptor(copy, key);
        assert.deepEqual([found?.enumerable, found?.configurable], [false, true], key);
      }
    }
  });

  it("of the library, each of its classes", () => {
    for (const [name, Class] of Object.entries(library)) {
      const error = Object.assign(new Class("said so"), { path: "args[0]", taskIndex: 3 });
      const copy = roundTrip(error);
      assert.equal(difference(error, copy), null, name);
      assert.ok(copy instanceof library.MultiprocessingError);
      assert.equal(copy.name, name);
    }
  });

  it("the remote stack is kept word for word", () => {
    const error = new Error("x");
    error.stack = "Error: x\n    at somewhere (file:///else.ts:1:2)";
    assert.equal(roundTrip(error).stack, error.stack);
  });

  it("without message, stack or cause there is none", () => {
    const error = new Error();
    delete error.stack;
    const copy = roundTrip(error);
    assert.equal(Object.hasOwn(copy, "message"), false);
    assert.equal(Object.hasOwn(copy, "cause"), false);
    assert.deepEqual(Object.keys(copy), []);
    assert.ok(Object.hasOwn(roundTrip(new Error("", { cause: undefined })), "cause"));
  });

  it("AggregateError keeps its errors", () => {
    const error = new AggregateError([new TypeError("a"), { no: "error" }, 3], "all failed");
    const copy = roundTrip(error);
    assert.equal(difference(error, copy), null);
    assert.ok(copy.errors[0] instanceof TypeError);
    assert.equal(Object.getOwnPropertyDescriptor(copy, "errors")?.enumerable, false);
  });

  it("DOMException keeps name and code", () => {
    for (const error of [new DOMException("stop", "AbortError"), AbortSignal.abort().reason]) {
      const copy = roundTrip(error);
      assert.ok(copy instanceof DOMException);
      assert.deepEqual([copy.name, copy.code, copy.message], [error.name, 20, error.message]);
    }
    assert.equal(roundTrip(new DOMException("m", "DataCloneError")).code, 25);
  });

  it("own fields travel, what they cannot say is replaced", () => {
    const error = Object.assign(new Error("no file"), {
      code: "ENOENT",
      errno: -2,
      at: new Date(3),
      socket: Promise.resolve(),
      deep: { list: [new WeakMap()] },
      call: () => error,
      [Symbol("s")]: 1,
    });
    Object.defineProperty(error, "broken", {
      get: () => {
        throw new Error("no");
      },
      enumerable: true,
    });
    const copy = roundTrip(error) as typeof error & { broken: unknown };
    assert.equal(copy.code, "ENOENT");
    assert.equal(copy.errno, -2);
    assert.deepEqual(copy.at, new Date(3));
    assert.equal(copy.socket as unknown, "[not sent: a Promise]");
    assert.equal(copy.deep as unknown, "[not sent: a WeakMap inside]");
    assert.equal(copy.call as unknown, "[not sent: a function]");
    assert.equal(copy.broken, "[not sent: an object that cannot be read]");
    assert.equal(copy.message, "no file");
  });

  it("a part that is replaced leaves nothing behind", () => {
    const shared = { n: 1 };
    const error = Object.assign(new Error("x"), {
      first: shared,
      bad: [{ key: shared, fresh: {} }, new Uint8Array(new ArrayBuffer(9), 1, 2), Symbol("s")],
      last: [shared, { key: 1, fresh: 2 }],
    });
    const [copy, outside] = roundTrip([error, shared] as const);
    assert.equal(copy.bad as unknown, "[not sent: a symbol inside]");
    assert.equal(copy.first, outside);
    assert.equal(copy.last[0], outside);
    assert.deepEqual(copy.last[1], { key: 1, fresh: 2 });
  });

  it("a cause that cannot travel does not stop the error", () => {
    const copy = roundTrip(new Error("outer", { cause: Symbol("s") }));
    assert.equal(copy.cause, "[not sent: a symbol]");
  });

  it("a chain of causes of any length arrives, shortened", () => {
    let error = new Error("first");
    for (let i = 0; i < 5000; i++) error = new Error("next", { cause: error });
    let length = 0;
    for (let e: unknown = roundTrip(error); e instanceof Error; e = e.cause) length++;
    assert.equal(length, 500);
  });

  it("an unknown subclass arrives as the nearest known class, with its name", () => {
    class HttpError extends RangeError {
      status = 404;
    }
    class Named extends library.TimeoutError {
      override name = "Named";
    }
    class Inherits extends Error {}
    Inherits.prototype.name = "ByPrototype";
    const http = roundTrip(new HttpError("gone"));
    assert.equal(Object.getPrototypeOf(http), RangeError.prototype);
    assert.deepEqual([http.name, http.message, http.status], ["HttpError", "gone", 404]);
    assert.deepEqual(Object.keys(http), ["status"]);
    const named = roundTrip(new Named("slow"));
    assert.equal(Object.getPrototypeOf(named), library.TimeoutError.prototype);
    assert.equal(named.name, "Named");
    assert.equal(roundTrip(new Inherits("x")).name, "ByPrototype");
    const renamed = new TypeError("x");
    renamed.name = "CustomName";
    assert.equal(roundTrip(renamed).name, "CustomName");
  });

  it("a registered class needs no reduce, and its constructor is not called", () => {
    let calls = 0;
    class Refused extends Error {
      readonly reason: string;
      constructor(reason: string) {
        super(`refused: ${reason}`);
        this.reason = reason;
        calls++;
      }
      get polite(): string {
        return `sorry, ${this.reason}`;
      }
    }
    registerClass(Refused, { name: "tests/Refused" });
    const error = new Refused("full");
    const copy = roundTrip(error);
    assert.equal(calls, 1);
    assert.ok(copy instanceof Refused && isError(copy));
    assert.equal(copy.polite, "sorry, full");
    assert.equal(difference(error, copy), null);
    class Worse extends Refused {}
    const worse = roundTrip(new Worse("fuller"));
    assert.equal(Object.getPrototypeOf(worse), Refused.prototype);
    assert.equal(worse.name, "Worse");
  });

  it("a registered class may reduce its errors instead", () => {
    class Coded extends Error {
      readonly extra: number;
      constructor(extra: number) {
        super(`code ${extra}`);
        this.extra = extra;
      }
    }
    registerClass(Coded, {
      name: "tests/Coded",
      reduce: (e) => e.extra,
      rebuild: (extra: number) => new Coded(extra),
    });
    assert.equal(roundTrip(new Coded(7)).message, "code 7");
  });

  it("an error with hostile getters still arrives", () => {
    const error = new Error("x");
    for (const key of ["message", "stack", "name", "cause"]) {
      Object.defineProperty(error, key, {
        get() {
          throw new Error(`no ${key}`);
        },
      });
    }
    const copy = roundTrip(error);
    assert.ok(copy instanceof Error);
    assert.equal(copy.message, "[reading its message threw Error: no message]");
    assert.equal(copy.cause, "[not sent: an object that cannot be read]");
  });

  it("fields named like what every object inherits are data", () => {
    const error = new Error("x");
    Object.defineProperty(error, "__proto__", { value: { polluted: 1 }, enumerable: true });
    const copy = roundTrip(error);
    assert.equal(Object.getPrototypeOf(copy), Error.prototype);
    assert.ok(Object.hasOwn(copy, "__proto__"));
  });
});
