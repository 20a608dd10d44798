/**
 * Layer 9, process. The start record, the first message on a child's channel: who the child is and
 * what it does. Owns its format.
 *
 * Start record: version · kind · isolate number · number of the host · name · path · daemon · lines
 * that start children (hashes) · parent pid · parent name · main module · default start method · key of
 * the family · level of the logger · whether it writes to standard error · arguments of the program ·
 * what the kind adds.
 *
 * A spare gets two: the first one, of the kind `spare`, says to whom it belongs, and what it is to
 * import; the second one is that of the child that it becomes.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { isolateNumbers, setIsolateNumbers } from "../park/isolate.ts";
import { getStartMethod, START_METHODS } from "../park/start_method.ts";
import type { StartMethod } from "../park/start_method.ts";
import { programArguments, setProgramArguments } from "../runtime/arguments.ts";
import { moduleHost } from "../runtime/modules.ts";
import { runtime } from "../runtime/mod.ts";
import type { Permissions } from "../runtime/mod.ts";
import type { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import type { Message } from "../wire/encode.ts";
import { seal } from "../wire/envelope.ts";
import {
  getMainModule,
  installFunctionHooks,
  setMainModule,
  setModuleHost,
} from "../wire/functions/mod.ts";
import { WIRE_VERSION } from "../wire/tags.ts";
import { authKey, inheritAuthKey, newKey } from "./auth_key.ts";
import { adopt, identity } from "./family.ts";
import type { Identity } from "./family.ts";
import { logSettings, settleLogging } from "./logging.ts";

/** What a child does: a user's target, the loop of a pool's worker, or wait to be told. */
export type ChildKind = "target" | "instance" | "worker" | "spare";

/** What a start record says. */
export interface RecordSpec {
  /** A process or a thread. */
  method: StartMethod;
  /** Who it is. */
  identity: Identity;
  /** What it does. */
  kind: ChildKind;
  /** Appends what the kind adds to the record. */
  body: (encoder: Encoder) => void;
  /** What it may do. Who may less than this program gets another key than the family's. */
  permissions?: Permissions;
}

/** A start record, written. */
export interface StartRecord {
  /** The record as it is sent. */
  readonly message: Message;
  /** Number of the isolate that it is for. */
  readonly number: number;
  /** Modules that the child is going to import for it. */
  readonly modules: readonly string[];
}

// Both sides pass here before a function travels.
installFunctionHooks();
setModuleHost(moduleHost);

const KINDS: readonly ChildKind[] = ["target", "instance", "worker", "spare"];
/** Where the isolate number stands: behind version and kind. */
const NUMBER_AT = 2;

/** Writes the start record of the isolate `number`. */
export function writeStartRecord(spec: RecordSpec, number: number): StartRecord {
  const { name, path, daemon } = spec.identity;
  const trusted = (spec.permissions ?? "inherit") === "inherit";
  const encoder = new Encoder(spec.method === "thread" ? "thread" : "process");
  encoder.u8(WIRE_VERSION);
  encoder.u8(KINDS.indexOf(spec.kind));
  encoder.u32(number);
  encoder.varint(spec.method === "thread" ? isolateNumbers().own : 0);
  encoder.string(name);
  encoder.string(path);
  encoder.u8(daemon ? 1 : 0);
  const { startedBy = [] } = spec.identity;
  encoder.varint(startedBy.length);
  for (const hash of startedBy) encoder.u32(hash);
  encoder.varint(runtime.pid());
  encoder.string(identity().name);
  encoder.string(getMainModule() ?? "");
  encoder.u8(START_METHODS.indexOf(getStartMethod()));
  encoder.bytes(trusted ? authKey() : newKey());
  const { level, toStderr } = logSettings();
  encoder.f64(level);
  encoder.u8(toStderr ? 1 : 0);
  const program = trusted ? programArguments() : [];
  encoder.varint(program.length);
  for (const argument of program) encoder.string(argument);
  spec.body(encoder);
  const modules = [...encoder.modules];
  return { message: seal(encoder), number, modules };
}

/** The same record for another isolate: one that has its number already. */
export function readdress(record: StartRecord, number: number): StartRecord {
  const { buffer, byteOffset } = record.message.bytes;
  new DataView(buffer, byteOffset).setUint32(NUMBER_AT, number, true);
  return { ...record, number };
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
  setIsolateNumbers({ own: decoder.u32(), host: decoder.varint() });
  const name = decoder.string();
  const path = decoder.string();
  const daemon = decoder.u8() === 1;
  const startedBy = Array.from({ length: decoder.varint() }, () => decoder.u32());
  const pid = decoder.varint();
  const parentName = decoder.string();
  const main = decoder.string() || null;
  const method = START_METHODS[decoder.u8()];
  inheritAuthKey(decoder.bytes());
  settleLogging({ level: decoder.f64(), toStderr: decoder.u8() === 1 });
  setProgramArguments(Array.from({ length: decoder.varint() }, () => decoder.string()));
  const parent = { name: parentName, pid, daemon: false, isAlive: parentIsAlive };
  setMainModule(main);
  adopt({ name, daemon, path, startedBy, spare: kind === "spare" }, parent, method);
  return kind;
}
