/** Modules that are not files: only Deno imports them. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { it } from "node:test";
import { runChild } from "../support/child.ts";
import { describeMethods } from "../support/methods.ts";
import { RUNTIME } from "../support/runtime.ts";

const skip = RUNTIME === "deno" ? false : "only Deno imports modules over http";

describeMethods("A target in an http: module", (method) => {
  it("runs in the child", { skip }, async () => {
    const server = createServer((_, response) => {
      response.setHeader("content-type", "text/javascript");
      response.end("export function remote(word) { console.log(`remote ${word}`); }");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const target = { module: `http://127.0.0.1:${port}/work-${method}.js`, name: "remote" };
      const { code, stdout, stderr } = await runChild(method, { target, args: ["x"] });
      assert.deepEqual({ code, stdout }, { code: 0, stdout: "remote x\n" }, stderr);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
