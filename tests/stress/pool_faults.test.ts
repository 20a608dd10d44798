/** Good and bad tasks in one pool: each comes to what it has to, and everything ends. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { it } from "node:test";
import type { Report } from "../fixtures/pool/faults.ts";
import { waitUntilDead } from "../support/alive.ts";
import { describeMethods } from "../support/methods.ts";
import { fixture, runProgram } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";

/** STRESS=100 are a hundred rounds. */
const ROUNDS = Number(process.env.STRESS ?? 1);
const TIMEOUT_MS = 55_000;

describeMethods("stress: workers under fire", (method) => {
  for (let round = 0; round < ROUNDS; round++) {
    const seed = Number(process.env.STRESS_SEED ?? Math.floor(Math.random() * 2 ** 31));
    it(`gives each task its end (STRESS_SEED=${seed})`, async () => {
      using folder = new TempFolder();
      const args = [method, String(seed), folder.path];
      const { code, stdout, stderr, timedOut } = await runProgram(
        fixture("pool/faults.ts"),
        args,
        { timeout: TIMEOUT_MS },
      );
      const said = () =>
        (stdout + stderr).replace(/x+\n?/g, (many) => many.length > 100 ? "" : many).slice(-5000);
      assert.equal(timedOut, false, `hangs; it said:\n${said()}`);
      const file = join(folder.path, "result.json");
      assert.ok(existsSync(file), `it ended with code ${code} and said:\n${said()}`);
      const { problems, pids }: Report = JSON.parse(readFileSync(file, "utf8"));
      assert.deepEqual(problems, []);
      assert.equal(code, 0, said());
      await waitUntilDead(pids);
    });
  }
});
