/** What cannot travel is refused with its path, and leaves the message as it was. */
import { EventEmitter } from "node:events";
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { FunctionReferenceError, SerializationError } from "../../../src/errors.ts";
import "../../../src/sync/lock.ts"; // its objects travel; those of another copy do not
import { Decoder } from "../../../src/wire/decode.ts";
import { Encoder } from "../../../src/wire/encode.ts";
import { installFunctionHooks, knowFunction, partial, refusalOf, toHex } from "./codec.ts";

before(installFunctionHooks);

class User {
  name = "ada";
}
const Nameless = (() => class {})();
const revoked = Proxy.revocable({}, {});
revoked.revoke();

/** As if it came from a second copy of the library. */
class Lock {
  words = new Int32Array(1);
}

const refused: [title: string, value: unknown, what: RegExp][] = [
  ["symbol", Symbol("s"), /^it is a symbol; .*send a string$/],
  ["boxed symbol", Object(Symbol("s")), /a Symbol; .*send a string/],
  ["promise", Promise.resolve(), /a Promise; await it first/],
  ["weak map", new WeakMap(), /a WeakMap; .*send a Map/],
  ["weak set", new WeakSet(), /a WeakSet; /],
  ["weak reference", new WeakRef({}), /a WeakRef; /],
  ["class instance", new User(), /an instance of class User; call registerClass\(User, /],
  ["nameless class", new Nameless(), /an instance of a class without a name; call registerClass\(/],
  [
    "made from an object",
    Object.create({ a: 1 }),
    /whose prototype is another object; .*\.\.\.value/,
  ],
  ["generator", (function* () {})(), /a Generator; .*\[\.\.\.value\]/],
  ["iterator", [].values(), /an Array Iterator; /],
  ["blob", new Blob(["x"]), /a Blob; .*arrayBuffer/],
  ["request", new Request("http://localhost/"), /a Request; .*read it first/],
  ["response", new Response("x"), /a Response; .*read it first/],
  ["stream", new ReadableStream(), /a ReadableStream; .*read it first/],
  ["url", new URL("http://localhost/"), /a URL; send its text: String\(url\)/],
  ["headers", new Headers(), /a Headers; send its entries/],
  ["emitter", new EventEmitter(), /an instance of class EventEmitter; it stays where it is; send/],
  [
    "another copy's lock",
    new Lock(),
    /class Lock; if that is the Lock of this library, .*two copies/,
  ],
  ["abort signal", new AbortController().signal, /an instance of class AbortSignal; /],
  ["shared memory", new SharedArrayBuffer(8), /a SharedArrayBuffer; it only travels to threads/],
  ["shared view", new Uint8Array(new SharedArrayBuffer(8)), /a view of a SharedArrayBuffer; /],
  ["pretended map", Object.create(Map.prototype), /an instance of class Map; /],
  ["pretended date", Object.create(Date.prototype), /an instance of class Date; /],
  ["proxy that is revoked", revoked.proxy, /reading it threw TypeError/],
  [
    "huge reserve",
    new ArrayBuffer(1, { maxByteLength: 2 ** 31 }),
    /may grow to 2147483648 .*lower/,
  ],
];

describe("refusals", () => {
  for (const [title, value, what] of refused) {
    it(title, () => {
      const error = refusalOf({ list: [0, { value }] });
      assert.equal(error.path, "args[0].list[1].value");
      const start = "Cannot send args[0].list[1].value: ";
      assert.ok(error.message.startsWith(start), error.message);
      assert.match(error.message.slice(start.length), what);
    });
  }

  it("a partial function among the values that are bound to it", () => {
    knowFunction(Math.max, { kind: "global", path: "Math.max" });
    const bound: Record<string, unknown> = {};
    bound.self = partial(Math.max, bound);
    const error = refusalOf(bound.self);
    assert.equal(error.path, "args[0].bound[0].self");
    assert.match(error.message, /a partial function inside the values that are bound to it; bind/);
  });

  it("ports on the way to a process", () => {
    const { port1, port2 } = new MessageChannel();
    const error = refusalOf({ port1 });
    assert.match(
      error.message,
      /args\[0\]\.port1: it is a MessagePort; it only travels to threads/,
    );
    port1.close();
    port2.close();
  });

  it("buffers that were moved away", () => {
    const view = new Uint8Array(8);
    structuredClone(view.buffer, { transfer: [view.buffer] });
    assert.match(refusalOf(view.buffer).message, /an ArrayBuffer that was moved away before; /);
    assert.match(refusalOf([view]).message, /\[0\]: it is a view of an ArrayBuffer that was moved/);
  });

  it("paths through every container", () => {
    const bad = Symbol("bad");
    knowFunction(Math.max, { kind: "global", path: "Math.max" });
    const cases: [unknown, string][] = [
      [bad, "args[0]"],
      [[[bad]], "args[0][0][0]"],
      [[, , bad], "args[0][2]"],
      [{ "not a name": { "": bad } }, 'args[0]["not a name"][""]'],
      [{ "é1": { $_: bad } }, "args[0].é1.$_"],
      [new Map([["key", bad]]), 'args[0].get("key")'],
      [new Map<unknown, unknown>([[1, [bad]]]), "args[0].get(1)[0]"],
      [new Map<unknown, unknown>([[{}, 1], [{}, bad]]), "args[0].values()[1]"],
      [new Map<unknown, unknown>([[0, 0], [{ bad }, 1]]), "args[0].keys()[1].bad"],
      [new Set([1, bad]), "args[0].values()[1]"],
      [Object.assign([1], { name: bad }), "args[0].name"],
      [partial(Math.max, 1, { bad }), "args[0].bound[1].bad"],
    ];
    for (const [value, path] of cases) assert.equal(refusalOf(value).path, path);
  });

  it("functions that nobody finds, in the words of the function hooks", () => {
    const lost = (): void => {};
    const encoder = new Encoder("process");
    assert.throws(() => encoder.value({ tasks: [{ lost }] }, "args[2]"), (error: Error) => {
      assert.ok(error instanceof FunctionReferenceError);
      assert.equal(error.message, "Cannot send args[2].tasks[0].lost: nobody knows lost");
      return true;
    });
    assert.equal(encoder.length, 0);
  });

  it("a getter that throws is the cause", () => {
    const cause = new Error("not now");
    const error = refusalOf({
      get x() {
        throw cause;
      },
    });
    assert.equal(error.path, "args[0].x");
    assert.equal(error.cause, cause);
    assert.match(error.message, /reading it threw Error: not now/);
  });

  it("a refusal takes back everything that the value wrote", () => {
    knowFunction(Math.abs, {
      kind: "export",
      modules: ["file:///m.ts"],
      name: "abs",
      check: 1,
      search: false,
    });
    knowFunction(Math.ceil, {
      kind: "export",
      modules: ["file:///n.ts"],
      name: "ceil",
      check: 1,
      search: false,
    });
    const big = new Uint8Array(20_000);
    const shared = new SharedArrayBuffer(8);
    const write = (encoder: Encoder): void => {
      encoder.u8(7);
      encoder.value({ a: 1, big, shared, f: Math.abs }, "first");
    };
    const finish = (encoder: Encoder): void => encoder.value([{ a: 1 }, { a: 2 }, big], "last");
    const plain = new Encoder("thread");
    write(plain);
    finish(plain);
    const tried = new Encoder("thread");
    write(tried);
    const before = tried.length;
    for (const bad of [Symbol("s"), Promise.resolve(), () => {}]) {
      const value = [
        { b: 1 },
        new Uint8Array(20_000),
        new SharedArrayBuffer(8),
        Math.ceil,
        Math.abs,
        bad,
      ];
      assert.throws(() => tried.value(value, "bad"), {
        name: /^(Serialization|FunctionReference)Error$/,
        message: /^Cannot send bad\[5\]/,
      });
      assert.equal(tried.length, before);
      assert.deepEqual([...tried.modules], ["file:///m.ts"]);
    }
    finish(tried);
    const wanted = plain.take();
    const message = tried.take();
    assert.equal(toHex(message.bytes), toHex(wanted.bytes));
    assert.equal(message.attachments.length, wanted.attachments.length);
    assert.equal(message.transferList.length, wanted.transferList.length);
    const decoder = new Decoder(message.bytes, message.attachments);
    assert.equal(decoder.u8(), 7);
    assert.equal((decoder.value() as { shared: unknown }).shared, shared);
  });

  it("a value inside of another one is not confused by a refusal before it", () => {
    const encoder = new Encoder("process");
    const shared = {};
    assert.throws(() => encoder.value([shared, { x: Symbol("s") }], "v"), SerializationError);
    encoder.value([{ x: 1 }, shared], "v");
    assert.deepEqual(new Decoder(encoder.take().bytes).value(), [{ x: 1 }, {}]);
  });
});
