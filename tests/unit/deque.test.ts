import assert from "node:assert/strict";
import { it } from "node:test";
import { Deque } from "../../src/deque.ts";

it("deque: behaves as an array does, past every growth and turn", () => {
  const deque = new Deque<number>();
  const model: number[] = [];
  for (let i = 0; i < 2000; i++) {
    const kind = (i * 7919) % 10;
    if (kind < 5) deque.push(i), model.push(i);
    else if (kind < 7) deque.unshift(i), model.unshift(i);
    else assert.equal(deque.shift(), model.shift());
    assert.equal(deque.length, model.length);
    assert.equal(deque.peek(), model[0]);
  }
  while (model.length > 0) assert.equal(deque.shift(), model.shift());
  assert.equal(deque.shift(), undefined);
  assert.equal(deque.peek(), undefined);
});
