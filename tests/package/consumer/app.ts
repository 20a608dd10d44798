/** An application of several files, for a bundler: its functions live in the bundle. */

import { Pool } from "@manycore/multiprocessing";
import { half, triple } from "./work.ts";

// A bundle exports what its entry exports; a child finds functions by such names.
export { triple };

if (import.meta.main) {
  try {
    await using pool = new Pool(2);
    console.log(await pool.map(triple, [1, 2, 3]));
    console.log(await pool.map(half, [2, 4]).catch((error) => error.name));
  } catch (error) {
    console.log(String(error));
  }
}
