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
import type { Spare } from "./spare.ts";
import { takeSpare } from "./spares.ts";
import { isPlain, startChild } from "./start_child.ts";
import type { LaunchOptions } from "./start_child.ts";
import { readdress, writeStartRecord } from "./start_record.ts";
import type { RecordSpec, StartRecord } from "./start_record.ts";

export type { LaunchOptions } from "./start_child.ts";

/** Lines that have started children here without being told to, as hashes; at most so many. */
const untold = new Set<number>();
const MAX_LINES = 100;

/** A child to start. */
export interface LaunchSpec extends LaunchOptions, RecordSpec {}

/**
 * Starts a child. Who does it for the user asks {@link refuseToStart} first.
 *
 * @throws {BootstrapError} Where a child does what one of its ancestors has done, without being told to.
 * @throws {ProcessError} When the child cannot be started.
 */
export function launch(spec: LaunchSpec): Child {
  const { name } = spec.identity;
  // A daemon has no children that could go on with it.
  if (!spec.identity.daemon) spec.identity.startedBy = refuseToGoOn(name);
  const own = writeStartRecord(spec, newIsolateNumber());
  const spare = isPlain(spec) ? takeSpare(spec.method, own.modules) : null;
  const record = spare === null ? own : readdress(own, spare.number);
  let child: Child;
  try {
    child = spare === null
      ? startChild({ ...spec, name }, record)
      : becomeChild(spare, spec, record);
  } catch (error) {
    releaseAll(record.message.holds); // nobody will read what it holds
    throw error;
  }
  const [kind, origin] = [
    spec.method === "thread" ? "thread of " : "",
    spare && ", so far a spare",
  ];
  logger.info(() => `${name} starts: ${kind}process ${child.pid}${origin ?? ""}`);
  followToEnd(child, name, record.number, record.message.holds);
  return child;
}

/** Keeps the record until the spare has begun with it. */
function becomeChild(spare: Spare, spec: LaunchSpec, record: StartRecord): Child {
  const { name } = spec.identity;
  return spare.become(name, record.message, () => startChild({ ...spec, name }, record));
}

/** A function of its own, as what it sees is kept as long as the child lives: not the record. */
function followToEnd(
  child: Child,
  name: string,
  number: number,
  holds: readonly (() => void)[],
): void {
  void child.exited.then((code) => {
    logger.info(() => `${name} has ended with code ${code}`);
    isolateEnded(number, code < 0);
    releaseAll(holds);
  });
}

function releaseAll(holds: readonly (() => void)[]): void {
  for (const release of holds) release();
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

/**
 * Throws where no child may be started: during bootstrap, and in daemons. To be asked where the user's
 * code wants a child, and not where one that has died is replaced.
 */
export function refuseToStart(action: string): void {
  // The program itself has begun already: what it imports does not begin it once more. Neither does what
  // this child was told to run, while a module of a message is imported.
  const bootstraps = parentProcess() !== null && importingModules() && !callerLines()?.told;
  if (bootstraps || identity().spare) {
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
