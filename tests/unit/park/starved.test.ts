/** Programs that have no descriptor left, and what they do when they have some again. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { it } from "node:test";
import process from "node:process";
import { EXECUTABLE, fixture, RUNTIME } from "../../support/runtime.ts";

const skip = process.platform !== "linux" ? "abstract sockets and /proc are Linux's" : false;

/** Runs `starved.ts` with few descriptors. Returns what it printed. */
function starve(program: string): Promise<string> {
  const args = RUNTIME === "deno" ? ["run", "-A"] : [];
  const command = [EXECUTABLE, ...args, fixture("park/starved.ts"), program];
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, NO_COLOR: "1" };
  return new Promise((resolve, reject) => {
    const options = { env, timeout: 30_000, killSignal: "SIGKILL" } as const;
    execFile(
      "sh",
      ["-c", 'ulimit -n 200 && exec "$@"', "sh", ...command],
      options,
      (error, ...texts) => {
        if (error !== null) reject(new Error(`${error.message}\n${texts.join("\n")}`));
        else resolve(texts[0].trim());
      },
    );
  });
}

it("A process without descriptors does not take a living one for dead", { skip }, async () => {
  assert.equal(await starve("liveness"), "true undefined true");
});

it("A process without descriptors does not take a lock from who holds it", { skip }, async () => {
  assert.equal(await starve("lock"), "false\ntrue 0");
});

it("A bell is heard again after a caller could not be let in", { skip }, async () => {
  assert.equal(await starve("accept"), "heard");
});

it("A bell that could not be hung is hung as soon as it can be", { skip }, async () => {
  assert.equal(await starve("bell"), "rung true");
});
