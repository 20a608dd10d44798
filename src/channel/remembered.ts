/**
 * Layer 5, channel. What this isolate remembers of a channel between operations.
 *
 * @module
 */

import type { Block } from "../memory/arena.ts";
import { Rings } from "./rings.ts";

/** What is remembered. */
export interface Remembered {
  readonly rings: Rings;
  /** What CHANGES and DEATHS were when a side was seen open; see `sides.ts`. */
  readonly changes: [number, number];
  readonly deaths: [number, number];
}

/** What is remembered of a channel. */
export function rememberedOf(block: Block): Remembered {
  const known = block.view as Remembered | null;
  if (known !== null) return known;
  const made = {
    rings: new Rings(block),
    changes: [-1, -1] as [number, number],
    deaths: [-1, -1] as [number, number],
  };
  block.view = made;
  return made;
}
