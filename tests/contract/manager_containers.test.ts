/** The containers of a manager: list, dict, set, namespace, value and array. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { inline, Manager, Process, SerializationError } from "../../mod.ts";
import { add, countUp, descending, fails, increment, later } from "../fixtures/manager/work.ts";

let manager: Manager;

describe("Containers of a manager", () => {
  before(() => void (manager = new Manager()));
  after(() => manager.shutdown());

  it("list: speaks as an array", async () => {
    const list = await manager.list([1, 2, 3]);
    assert.equal(await list.push(4, 5), 5);
    assert.equal(await list.pop(), 5);
    assert.equal(await list.shift(), 1);
    assert.equal(await list.unshift(0), 4);
    assert.deepEqual(await list.toArray(), [0, 2, 3, 4]);
    assert.equal(await list.at(-1), 4);
    assert.equal(await list.at(9), undefined);
    await list.set(-1, 9);
    await list.insert(1, 7, 8);
    assert.deepEqual(await list.toArray(), [0, 7, 8, 2, 3, 9]);
    assert.deepEqual(await list.splice(1, 2, "x" as never), [7, 8]);
    assert.deepEqual(await list.slice(1, 3), ["x", 2]);
    assert.deepEqual(await list.splice(1), ["x", 2, 3, 9] as never);
    await list.push(3, 10, 9);
    assert.equal(await list.indexOf(10), 2);
    assert.equal(await list.indexOf(77), -1);
    assert.equal(await list.includes(9), true);
    await list.reverse();
    assert.deepEqual(await list.toArray(), [9, 10, 3, 0]);
    await list.sort(descending);
    assert.deepEqual(await list.toArray(), [10, 9, 3, 0]);
    await list.sort();
    assert.deepEqual(await list.toArray(), [0, 10, 3, 9]); // as an array does: by text
    assert.equal(await list.length, 4);
    await assert.rejects(list.set(4, 1), { name: "RangeError", message: /item 4 of a list of 4/ });
    await list.clear();
    assert.equal(await list.length, 0);
  });

  it("list: can be iterated, however long", async () => {
    const list = await manager.list(Array.from({ length: 2500 }, (_, i) => i));
    let sum = 0;
    for await (const n of list) sum += n;
    assert.equal(sum, 2500 * 2499 / 2);
  });

  it("list: items are copies, and any value that travels", async () => {
    const item = { a: [1, new Map([["k", new Date(5)]])] };
    const list = await manager.list([item]);
    const copy = (await list.at(0))!;
    assert.deepEqual(copy, item);
    copy.a.push(2);
    assert.deepEqual(await list.at(0), item);
    const error = new RangeError("text", { cause: 1 });
    await list.push(error as never);
    const back = await list.pop() as unknown as Error;
    assert.ok(back instanceof RangeError);
    assert.equal(back.message, "text");
  });

  it("refuses what cannot travel, at the call and by its path, and goes on", async () => {
    const list = await manager.list<unknown>([]);
    const refused = list.push(1, { deep: [Promise.resolve()] });
    const after = list.push(2);
    await assert.rejects(refused, (error) => {
      assert.ok(error instanceof SerializationError);
      assert.equal(error.path, "args[1].deep[0]");
      return true;
    });
    assert.equal(await after, 1);
  });

  it("dict: speaks as a Map", async () => {
    const dict = await manager.dict<string, number>({ a: 1 });
    assert.equal(await dict.get("a"), 1);
    assert.equal(await dict.get("b"), undefined);
    await dict.set("b", 2);
    assert.equal(await dict.has("b"), true);
    assert.equal(await dict.size, 2);
    assert.deepEqual(await dict.keys(), ["a", "b"]);
    assert.deepEqual(await dict.values(), [1, 2]);
    assert.deepEqual(await dict.entries(), [["a", 1], ["b", 2]]);
    assert.deepEqual(await Array.fromAsync(dict), [["a", 1], ["b", 2]]);
    await dict.update({ b: 3, c: 4 });
    await dict.update(new Map([["d", 5]]));
    assert.deepEqual(await dict.toObject(), { a: 1, b: 3, c: 4, d: 5 });
    assert.equal(await dict.delete("a"), true);
    assert.equal(await dict.delete("a"), false);
    await dict.clear();
    assert.equal(await dict.size, 0);
  });

  it("dict: keys keep their types, and none means anything", async () => {
    const dict = await manager.dict<unknown, string>(new Map<unknown, string>([[1, "number"]]));
    await dict.set("1", "text");
    assert.equal(await dict.get(1), "number");
    assert.equal(await dict.get("1"), "text");
    for (const key of ["__proto__", "constructor", "hasOwnProperty"]) {
      assert.equal(await dict.has(key), false);
      await dict.set(key, "own");
      assert.equal(await dict.get(key), "own");
    }
    const object = await dict.toObject();
    assert.equal(Object.getPrototypeOf(object), Object.prototype);
    assert.equal(Object.hasOwn(object, "__proto__"), true);
    assert.equal(({} as { own?: string }).own, undefined);
    const given = JSON.parse('{"__proto__": {"polluted": 1}}');
    await dict.update(given);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  });

  it("dict and set: refuse objects, which would never be found again", async () => {
    const dict = await manager.dict<unknown, number>();
    await assert.rejects(dict.set({}, 1), { name: "TypeError", message: /object as a key/ });
    await assert.rejects(manager.dict(new Map([[[1], 1]])), TypeError);
    const set = await manager.set<unknown>();
    await assert.rejects(set.add(1, []), {
      name: "TypeError",
      message: /object into a managed set/,
    });
    await assert.rejects(manager.dict(5 as never), TypeError);
    await assert.rejects(manager.list(5 as never), TypeError);
  });

  it("update: is one step, whoever else calls", async () => {
    const dict = await manager.dict<string, number>();
    const children = [1, 2].map(() => new Process({ target: countUp, args: [dict, 200] }));
    for (const child of children) child.start();
    await countUp(dict, 200);
    for (const child of children) assert.equal(await child.join(), 0);
    assert.equal(await dict.get("n"), 600);
  });

  it("update: of each container; the function must return at once", async () => {
    const list = await manager.list([1]);
    assert.equal(await list.update(0, add, 5), 6);
    const value = await manager.Value("int32", 1);
    assert.equal(await value.update(add, 2), 3);
    const array = await manager.Array("int32", 2);
    assert.equal(await array.update(-1, increment), 1);
    const space = await manager.Namespace({ n: 1 });
    assert.equal(await space.update("n", add, 1), 2);
    assert.equal(await list.update(0, inline((x: number) => x * 2)), 12);
    await assert.rejects(list.update(0, later as never), /returns a promise/);
    await assert.rejects(list.update(0, 5 as never), { name: "TypeError" });
    await assert.rejects(value.update(fails), { name: "RangeError", message: "not this one" });
    assert.equal(await value.get(), 3);
    assert.deepEqual(await list.toArray(), [12]);
  });

  it("set: speaks as a Set", async () => {
    const set = await manager.set(["a"]);
    await set.add("b", "a");
    assert.equal(await set.size, 2);
    assert.equal(await set.has("b"), true);
    assert.deepEqual(await set.values(), ["a", "b"]);
    assert.deepEqual(await set.toSet(), new Set(["a", "b"]));
    assert.deepEqual(await Array.fromAsync(set), ["a", "b"]);
    assert.equal(await set.delete("a"), true);
    await set.clear();
    assert.equal(await set.size, 0);
  });

  it("namespace: names and values", async () => {
    const space = await manager.Namespace({ mode: "slow", level: 3 });
    await space.set("mode", "fast");
    assert.equal(await space.get("mode"), "fast");
    assert.equal(await space.has("other"), false);
    assert.equal(await space.delete("level"), true);
    assert.deepEqual(await space.toObject(), { mode: "fast" });
  });

  it("value and array: of their type", async () => {
    const value = await manager.Value("i", 5);
    await value.set(-7);
    assert.equal(await value.get(), -7);
    await assert.rejects(value.set(2 ** 40), RangeError);
    await assert.rejects(value.set("x" as never), TypeError);
    await assert.rejects(manager.Value("what" as never), { name: "RangeError" });
    assert.equal(await (await manager.Value("bool")).get(), false);
    assert.equal(await (await manager.Value("bigint64")).get(), 0n);
    const array = await manager.Array("float64", [0.5, 1]);
    await array.set(-1, 2);
    assert.deepEqual(await array.toArray(), [0.5, 2]);
    assert.deepEqual(await Array.fromAsync(array), [0.5, 2]);
    assert.equal(await array.length, 2);
    assert.equal(await array.at(0), 0.5);
    await assert.rejects(array.set(2, 1), { name: "RangeError", message: /its length is fixed/ });
    assert.deepEqual(await (await manager.Array("d", 2)).toArray(), [0, 0]);
  });

  it("calls of one process are carried out in their order", async () => {
    const list = await manager.list<number>([]);
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 2000; i++) calls.push(list.push(i));
    const all = list.toArray();
    await Promise.all(calls);
    assert.deepEqual(await all, Array.from({ length: 2000 }, (_, i) => i));
  });

  it("large values, of megabytes, there and back", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const whole = new Uint8Array(6_000_000);
    for (let at = 0; at < whole.length; at += bytes.length) whole.set(bytes, at);
    const list = await manager.list([whole]);
    const back = (await list.at(0))!;
    assert.equal(back.length, whole.length);
    assert.deepEqual(back.subarray(5_940_000), bytes);
  });
});
