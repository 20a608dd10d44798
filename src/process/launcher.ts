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
  callerModule,
  callerPlace,
  getMainModule,
  importingModules,
  mainGuard,
  refuseImport,
} from "../wire/functions/mod.ts";
import { identity } from "./family.ts";
import { logger } from "./logging.ts";
import { takeSpare } from "./spares.ts";
import { isPlain, startChild } from "./start_child.ts";
import type { LaunchOptions } from "./start_child.ts";
import { readdress, writeStartRecord } from "./start_record.ts";
import type { RecordSpec } from "./start_record.ts";

export type { LaunchOptions } from "./start_child.ts";

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
  const child = spare === null ? fresh() : spare.become(name, record.message, fresh);
  const [kind, origin] = [
    spec.method === "thread" ? "thread of " : "",
    spare && ", so far a spare",
  ];
  logger.info(() => `${name} starts: ${kind}process ${child.pid}${origin ?? ""}`);
  void child.exited.then((code) => {
    logger.info(() => `${name} has ended with code ${code}`);
    isolateEnded(record.number, code < 0);
    for (const release of record.message.holds) release();
  });
  return child;
}

/**
 * Throws where a child does what its parent did to start it, and was not told to: when a module that is
 * imported goes on later, as from a `main()` that is not awaited. Otherwise returns the line that starts
 * the child.
 */
function refuseToGoOn(name: string): string {
  const from = callerPlace();
  if (from === null) return "";
  if (!from.told && from.place === identity().startedBy) {
    throw new BootstrapError(
      `Cannot start ${name}: this line has started ${identity().name} already, which has come to it ` +
        "by importing the module, and every child would do the same, without end. " + advice(),
    );
  }
  return from.place;
}

function advice(): string {
  const guard = mainGuard(callerModule() ?? getMainModule());
  return "Put what starts processes behind the main guard:\n\n" +
    `  if (${guard}) {\n    // what starts the program\n  }\n`;
}

/** Throws where no child may be started: during bootstrap, and in daemons. */
export function refuseToStart(action: string): void {
  if (importingModules() || identity().spare) {
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
