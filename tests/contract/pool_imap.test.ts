import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { getContext, partial } from "../../mod.ts";
import type { Pool } from "../../mod.ts";
import { Handshake, ready } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { waitFor } from "../support/alive.ts";
import { Endless } from "../support/endless.ts";
import { describeMethods } from "../support/methods.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

/** Everything that an iteration gives, failures as their messages. */
async function outcomes(results: AsyncIterator<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for (;;) {
    try {
      const { done, value } = await results.next();
      if (done) return all;
      all.push(value);
    } catch (error) {
      all.push((error as Error).message);
    }
  }
}

describeMethods("pool: imap", (method) => {
  let pool: Pool;
  before(async () => await ready(pool = new (getContext(method).Pool)(2)));
  after(() => pool.terminate());

  it("gives results in order, imapUnordered gives all of them", async () => {
    const expected = range(300).map((x) => x * x);
    for (const chunkSize of [1, 7, 1000]) {
      assert.deepEqual(await collect(pool.imap(work.square, range(300), { chunkSize })), expected);
      const unordered = await collect(pool.imapUnordered(work.square, range(300), { chunkSize }));
      assert.deepEqual(unordered.sort((a, b) => a - b), expected);
    }
    assert.deepEqual(await collect(pool.imap(work.same, "añ")), ["a", "ñ"]);
    assert.deepEqual(await collect(pool.imap(work.square, [])), []);
  });

  it("gives the quick before the slow where order does not matter", async () => {
    using hands = new Handshake();
    const names = ["slow", "quick"];
    const results = pool.imapUnordered(partial(work.hold, hands.path), names);
    const first = results.next();
    await Promise.all(names.map((name) => hands.began(name)));
    hands.go("quick");
    assert.deepEqual(await first, { done: false, value: "quick" });
    hands.go("slow");
    assert.deepEqual(await results.next(), { done: false, value: "slow" });
    assert.equal((await results.next()).done, true);
  });

  for (const kind of ["numbers", "laterNumbers"] as const) {
    it(`reads no further ahead than its buffer (${kind})`, async () => {
      for (const options of [{}, { chunkSize: 4 }, { chunkSize: 3, buffer: 5 }, { buffer: 1 }]) {
        const input = new Endless();
        // Without a size, chunks of quick tasks grow to 256 items.
        const buffer = options.buffer ?? 2 * 2 * (options.chunkSize ?? 256);
        const results = pool.imap(work.square, input[kind](), options);
        for (let taken = 0; taken < 40; taken++) {
          assert.deepEqual(await results.next(), { done: false, value: taken * taken });
          await turn(); // time to read too much
          assert.ok(input.pulled <= taken + 1 + buffer, `read ${input.pulled}, took ${taken + 1}`);
        }
        await results.return!();
        await waitFor(() => input.closed === 1);
      }
    });
  }

  it("fills its buffer while nobody takes results, and loses none of them", async () => {
    const input = new Endless();
    const results = pool.imap(work.square, input.numbers(), { buffer: 6 });
    await waitFor(() => input.pulled === 6);
    await pool.map(work.nothing, range(10));
    assert.equal(input.pulled, 6);
    for (let i = 0; i < 20; i++) assert.equal((await results.next()).value, i * i);
    await results.return!();
  });

  it("serves several next() at a time, in order", async () => {
    const results = pool.imap(work.square, range(5));
    const taken = await Promise.all(range(7).map(() => results.next()));
    assert.deepEqual(taken.map(({ value }) => value), [0, 1, 4, 9, 16, undefined, undefined]);
    assert.deepEqual(taken.map(({ done }) => done), [...new Array(5).fill(false), true, true]);
  });

  it("gives a failure to its item and goes on, whatever the chunk size", async () => {
    for (const chunkSize of [1, 2, 5, 100]) {
      const ordered = await outcomes(pool.imap(work.failAtTwo, range(5), { chunkSize }));
      assert.deepEqual(ordered, [0, 1, "no 2", 3, 4]);
      const unordered = await outcomes(pool.imapUnordered(work.failLater, range(5), { chunkSize }));
      assert.deepEqual(new Set(unordered), new Set([0, 1, "no 2", 3, 4]));
    }
    const results = pool.imap(work.failAtTwo, [2]);
    const error = await results.next().catch((error) => error);
    assert.ok(error instanceof RangeError);
    assert.equal((error as { taskIndex?: number }).taskIndex, 0);
  });

  it("gives an item that cannot be sent its failure, and goes on", async () => {
    const items = [1, new WeakMap(), 3];
    for (const chunkSize of [1, 3]) {
      const all = await outcomes(pool.imap(work.takeAnything, items, { chunkSize }));
      assert.equal(all.length, 3);
      assert.deepEqual([all[0], all[2]], [1, 3]);
      assert.match(String(all[1]), /items\[1\]/);
    }
  });

  it("with settle a loop goes on after a failure", async () => {
    for (const chunkSize of [1, 3]) {
      for (const form of ["imap", "imapUnordered"] as const) {
        const results = pool[form](work.root, [1, -2, 4, new WeakMap() as never], {
          chunkSize,
          settle: true,
        });
        const all: string[] = [];
        for await (const result of results) {
          all.push(result.status === "fulfilled" ? String(result.value) : result.reason.name);
        }
        const expected = ["1", "RangeError", "2", "SerializationError"];
        if (form === "imap") assert.deepEqual(all, expected);
        else assert.deepEqual(all.sort(), expected.sort());
      }
    }
    function* broken() {
      yield 1;
      throw new URIError("input");
    }
    const cut = pool.imap(work.root, broken(), { settle: true });
    assert.deepEqual((await cut.next()).value, { status: "fulfilled", value: 1 });
    await assert.rejects(cut.next(), URIError); // no item's failure
    assert.equal((await cut.next()).done, true);
  });

  it("gives an error of the input at its place", async () => {
    function* broken() {
      yield 1;
      yield 2;
      throw new URIError("input");
    }
    async function* brokenLater() {
      yield* broken();
      await Promise.resolve();
    }
    for (const make of [broken, brokenLater]) {
      for (const chunkSize of [1, 10]) {
        assert.deepEqual(await outcomes(pool.imap(work.square, make(), { chunkSize })), [
          1,
          4,
          "input",
        ]);
        const unordered = await outcomes(pool.imapUnordered(work.square, make(), { chunkSize }));
        assert.equal(unordered.at(-1), "input");
        assert.equal(unordered.length, 3);
      }
    }
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("closes the input when the loop is left, and the pool stays usable", async () => {
    for (const kind of ["numbers", "laterNumbers"] as const) {
      for (const form of ["imap", "imapUnordered"] as const) {
        const input = new Endless();
        for await (const result of pool[form](work.square, input[kind]())) if (result > 30) break;
        await waitFor(() => input.closed === 1);
        const { pulled } = input;
        assert.deepEqual(await pool.map(work.square, [1, 2]), [1, 4]);
        assert.equal(input.pulled, pulled);
      }
    }
  });

  it("answers a next() that waits when the loop is left", async () => {
    using hands = new Handshake();
    const results = pool.imap(partial(work.hold, hands.path), ["a"]);
    const waiting = results.next();
    await hands.began("a");
    assert.equal((await results.return!()).done, true);
    assert.equal((await waiting).done, true);
    assert.equal((await results.next()).done, true);
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("survives an input whose return() fails", async () => {
    const input = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: 1 }),
        return: (): never => {
          throw new Error("return");
        },
      }),
    };
    const inputLater = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 1 }),
        return: (): never => {
          throw new Error("return");
        },
      }),
    };
    for await (const one of pool.imap(work.square, input as Iterable<number>)) {
      assert.equal(one, 1);
      break;
    }
    for await (const one of pool.imap(work.square, inputLater as AsyncIterable<number>)) {
      assert.equal(one, 1);
      break;
    }
    assert.equal(await pool.apply(work.square, [3]), 9);
  });

  it("keeps what was done for whoever takes it after close and join", async () => {
    const own = new (getContext(method).Pool)(1);
    const results = own.imap(work.square, range(20));
    own.close();
    await own.join();
    assert.deepEqual(await collect(results), range(20).map((x) => x * x));
  });

  it("goes on after close while its results are taken", async () => {
    const own = new (getContext(method).Pool)(1);
    const results = own.imap(work.square, new Set(range(20)));
    own.close();
    assert.deepEqual(await collect(results), range(20).map((x) => x * x));
    await own.join();
  });
});
