/**
 * The library imported from an address, as in Deno: this repository served on loopback, an empty
 * cache, and the permissions that `docs/permissions.md` names.
 */

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { EXECUTABLE, ROOT, runProgram, RUNTIME } from "../support/runtime.ts";
import { TempFolder } from "../support/temp.ts";

const skip = RUNTIME === "deno" ? false : "only Deno imports modules over http";

describe("The library at an address", { skip }, () => {
  let server: Server;
  let folder: TempFolder;
  let origin: string;

  before(async () => {
    folder = new TempFolder();
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, "http://loopback");
      response.setHeader("content-type", "application/typescript");
      createReadStream(ROOT + pathname.slice(1)).on("error", () => {
        response.statusCode = 404;
        response.end();
      }).pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    folder[Symbol.dispose]();
  });

  async function run(
    name: string,
    program: string,
    flags: string[],
    env: Record<string, string> = {},
  ): Promise<string> {
    const file = folder.write(name, program.replaceAll("LIBRARY", `${origin}/mod.ts`));
    const { code, stdout, stderr } = await runProgram(file, [], {
      cwd: folder.path,
      env: { ...env, DENO_DIR: `${folder.path}/cache-${name}`, DENO_NO_UPDATE_CHECK: "1" },
      runtimeArgs: ["run", "--no-prompt", ...flags],
    });
    const said = stderr.split("\n").filter((line) => line !== "" && !/^Download/.test(line));
    assert.deepEqual({ code, said }, { code: 0, said: [] });
    return stdout;
  }

  /** Deno imports from few hosts without being told. */
  const fromHere = () => `--allow-import=${origin.slice("http://".length)}`;

  it("starts processes and pools, with nothing in the cache", async () => {
    const program = `
      import { Pool, Process } from "LIBRARY";
      export const cube = (x: number) => x ** 3;
      export const say = (text: string) => console.log(text);
      if (import.meta.main) {
        await using pool = new Pool(2);
        console.log(await pool.map(cube, [1, 2, 3]));
        const child = new Process({ target: say, args: ["from a process"] });
        child.start();
        console.log(await child.join());
      }`;
    const flags = [`--allow-run=${EXECUTABLE}`, "--allow-net=127.0.0.1", fromHere()];
    assert.equal(await run("spawn.ts", program, flags), "[ 1, 8, 27 ]\nfrom a process\n0\n");
  });

  it("starts threads", async () => {
    const program = `
      import { ThreadPool } from "LIBRARY";
      export const cube = (x: number) => x ** 3;
      if (import.meta.main) {
        await using pool = new ThreadPool(2);
        console.log(await pool.map(cube, [1, 2, 3]));
      }`;
    assert.equal(
      await run("thread.ts", program, [`--allow-read=${folder.path}`, fromHere()]),
      "[ 1, 8, 27 ]\n",
    );
  });

  for (const native of ["1", "0"]) {
    it(`shares objects between processes, MANYCORE_NATIVE=${native}`, async () => {
      const program = `
      import { Lock, Pipe, Process, RawArray } from "LIBRARY";
      import type { Connection } from "LIBRARY";
      export async function count(numbers: RawArray, lock: Lock, end: Connection) {
        await lock.run(() => void numbers[0]++);
        await end.send("counted");
      }
      if (import.meta.main) {
        const numbers = new RawArray("int32", 1);
        const [here, there] = Pipe();
        const child = new Process({ target: count, args: [numbers, new Lock(), there] });
        child.start();
        console.log(await here.recv(), await child.join(), numbers[0]);
      }`;
      const env = { MANYCORE_NATIVE: native };
      assert.equal(await run("shared.ts", program, ["--allow-all"], env), "counted 0 1\n");
    });
  }
});
