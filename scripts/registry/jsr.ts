/** What Deno asks JSR. */

import config from "../../deno.json" with { type: "json" };
import { readSource, sourceFiles } from "./sources.ts";

const { name, version, exports } = config;

/** Answers for the package, and `null` for anything else. */
export async function jsrAnswer() {
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const file of await sourceFiles()) {
    const bytes = await readSource(file);
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    manifest[`/${file}`] = { size: bytes.length, checksum: `sha256-${sum}` };
  }
  return async (path: string): Promise<Response | null> => {
    if (path === `/${name}/meta.json`) {
      const [scope, own] = name.slice(1).split("/");
      return Response.json({ scope, name: own, latest: version, versions: { [version]: {} } });
    }
    if (path === `/${name}/${version}_meta.json`) return Response.json({ manifest, exports });
    const file = path.slice(`/${name}/${version}`.length);
    if (!path.startsWith(`/${name}/${version}/`) || !(file in manifest)) return null;
    return new Response(await readSource(file.slice(1)));
  };
}
