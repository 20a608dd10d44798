/** The npm package, built and packed. */

import { buildPackage } from "../npm/build.ts";
import { run } from "../npm/tools.ts";

/** A packed package. */
export interface Packed {
  /** Its package.json. */
  readonly manifest: { name: string; version: string };
  readonly tarball: Uint8Array<ArrayBuffer>;
}

/** Builds and packs what stands here. */
export async function packed(): Promise<Packed> {
  const folder = await Deno.makeTempDir({ prefix: "manycore-registry-" });
  try {
    const out = `${folder}/package`;
    await buildPackage(out);
    const args = ["pack", "--pack-destination", folder, "--cache", `${folder}/cache`];
    const { code, output } = await run("npm", args, out);
    if (code !== 0) throw new Error(`npm could not pack:\n${output}`);
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    const file = names.find((name) => name.endsWith(".tgz"))!;
    return {
      manifest: JSON.parse(await Deno.readTextFile(`${out}/package.json`)),
      tarball: await Deno.readFile(`${folder}/${file}`),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
