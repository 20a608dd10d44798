/** tinypool, two threads: `tinypool.mjs ROW [--quick]`. */

import process from "node:process";
import { Tinypool } from "tinypool";
import { main } from "./workloads.ts";

const filename = new URL("./tasks.ts", import.meta.url).href;

await main({
  openPool() {
    const pool = new Tinypool({ filename, minThreads: 2, maxThreads: 2 });
    return {
      call: (name, argument) => pool.run(argument, { name }),
      close: () => pool.destroy(),
    };
  },
}, process.argv.slice(2));
