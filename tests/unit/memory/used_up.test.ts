/** The numbers of the pages of an arena are used once: when they come to an end there is another arena. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { getContext } from "../../../mod.ts";
import type { RawArray } from "../../../mod.ts";
import { makeEnd } from "../../../src/park/travel.ts";
import { sumOfFirst } from "../../fixtures/shared/first.ts";
import { describeMethods } from "../../support/methods.ts";
import type { Method } from "../../support/methods.ts";

/** The word of an arena that says how many pages it has. */
const END = 2;
/** Words of an object that fills the smallest slot, which has 16. */
const WORDS = 12;
/** As many of them as there are in a slab, and more. */
const SLOTS = 256 * 1024 / 4 / 16;

function arenaOf(method: Method) {
  return makeEnd(method, WORDS).block.arena;
}

describeMethods("An arena", (method) => {
  const { Pool, RawArray } = getContext(method);

  it("is followed by another one when its pages are used up; what is in it goes on", async () => {
    const arrays: RawArray<"int32">[] = [];
    const make = () => {
      const array = new RawArray("int32", 2 ** 18);
      array.set(0, 10 ** arrays.length);
      arrays.push(array);
    };
    await using pool = new Pool(1);
    for (let round = 0; round < 2; round++) {
      make();
      const arena = arenaOf(method);
      arena.root.words[END] = 2 ** 31 - 20; // nobody can wait for 8 TiB
      for (let i = 0; i < 2; i++) make(); // more than 20 pages each
      assert.notEqual(arenaOf(method).key, arena.key);
      assert.equal(await pool.apply(sumOfFirst, [arrays]), round === 0 ? 111 : 111_111);
    }
  });

  it("does not lose the slot of an object for which there is no memory", () => {
    const arena = arenaOf(method);
    const pages = arena.root.words[END];
    const grow = arena.grow;
    arena.grow = () => {
      throw new RangeError("there is no memory");
    };
    try {
      for (let i = 0; i < SLOTS; i++) {
        assert.throws(() => makeEnd(method, WORDS, { regionBytes: 1 }), /no memory/);
      }
    } finally {
      arena.grow = grow;
    }
    makeEnd(method, WORDS);
    assert.equal(arena.root.words[END], pages);
  });
});
