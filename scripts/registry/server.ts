/**
 * A registry of one package, on this machine: what stands here as if it were released. It speaks as
 * much of npm's and JSR's protocols as installing takes, and gives out the sources by address.
 */

import { jsrAnswer } from "./jsr.ts";
import { npmAnswer } from "./npm.ts";
import { packed } from "./packed.ts";
import { sourceAnswer } from "./sources.ts";

/** A registry that runs. */
export interface Registry extends AsyncDisposable {
  /** Its address, without a slash at the end. */
  readonly origin: string;
  /** Resolves when it has ended. */
  readonly finished: Promise<void>;
}

/** Builds the package and offers it, with the sources. `port` 0 is any free one. */
export async function startRegistry(port: number): Promise<Registry> {
  const pack = await packed();
  const ways = [npmAnswer(pack), await jsrAnswer(), sourceAnswer];
  const server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, async (request) => {
    const url = new URL(request.url);
    const path = decodeURIComponent(url.pathname);
    for (const answer of ways) {
      const response = await answer(path, url.origin);
      if (response !== null) return response;
    }
    return Response.json({ error: "not found" }, { status: 404 });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    finished: server.finished,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
