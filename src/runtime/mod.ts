/**
 * Layer 1, runtime. Chooses the runtime, once, when it is loaded. Nobody else branches.
 *
 * Both implementations are imported statically, and neither touches its runtime while it loads:
 * a top-level await here would keep CommonJS programs from using the library.
 *
 * @module
 */

import { runtime as deno } from "./deno.ts";
import { runtime as node } from "./node.ts";
import type { Runtime } from "./types.ts";

/** What the library needs of the runtime that it runs on. */
export const runtime: Runtime = "Deno" in globalThis ? deno : node;

export type {
  Channel,
  Child,
  Message,
  Output,
  ParentLink,
  Permissions,
  PermissionSet,
  Runtime,
} from "./types.ts";
