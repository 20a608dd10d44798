/** Messages that wait for modules: which ones they need, in what order they are read, and how long. */

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { ProtocolError } from "../../../src/errors.ts";
import { noteInternalModule } from "../../../src/wire/classes.ts";
import { Encoder } from "../../../src/wire/encode.ts";
import { mentionsOf, modulesOf, seal } from "../../../src/wire/envelope.ts";
import {
  installFunctionHooks,
  missingFrom,
  register,
  setMainModule,
  setModuleHost,
} from "../../../src/wire/functions/mod.ts";
import { rememberReference } from "../../../src/wire/functions/known.ts";
import { Incoming } from "../../../src/wire/incoming.ts";
import { moduleHost } from "../../../src/runtime/modules.ts";

const MAIN = "file:///main.ts";
/** Their imports do not end by themselves. */
const gates = new Map<string, PromiseWithResolvers<Record<string, unknown>>>();

before(() => {
  const host = Object.create(moduleHost, {
    mainModule: { value: MAIN },
    importModule: {
      value(url: string) {
        if (!gates.has(url)) gates.set(url, Promise.withResolvers());
        return gates.get(url)!.promise;
      },
    },
  });
  setModuleHost(host);
  installFunctionHooks();
});

/** A message of one byte that needs modules. */
function needs(byte: number, ...modules: string[]): Uint8Array {
  const encoder = new Encoder("process");
  encoder.u8(byte);
  for (const url of modules) encoder.module(url);
  return seal(encoder).bytes;
}

/** A message with a function that is said to stand in a module. */
function withFunction(module: string, name: string, check = 0): Uint8Array {
  const fn = () => name;
  rememberReference(fn, { kind: "export", modules: [module], name, check, search: false });
  const encoder = new Encoder("process");
  encoder.value([fn, fn], "value");
  return seal(encoder).bytes;
}

describe("What a message needs", () => {
  it("is told with its functions, each once", () => {
    const bytes = withFunction("file:///a.ts", "f", 5);
    const reference = {
      kind: "export",
      modules: ["file:///a.ts"],
      name: "f",
      check: 5,
      search: false,
    };
    assert.deepEqual(mentionsOf(bytes), { modules: ["file:///a.ts"], references: [reference] });
    assert.deepEqual(modulesOf(bytes), ["file:///a.ts"]);
    assert.equal(mentionsOf(needs(1)), null);
  });

  it("is no module of functions that are known, nor of the library", () => {
    register({ url: "file:///b.ts" }, { f: () => 1 });
    assert.deepEqual(missingFrom(mentionsOf(withFunction("file:///b.ts", "f"))), []);
    assert.deepEqual(missingFrom(mentionsOf(withFunction("file:///b.ts", "g"))), ["file:///b.ts"]);
    noteInternalModule("file:///library.ts");
    const bytes = needs(1, "file:///library.ts", "file:///c.ts");
    assert.deepEqual(missingFrom(mentionsOf(bytes)), ["file:///c.ts"]);
  });

  it("cannot be told by bytes that are no list", () => {
    const bytes = withFunction("file:///a.ts", "f");
    const start = bytes.length - 4 - 1; // the number of its module
    const broken = bytes.slice();
    broken[start] = 9;
    assert.throws(() => mentionsOf(broken), ProtocolError);
  });
});

describe("Messages that wait", () => {
  const read: number[] = [];
  const incoming = (patience?: number) => {
    read.length = 0;
    return new Incoming(
      (bytes) => read.push(bytes[0]),
      (error) => assert.fail(String(error)),
      patience,
    );
  };

  it("are read in their order", async () => {
    const channel = incoming();
    channel.take(needs(1, "file:///slow.ts"));
    channel.take(needs(2));
    assert.deepEqual(read, []);
    gates.get("file:///slow.ts")!.resolve({});
    await channel.settled();
    channel.take(needs(3, "file:///slow.ts"));
    assert.deepEqual(read, [1, 2, 3]);
  });

  it("for the main module, or for no end of another one, do so once and for a while", async () => {
    const channel = incoming(1);
    channel.take(needs(1, MAIN));
    channel.take(needs(2, "file:///never.ts"));
    await channel.settled();
    const other = new Incoming(
      (bytes) => read.push(bytes[0]),
      (error) => assert.fail(String(error)),
    );
    other.take(needs(3, MAIN, "file:///never.ts"));
    await other.settled();
    assert.deepEqual(read, [1, 2, 3]);
  });

  it("in a child wait until nothing more is to come, and a while then", async () => {
    setMainModule(MAIN);
    const channel = incoming(1);
    channel.take(needs(1, "file:///never.ts"));
    channel.take(needs(2));
    await channel.settled();
    assert.deepEqual(read, [1, 2]);
  });
});
