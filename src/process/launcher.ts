/**
 * Layer 9, process. Starts a child of either kind, or has a spare become it. Owns the rule where no
 * child may be started.
 *
 * @module
 */

import { BootstrapError, ProcessError } from "../errors.ts";
import { newIsolateNumber } from "../park/isolate.ts";
import { isolateEnded } from "../park/members.ts";
import type { Child } from "../runtime/mod.ts";
import {
  callerLines,
  callerModule,
  getMainModule,
  importingModules,
  mainGuard,
  refuseImport,
} from "../wire/functions/mod.ts";
import { identity, parentProcess } from "./family.ts";
import { logger } from "./logging.ts";
import { takeSpare } from "./spares.ts";
import { isPlain, startChild } from "./start_child.ts";
import type { LaunchOptions } from "./start_child.ts";
import { readdress, writeStartRecord } from "./start_record.ts";
import type { RecordSpec } from "./start_record.ts";

export type { LaunchOptions } from "./start_child.ts";

/** Lines that have started children here without being told to, as hashes; at most so many. */
const untold = new Set<number>();
const MAX_LINES = 100;

/** A child to start. */
export interface LaunchSpec extends LaunchOptions, RecordSpec {}

/**
 * Starts a child.
 *
 * @throws {BootstrapError} While a child imports the program's modules.
 * @throws {ProcessError} In a daemon, or when the child cannot be started.
 */
export function launch(spec: LaunchSpec): Child {
  const { name } = spec.identity;
  refuseToStart(`start ${name}`);
  // A daemon has no children that could go on with it.
  if (!spec.identity.daemon) spec.identity.startedBy = refuseToGoOn(name);
  const own = writeStartRecord(spec, newIsolateNumber());
  const spare = isPlain(spec) ? takeSpare(spec.method, own.modules) : null;
  const record = spare === null ? own : readdress(own, spare.number);
  const fresh = () => startChild({ ...spec, name }, record);
  const releaseAll = () => {
    for (const release of record.message.holds) release();
  };
  let child: Child;
  try {
    child = spare === null ? fresh() : spare.become(name, record.message, fresh);
  } catch (error) {
    releaseAll(); // nobody will read what it holds
    throw error;
  }
  const [kind, origin] = [
    spec.method === "thread" ? "thread of " : "",
    spare && ", so far a spare",
  ];
  logger.info(() => `${name} starts: ${kind}process ${child.pid}${origin ?? ""}`);
  void child.exited.then((code) => {
    logger.info(() => `${name} has ended with code ${code}`);
    isolateEnded(record.number, code < 0);
    releaseAll();
  });
  return child;
}

/**
 * Throws where a child does what one of its ancestors has done, and was not told to: when a module that
 * is imported goes on later, as from a `main()` that is not awaited. Compares all lines of the caller,
 * as helpers may be called from many places.
 *
 * @returns What the new child must not do in its turn.
 */
function refuseToGoOn(name: string): number[] {
  const { startedBy = [] } = identity();
  const from = callerLines();
  if (from !== null && !from.told) {
    const hash = hashOf(from.lines);
    if (startedBy.includes(hash)) {
      throw new BootstrapError(
        `Cannot start ${name}: this line starts children in the program already, and has come to ` +
          `${identity().name} by importing the module: every child would do the same, without end. ` +
          "(If a timer or an event of its task has called it, which does not show: await that in the " +
          "task's own function, and start the child there.) " + advice(),
      );
    }
    if (untold.size < MAX_LINES) untold.add(hash);
  }
  return [...startedBy, ...untold];
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function advice(): string {
  const guard = mainGuard(callerModule() ?? getMainModule());
  return "Put what starts processes behind the main guard:\n\n" +
    `  if (${guard}) {\n    // what starts the program\n  }\n`;
}

/** Throws where no child may be started: during bootstrap, and in daemons. */
export function refuseToStart(action: string): void {
  // The program itself has begun already: what it imports does not begin it once more.
  if (parentProcess() !== null && importingModules() || identity().spare) {
    const error = new BootstrapError(
      `Cannot ${action} while a child imports this module: every child would start its own ` +
        "children, without end. " + advice(),
    );
    throw refuseImport(error);
  }
  if (identity().daemon) {
    throw new ProcessError(
      `Cannot ${action}: ${identity().name} is a daemon, and a daemon may not have children; ` +
        "start it from a process with daemon: false",
    );
  }
}
