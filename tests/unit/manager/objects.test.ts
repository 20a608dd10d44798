/** Who keeps an object of a server: references of clients, and of messages that are on their way. */

import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { Objects } from "../../../src/manager/objects.ts";
import type { Entry } from "../../../src/manager/objects.ts";
import { methodsOf, ownKind, SERVER_KINDS } from "../../../src/manager/server_kinds.ts";

let disposed: number;
let objects: Objects;
let referent: object;
let entry: Entry;
const KIND = ownKind(64, "Thing", []);

/** One more reference than before, as a client holds it. */
const added = (): Entry => {
  const one = objects.add(referent, KIND);
  objects.keep(one);
  return one;
};

describe("Objects of a server", () => {
  beforeEach(() => {
    disposed = 0;
    objects = new Objects();
    referent = { [Symbol.dispose]: () => disposed++ };
    entry = added();
  });

  it("go with the last reference", () => {
    assert.equal(added(), entry);
    objects.drop(entry);
    assert.equal(objects.get(entry.id), entry);
    objects.drop(entry);
    assert.equal(objects.get(entry.id), undefined);
    assert.equal(objects.size, 0);
    assert.equal(disposed, 1);
  });

  it("have another number when they are made again", () => {
    objects.drop(entry);
    const again = added();
    assert.notEqual(again.id, entry.id);
    objects.drop(entry); // too late: it is another one's number
    assert.equal(objects.get(again.id), again);
  });

  it("stay while a message has a reference, which its reader takes over", () => {
    objects.post("token", entry);
    objects.drop(entry); // the sender's own
    assert.equal(disposed, 0);
    assert.equal(objects.take("token", entry.id), entry);
    objects.drop(entry);
    assert.equal(disposed, 1);
  });

  it("stay when the reader is heard before the sender", () => {
    assert.equal(objects.take("token", entry.id), entry);
    objects.post("token", entry);
    assert.equal(entry.references, 2); // the sender's and the reader's
    objects.drop(entry);
    objects.drop(entry);
    assert.equal(disposed, 1);
  });

  it("stay a while when a message was read that somebody may just connect for", () => {
    objects.post("token", entry);
    objects.land("token");
    objects.land("token");
    objects.drop(entry);
    assert.equal(disposed, 0);
    assert.equal(objects.get(entry.id), entry);
    assert.equal(objects.take("token", entry.id), entry);
  });

  it("that are gone cannot be taken", () => {
    objects.drop(entry);
    assert.equal(objects.take("token", entry.id), undefined);
    objects.land("unknown");
  });

  it("go all together", async () => {
    await objects.clear();
    assert.equal(disposed, 1);
    assert.equal(objects.size, 0);
    objects.drop(entry);
    assert.equal(disposed, 1);
  });
});

describe("Methods that can be called", () => {
  class Parent {
    inherited(): void {}
    _private(): void {}
    get value(): number {
      throw new Error("was read");
    }
  }
  class Child extends Parent {
    own(): void {}
    then(): void {}
    override toString(): string {
      return "text";
    }
    static fixed(): void {}
  }

  it("are those of the classes, but not what every object has", () => {
    assert.deepEqual(methodsOf(new Child(), null), ["own", "toString", "inherited"]);
    assert.deepEqual(methodsOf(new Child(), ["own", "_private", "constructor", "x"]), ["own"]);
    assert.deepEqual(methodsOf({ a: () => 1, b: 2, _c: () => 3 }, null), ["a"]);
    assert.deepEqual(methodsOf({}, null), []);
    assert.deepEqual(methodsOf(Object.create(null), null), []);
  });

  it("of the library's kinds are all there", () => {
    for (const { name, methods, run } of SERVER_KINDS.values()) {
      methods.forEach((method, i) => assert.equal(typeof run[i], "function", `${name}.${method}`));
    }
  });
});
