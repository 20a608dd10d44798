/** Registered functions that return objects without a class. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BaseManager } from "../../mod.ts";
import { session } from "../fixtures/manager/faults.ts";

class Base extends BaseManager {}
const Sessions = Base.register("Session", session).register("Other", session);

describe("Objects of a registered function", () => {
  it("with the same methods have proxies of the same class", async () => {
    await using manager = new Sessions();
    const [one, two, other] = await Promise.all([
      manager.Session(1),
      manager.Session(5),
      manager.Other(9),
    ]);
    assert.equal(Object.getPrototypeOf(one), Object.getPrototypeOf(two));
    assert.notEqual(Object.getPrototypeOf(one), Object.getPrototypeOf(other));
    assert.deepEqual(await Promise.all([one.count(), two.count(), one.count()]), [1, 5, 2]);
    assert.equal(await other.count(), 9);
    assert.equal(other.constructor.name, "OtherProxy");
  });

  it("with other methods have proxies of another", async () => {
    await using manager = new Sessions();
    const [one, more] = await Promise.all([manager.Session(1), manager.Session(1, true)]);
    assert.equal("reset" in one, false);
    assert.equal("reset" in more, true);
    await more.count();
    assert.equal(await more.reset(), 0);
    assert.equal(await one.count(), 1);
  });
});
