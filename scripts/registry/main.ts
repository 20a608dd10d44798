/**
 * Offers this version of the library to programs on this machine, as if it were released:
 *
 *     deno task registry [--port NUMBER]
 *
 * Default port: 4873. Runs until it is ended.
 */

import { parseArgs } from "node:util";
import { startRegistry } from "./server.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: { port: { type: "string", default: "4873" } },
});
const registry = await startRegistry(Number(values.port));
const { origin } = registry;
console.log(`The library is at ${origin}. In your project:

  npm install --registry ${origin} @manycore/multiprocessing
  bun add --registry ${origin} @manycore/multiprocessing
  NPM_CONFIG_REGISTRY=${origin} deno add npm:@manycore/multiprocessing
  JSR_URL=${origin}/ deno add jsr:@manycore/multiprocessing

or import from "${origin}/mod.ts".`);
await registry.finished;
