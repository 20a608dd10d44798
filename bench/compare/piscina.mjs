/** piscina, in threads: `piscina.mjs ROW [--quick]`. */

import process from "node:process";
import { Piscina } from "piscina";
import { main } from "./workloads.ts";

const filename = new URL("./tasks.ts", import.meta.url).href;

await main({
  threads: true,
  openPool(workers) {
    const pool = new Piscina({ filename, minThreads: workers, maxThreads: workers });
    return {
      call: (name, argument) => pool.run(argument, { name }),
      close: () => pool.destroy(),
    };
  },
}, process.argv.slice(2));
