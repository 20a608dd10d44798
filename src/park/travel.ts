/**
 * Layer 4, park. How an end of a shared object crosses to another isolate, and where new objects
 * are made. A handle says where the memory is, and who carries out operations for isolates that
 * cannot reach it.
 *
 * Handle: kind · start method · what the kind adds:
 *
 * - MAPPED: key, slab, word · process, descriptor · the broker's address, or nothing
 * - SHARED: key, slab, word · attachments: the root, the slab, the region
 * - REMOTE: the broker's address · key, slab, word
 *
 * @module
 */

import { ProcessError, ProtocolError, SerializationError } from "../errors.ts";
import type { Extra } from "../memory/allocator.ts";
import { runtime } from "../runtime/mod.ts";
import { sharedPages, whyNoPages } from "../runtime/pages.ts";
import type { WireInput, WireOutput } from "../wire/classes.ts";
import { brokers } from "./brokers.ts";
import type { ObjectName } from "./brokers.ts";
import { MemoryEnd } from "./end.ts";
import type { End } from "./end.ts";
import { memberOf, ownArena } from "./members.ts";
import { START_METHODS } from "./start_method.ts";
import type { StartMethod } from "./start_method.ts";

const MAPPED = 0;
const SHARED = 1;
const REMOTE = 2;
/** The reference that the message holds becomes the reader's. */
const HANDED_OVER = 4;

/**
 * Makes a shared object, all zero.
 *
 * @param words Its words: they stand in the block.
 */
export function makeEnd(method: StartMethod, words: number, extra?: Extra): MemoryEnd {
  const place = method === "spawn" && sharedPages() !== null ? "mapped" : "shared";
  const maker = ownArena(place);
  return new MemoryEnd(maker.allocator.allocate(words, extra), maker, method);
}

/** Appends a handle. */
export function writeEnd(output: WireOutput, end: End): void {
  if (!(end instanceof MemoryEnd)) return writeName(output, brokers()!.nameOf(end));
  const { block, member, method } = end;
  const { arena } = member;
  const { slab, at, buffers } = arena.addressOf(block);
  if (arena.place === "shared" && output.route === "process") {
    if (method === "thread") {
      throw new SerializationError(
        "it was made in the thread context and lives in this process only; make it in the spawn " +
          'context (getContext("spawn")) to share it with other processes',
      );
    }
    return writeName(output, brokers()!.offer(end));
  }
  const release = arena.keep(block);
  output.hold(release);
  if (output.once) arena.lend();
  output.u8((arena.place === "mapped" ? MAPPED : SHARED) | (output.once ? HANDED_OVER : 0));
  output.u8(START_METHODS.indexOf(method));
  output.varint(arena.key);
  output.varint(slab);
  output.varint(at);
  if (arena.place === "mapped") {
    output.varint(runtime.pid());
    output.varint(arena.file);
    const address = brokers()?.addressFor(end) ?? "";
    output.string(address);
    if (address !== "") output.module(brokers()!.module);
    return;
  }
  if (method === "spawn") output.module(brokers()!.module); // for sending it on to a process
  const attached = [arena.root.buffer, ...buffers];
  output.u8(attached.length);
  for (const buffer of attached) output.varint(output.attach(buffer));
}

/** Reads a handle. */
export function readEnd(input: WireInput): End {
  const first = input.u8();
  const kind = first & ~HANDED_OVER;
  const handedOver = first !== kind;
  const method = START_METHODS[input.u8()];
  if (method === undefined) throw new ProtocolError("A shared object has no start method");
  if (kind === REMOTE) return brokers()!.reach(readName(input));
  const key = input.varint();
  const slab = input.varint();
  const at = input.varint();
  if (kind === MAPPED) {
    const pid = input.varint();
    const file = input.varint();
    const address = input.string();
    if (sharedPages() === null) {
      if (address !== "") return brokers()!.reach({ address, key, slab, at });
      throw new ProcessError(
        `Cannot use a shared object of process ${pid}: it lies in shared pages, which this process ` +
          `cannot map: ${whyNoPages()}. Give this process what it needs, or run the whole program ` +
          "with MANYCORE_NATIVE=0",
      );
    }
    const member = memberOf({ key, pid, file, root: null });
    return new MemoryEnd(
      member.arena.attachBlock({ slab, at, buffers: [] }, handedOver),
      member,
      method,
    );
  }
  if (kind !== SHARED) throw new ProtocolError(`A shared object has the unknown kind ${kind}`);
  const attached: SharedArrayBuffer[] = [];
  for (let left = input.u8(); left > 0; left--) {
    attached.push(input.attachment(input.varint()) as SharedArrayBuffer);
  }
  const [root, ...buffers] = attached;
  if (!(root instanceof SharedArrayBuffer)) {
    throw new ProtocolError("A shared object has no memory");
  }
  const member = memberOf({ key, pid: runtime.pid(), file: -1, root });
  return new MemoryEnd(member.arena.attachBlock({ slab, at, buffers }, handedOver), member, method);
}

function writeName(output: WireOutput, { address, key, slab, at }: ObjectName): void {
  output.module(brokers()!.module);
  output.u8(REMOTE);
  output.u8(START_METHODS.indexOf("spawn"));
  output.string(address);
  output.varint(key);
  output.varint(slab);
  output.varint(at);
}

function readName(input: WireInput): ObjectName {
  return {
    address: input.string(),
    key: input.varint(),
    slab: input.varint(),
    at: input.varint(),
  };
}
