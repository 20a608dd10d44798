/** `timeout` and `signal`, in every form of a call. */

import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { getContext, TimeoutError } from "../../mod.ts";
import type { Pool, TaskOptions } from "../../mod.ts";
import { Handshake, ready } from "../fixtures/pool/handshake.ts";
import * as work from "../fixtures/pool/work.ts";
import { describeMethods } from "../support/methods.ts";

type Fn = typeof work.holdUnlessFirst;
type Tuple = Parameters<Fn>;

/** How a form takes tasks, and how its first failure comes. */
interface Form {
  name: string;
  /** Whether it takes all of the tasks, or the last one alone. */
  many: boolean;
  call(pool: Pool, fn: Fn, tuples: Tuple[], options: TaskOptions): PromiseLike<unknown>;
}

/** Takes everything that an iterator gives; the first failure is thrown at the end. */
async function exhaust(results: AsyncIterableIterator<unknown>): Promise<void> {
  let failure: { error: unknown } | null = null;
  for (;;) {
    try {
      if ((await results.next()).done) break;
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== null) throw failure.error;
}

const spread = work.holdUnlessFirstOf;
const FORMS: Form[] = [
  {
    name: "apply",
    many: false,
    call: (pool, fn, [tuple], options) => pool.apply(fn, tuple, options),
  },
  {
    name: "applyAsync",
    many: false,
    call: (pool, fn, [tuple], options) => pool.applyAsync(fn, tuple, options),
  },
  {
    name: "map",
    many: true,
    call: (pool, _, tuples, options) => pool.map(spread, tuples, options),
  },
  {
    name: "mapAsync",
    many: true,
    call: (pool, _, tuples, options) => pool.mapAsync(spread, tuples, options),
  },
  {
    name: "starmap",
    many: true,
    call: (pool, fn, tuples, options) => pool.starmap(fn, tuples, options),
  },
  {
    name: "starmapAsync",
    many: true,
    call: (pool, fn, tuples, options) => pool.starmapAsync(fn, tuples, options),
  },
  {
    name: "imap",
    many: true,
    call: (pool, _, tuples, options) => exhaust(pool.imap(spread, tuples, options)),
  },
  {
    name: "imapUnordered",
    many: true,
    call: (pool, _, tuples, options) => exhaust(pool.imapUnordered(spread, tuples, options)),
  },
];

describeMethods("pool: timeout and signal in every form", (method) => {
  let pool: Pool;
  before(async () => await ready(pool = new (getContext(method).Pool)(2)));
  after(() => pool.terminate());

  for (const { name, many, call } of FORMS) {
    // The task that is held is the last one: its place in the input is known.
    const tuples = (folder: string): Tuple[] =>
      (many ? ["first", "first", "held"] : ["held"]).map((task) => [folder, task]);
    const place = many ? 2 : 0;

    it(`${name} stops a task that runs too long`, async () => {
      using hands = new Handshake();
      const error = await call(pool, work.holdUnlessFirst, tuples(hands.path), { timeout: 500 })
        .then(() => null, (error) => error);
      assert.ok(error instanceof TimeoutError, String(error));
      assert.equal(error.taskIndex, place);
      assert.match(error.message, /longer than its timeout of 500 ms/);
      assert.equal(await pool.apply(work.square, [3]), 9);
    });

    it(`${name} stops what runs when its signal aborts`, async () => {
      using hands = new Handshake();
      const controller = new AbortController();
      const options = { signal: controller.signal, timeout: 1e9 };
      const ended = Promise.resolve(
        call(pool, work.holdUnlessFirst, tuples(hands.path), options),
      ).then(() => null, (error) => error);
      const worker = await hands.began("held");
      const reason = new URIError("enough");
      controller.abort(reason);
      assert.equal(await ended, reason);
      await ready(pool);
      assert.equal((await pool.broadcast(work.workerId)).includes(worker), false);
    });
  }

  it("refuses options that are wrong in every form", async () => {
    for (const { call } of FORMS) {
      const attempt = async (options: unknown) =>
        await call(pool, work.holdUnlessFirst, [["", "first"]], options as TaskOptions);
      await assert.rejects(attempt({ timeout: NaN }), RangeError);
      await assert.rejects(attempt({ timeout: "1" }), TypeError);
      await assert.rejects(attempt({ signal: "abort" }), TypeError);
      await assert.rejects(attempt({ signal: AbortSignal.abort(7) }), (error) => error === 7);
      await assert.rejects(attempt({ retries: { times: -1 } }), RangeError);
    }
  });
});
