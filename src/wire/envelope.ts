/**
 * Layer 3, wire. The end of a message: which modules its functions come from. The receiver imports
 * them before it decodes the values, because importing takes time and decoding must not.
 *
 * `… values … | module URLs | references | u32 position of the list, little-endian`; position 0 is "no
 * list". The position's highest bit is the sender's: an item of a channel says with it that objects came
 * beside. The references are those of the functions, as far as the sender knows them: what is known
 * where it is read needs no module. Each is: whether to search · check · name · numbers of its modules.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import { Decoder } from "./decode.ts";
import type { ExportReference } from "./function_hook.ts";
import type { Encoder, Message } from "./encode.ts";

/** What a message mentions. */
export interface Mentions {
  readonly modules: readonly string[];
  readonly references: readonly ExportReference[];
}

const TRAILER_BYTES = 4;
const MARK = 0x8000_0000;

/** Finishes a message and takes it from the encoder. */
export function seal(encoder: Encoder): Message {
  appendModules(encoder);
  return encoder.take();
}

/** Finishes a message: appends the list of modules, and a mark. */
export function appendModules(encoder: Encoder, marked = false): void {
  const mark = marked ? MARK : 0;
  if (encoder.modules.size === 0) {
    encoder.u32(mark);
  } else {
    const position = encoder.length;
    encoder.varint(encoder.modules.size);
    for (const url of encoder.modules) encoder.string(url);
    appendReferences(encoder);
    encoder.u32((position | mark) >>> 0);
  }
}

function appendReferences(encoder: Encoder): void {
  const urls = [...encoder.modules];
  encoder.varint(encoder.mentioned.size);
  for (const { search, check, name, modules } of encoder.mentioned) {
    encoder.u8(search ? 1 : 0);
    encoder.f64(check);
    encoder.string(name);
    encoder.varint(modules.length);
    for (const url of modules) encoder.varint(urls.indexOf(url));
  }
}

/** Whether a message has the mark. */
export function isMarked(bytes: Uint8Array): boolean {
  return (bytes[bytes.length - 1] & 0x80) !== 0;
}

/** Where the list of modules begins, or would. */
export function modulesStart(bytes: Uint8Array): number {
  const end = bytes.length - TRAILER_BYTES;
  const position = bytes[end] | bytes[end + 1] << 8 | bytes[end + 2] << 16 |
    (bytes[end + 3] & 0x7f) << 24;
  return position === 0 ? end : position;
}

/** The modules that a message mentions; most mention none. */
export function modulesOf(bytes: Uint8Array): string[] {
  const decoder = mentionsIn(bytes);
  return decoder === null ? [] : readModules(decoder);
}

/** What a message mentions: modules, and the references that the sender knows; `null` for none. */
export function mentionsOf(bytes: Uint8Array): Mentions | null {
  const decoder = mentionsIn(bytes);
  if (decoder === null) return null;
  const modules = readModules(decoder);
  const references: ExportReference[] = [];
  for (let left = decoder.varint(); left > 0; left--) {
    const search = decoder.u8() === 1;
    const check = decoder.f64();
    const name = decoder.string();
    const own: string[] = [];
    for (let left = decoder.varint(); left > 0; left--) {
      const url = modules[decoder.varint()];
      if (url === undefined) throw new ProtocolError(`Cannot read a reference of ${name}`);
      own.push(url);
    }
    references.push({ kind: "export", modules: own, name, check, search });
  }
  return { modules, references };
}

function mentionsIn(bytes: Uint8Array): Decoder | null {
  const end = bytes.length - TRAILER_BYTES;
  if (end < 0) {
    throw new ProtocolError(`Cannot read a message of ${bytes.length} bytes: it has no trailer`);
  }
  const position = modulesStart(bytes);
  if (position === end) return null;
  if (position > end) {
    throw new ProtocolError(
      `Cannot read the module list of a message at ${position} of ${bytes.length} bytes`,
    );
  }
  return new Decoder(bytes.subarray(position, end));
}

function readModules(decoder: Decoder): string[] {
  const urls: string[] = [];
  for (let left = decoder.varint(); left > 0; left--) urls.push(decoder.string());
  return urls;
}
