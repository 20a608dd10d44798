import assert from "node:assert/strict";
import { it } from "node:test";
import { Claims, MAX_CLAIMED } from "../../../src/lane/claims.ts";
import { CLAIM_WORDS, CLAIMS, CLAIMS_AT } from "../../../src/lane/layout.ts";

const make = () => new Claims(new Int32Array(CLAIMS_AT + CLAIMS * CLAIM_WORDS));

it("claims: an item is begun once, in turn, and no more than there are", () => {
  const claims = make();
  claims.open(2, 3);
  assert.deepEqual([1, 2, 3, 4].map(() => claims.begin(2)), [true, true, true, false]);
  assert.equal(claims.begun(2), 3);
  assert.equal(claims.begun(1), 0);
});

it("claims: what was taken back cannot be begun", () => {
  const claims = make();
  claims.open(0, MAX_CLAIMED);
  claims.begin(0);
  assert.equal(claims.takeBack(0, 0.5), (MAX_CLAIMED - 1) / 2);
  assert.equal(claims.left(0), (MAX_CLAIMED - 1) / 2);
  assert.equal(claims.takeBack(0, 1), (MAX_CLAIMED - 1) / 2);
  assert.equal(claims.begin(0), false);
  assert.equal(claims.takeBack(0, 1), 0);
  claims.open(0, 1);
  assert.equal(claims.begin(0), true);
});
