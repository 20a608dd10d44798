/** A program that is out of file descriptors for a moment. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { EXECUTABLE, fixture, RUNTIME } from "../support/runtime.ts";

const run = promisify(execFile);
const skip = RUNTIME !== "deno"
  ? "other runtimes take connections through node:net"
  : process.platform === "win32" && "there is no limit to set";

describe("A pool without descriptors", () => {
  it("hears its workers when there are some again", { skip }, async () => {
    const limited = 'ulimit -n 100; exec "$0" "$@"';
    const program = [EXECUTABLE, "run", "-A", fixture("pool/descriptors.ts")];
    const { stdout } = await run("sh", ["-c", limited, ...program], { timeout: 20_000 });
    assert.match(stdout, /^Error: Too many open files.*\n42\n$/);
  });
});
