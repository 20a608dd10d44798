/**
 * Layer 9, process. Starts a child of either kind with a start record. It names `child.ts` by
 * URL and never imports it.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { brokers } from "../park/brokers.ts";
import type { StartMethod } from "../park/start_method.ts";
import { runtime } from "../runtime/mod.ts";
import { ENTRIES, WHY_NO_ENTRIES } from "../runtime/places.ts";
import type { Child, Output, Permissions } from "../runtime/mod.ts";
import { distrust, getMainModule, moduleGraph } from "../wire/functions/mod.ts";
import type { StartRecord } from "./start_record.ts";

/** Everything that both kinds of children can be started with. */
export interface LaunchOptions {
  /** Added to the parent's environment. Default: the parent's. */
  env?: Record<string, string>;
  /** Working directory, processes only. Default: the parent's. */
  cwd?: string;
  /** Where standard output goes. Default `"inherit"`. */
  stdout?: Output;
  /** Where standard error goes. Default `"inherit"`. */
  stderr?: Output;
  /**
   * What the child may do: processes only, in Deno, and in Node as far as Node can deny the rest.
   * Default `"inherit"`: what the parent may.
   */
  permissions?: Permissions;
  /** Heap limit in megabytes; for a thread if no flag of the program's sets it. Default: the runtime's. */
  memoryLimitMb?: number;
}

/** How a child is started. `name` may be changed later, and is asked for again in messages. */
export interface ChildOptions extends LaunchOptions {
  method: StartMethod;
  name: string;
}

/** Whether a child with these options is like any other: one that was started in advance will do. */
export function isPlain(options: LaunchOptions): boolean {
  const { env, cwd, stdout = "inherit", stderr = "inherit", memoryLimitMb } = options;
  return env === undefined && cwd === undefined && memoryLimitMb === undefined &&
    stdout === "inherit" && stderr === "inherit" &&
    (options.permissions ?? "inherit") === "inherit";
}

/**
 * Starts a child.
 *
 * @throws {ProcessError} When it cannot be started.
 */
export function startChild(options: ChildOptions, record: StartRecord): Child {
  const start = options.method === "thread" ? runtime.startThread : runtime.startProcess;
  if (ENTRIES === null) throw new ProcessError(`Cannot start a child: ${WHY_NO_ENTRIES}`);
  const child = start(
    ENTRIES.child,
    Object.assign(options, {
      modules: record.modules,
      mainModule: getMainModule(),
      hosts: brokers()?.hosts(),
      first: record.message,
      imports: (roots: readonly string[]) => moduleGraph(roots).project.map(({ url }) => url),
    }),
  );
  if ((options.permissions ?? "inherit") !== "inherit") distrust(); // nothing of it has arrived yet
  return child;
}
