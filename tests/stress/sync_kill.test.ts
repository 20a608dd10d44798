/** Those who hold a lock or wait for it are killed, again and again: the others go on. */

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { getContext, RawValue } from "../../mod.ts";
import { waitFor, waitUntilDead } from "../support/alive.ts";
import * as work from "../fixtures/sync/work.ts";

/** More of everything: STRESS=50 is five hundred kills of each kind. */
const STRESS = Number(process.env.STRESS ?? 1);
const KILLS = 10 * STRESS;

const { Process, Lock, RLock } = getContext("spawn");

describe("stress: holders and waiters are killed", () => {
  for (const [kind, Class] of [["Lock", Lock], ["RLock", RLock]] as const) {
    it(`${kind}: the others go on after each of ${KILLS} kills`, async () => {
      const lock = new Class();
      const values = [new RawValue("int32"), new RawValue("int32"), new RawValue("int32")] as const;
      const [_owner, turns, clashes] = values;
      const pids: number[] = [];
      let next = 0;
      const startOne = () => {
        const form = work.FORMS[next % 2];
        const child = new Process({
          target: work.workForEver,
          args: [lock, ...values, ++next, form],
        });
        child.start();
        pids.push(child.pid!);
        return child;
      };
      const children = [startOne(), startOne(), startOne()];
      try {
        for (let kill = 0; kill < KILLS; kill++) {
          // Every one of them has had a turn, or could have: so many have been taken.
          const before = turns.value;
          await waitFor(() => turns.value > before + 20, 20_000, () => `no turn, kill ${kill}`);
          const victim = children.shift()!;
          process.kill(victim.pid!, "SIGKILL");
          children.push(startOne());
          const after = turns.value;
          await waitFor(() => turns.value > after + 20, 20_000, () => `hangs after kill ${kill}`);
          assert.equal(await victim.join({ timeout: 20_000 }), -9);
          assert.ok(await work.acquireTold(lock) <= 1);
        }
        assert.equal(clashes.value, 0);
      } finally {
        for (const child of children) child.kill();
        for (const child of children) await child.join();
      }
      assert.ok(await work.acquireTold(lock) <= 1);
      assert.equal(await work.acquireTold(lock), 0);
      assert.equal(lock.locked(), false);
      await waitUntilDead(pids);
    });
  }
});
