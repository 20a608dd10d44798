/** What npm, Bun and Deno ask a registry of npm packages. */

import { createHash } from "node:crypto";
import type { Packed } from "./packed.ts";

/** Answers for the package, and `null` for anything else. */
export function npmAnswer({ manifest, tarball }: Packed) {
  const { name, version } = manifest;
  const file = `/${name}/-/${name.replace(/.*\//, "")}-${version}.tgz`;
  const hash = (algorithm: string) => createHash(algorithm).update(tarball);
  const sums = {
    integrity: `sha512-${hash("sha512").digest("base64")}`,
    shasum: hash("sha1").digest("hex"),
  };
  return (path: string, origin: string): Response | null => {
    if (path === file) return new Response(tarball);
    if (path !== `/${name}`) return null;
    const dist = { tarball: origin + file, ...sums };
    return Response.json({
      name,
      "dist-tags": { latest: version },
      versions: { [version]: { ...manifest, dist } },
    });
  };
}
