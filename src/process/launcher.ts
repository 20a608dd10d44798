/**
 * Layer 9, process. Starts a child of either kind and writes its start record, the first message
 * on its channel. Owns the format of that record. Names `child.ts` by URL and never imports it.
 *
 * Start record: version · kind · name · path · daemon · parent pid · parent name · main module ·
 * default start method · isolate numbers · what the kind adds.
 *
 * @module
 */

import { BootstrapError, ProcessError, ProtocolError } from "../errors.ts";
import { moduleHost } from "../runtime/modules.ts";
import { runtime } from "../runtime/mod.ts";
import type { Child, Output, Permissions } from "../runtime/mod.ts";
import { brokers } from "../park/brokers.ts";
import { isolateNumbers, newIsolateNumber, setIsolateNumbers } from "../park/isolate.ts";
import { isolateEnded } from "../park/members.ts";
import type { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import { seal } from "../wire/envelope.ts";
import {
  getMainModule,
  importingModules,
  installFunctionHooks,
  setMainModule,
  setModuleHost,
} from "../wire/functions/mod.ts";
import { WIRE_VERSION } from "../wire/tags.ts";
import { adopt, identity } from "./family.ts";
import { getStartMethod, START_METHODS } from "../park/start_method.ts";
import type { Identity } from "./family.ts";
import type { StartMethod } from "../park/start_method.ts";

/** What a child does: a user's target, or the loop of a pool's worker. */
export type ChildKind = "target" | "instance" | "worker";

// Both sides pass here before a function travels.
installFunctionHooks();
setModuleHost(moduleHost);

const KINDS: readonly ChildKind[] = ["target", "instance", "worker"];
const ENTRY = new URL("../child.ts", import.meta.url);

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
  /** What the child may do, Deno processes only. Default `"inherit"`: what the parent may. */
  permissions?: Permissions;
  /** Heap limit in megabytes. Default: the runtime's. */
  memoryLimitMb?: number;
}

/** A child to start. */
export interface LaunchSpec extends LaunchOptions {
  /** A process or a thread. */
  method: StartMethod;
  /** Who it is. */
  identity: Identity;
  /** What it does. */
  kind: ChildKind;
  /** Appends what the kind adds to the record. */
  body: (encoder: Encoder) => void;
}

/**
 * Starts a child.
 *
 * @throws {BootstrapError} While a child imports the program's modules.
 * @throws {ProcessError} In a daemon, or when the child cannot be started.
 */
export function launch(spec: LaunchSpec): Child {
  const { name, path, daemon } = spec.identity;
  refuseToStart(`start ${name}`);
  const encoder = new Encoder(spec.method === "thread" ? "thread" : "process");
  encoder.u8(WIRE_VERSION);
  encoder.u8(KINDS.indexOf(spec.kind));
  encoder.string(name);
  encoder.string(path);
  encoder.u8(daemon ? 1 : 0);
  encoder.varint(runtime.pid());
  encoder.string(identity().name);
  encoder.string(getMainModule() ?? "");
  encoder.u8(START_METHODS.indexOf(getStartMethod()));
  const number = newIsolateNumber();
  encoder.varint(number);
  encoder.varint(spec.method === "thread" ? isolateNumbers().own : 0);
  spec.body(encoder);
  const modules = [...encoder.modules];
  const message = seal(encoder);
  const start = spec.method === "thread" ? runtime.startThread : runtime.startProcess;
  const mainModule = getMainModule();
  const hosts = brokers()?.hosts();
  const child = start(ENTRY, { ...spec, name, modules, mainModule, hosts, first: message });
  void child.exited.then((code) => {
    isolateEnded(number, code < 0);
    for (const release of message.holds) release();
  });
  return child;
}

/** Throws where no child may be started: during bootstrap, and in daemons. */
export function refuseToStart(action: string): void {
  if (importingModules()) {
    throw new BootstrapError(
      `Cannot ${action} while a child imports this module: every child would start its own ` +
        "children, without end. Put what starts processes behind the main guard:\n\n" +
        "  if (import.meta.main) {\n    await main();\n  }\n",
    );
  }
  if (identity().daemon) {
    throw new ProcessError(
      `Cannot ${action}: ${identity().name} is a daemon, and a daemon may not have children; ` +
        "start it from a process with daemon: false",
    );
  }
}

/** Reads a start record up to what its kind adds, and tells this isolate who it is. */
export function readStartRecord(decoder: Decoder, parentIsAlive: () => boolean): ChildKind {
  const version = decoder.u8();
  if (version !== WIRE_VERSION) {
    throw new ProtocolError(
      `Cannot start: the parent speaks version ${version} of the wire format and this child ` +
        `version ${WIRE_VERSION}; both must load the same release of the library`,
    );
  }
  const kind = KINDS[decoder.u8()];
  const name = decoder.string();
  const path = decoder.string();
  const daemon = decoder.u8() === 1;
  const pid = decoder.varint();
  const parentName = decoder.string();
  const main = decoder.string() || null;
  const method = START_METHODS[decoder.u8()];
  setIsolateNumbers({ own: decoder.varint(), host: decoder.varint() });
  const parent = { name: parentName, pid, daemon: false, isAlive: parentIsAlive };
  setMainModule(main);
  adopt({ name, daemon, path }, parent, method);
  return kind;
}
