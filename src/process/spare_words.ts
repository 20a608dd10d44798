/**
 * Layer 9, process. What a spare says to its parent before it is a child like any other, and the
 * child's side of that conversation.
 *
 * ```text
 * parent                              spare
 * start record of kind "spare" ─────▶ imports the modules
 *                            ◀─────── READY, or FAILED · the error
 * start record of a child, or LEAVE ▶
 *                            ◀─────── BEGUN, before anything of that child runs
 * ```
 *
 * @module
 */

import { runtime } from "../runtime/mod.ts";
import type { Channel, Message } from "../runtime/mod.ts";
import { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import { seal } from "../wire/envelope.ts";
import { loadModules } from "../wire/functions/mod.ts";
import { describeError } from "./report.ts";

/** It has imported what it was told to. */
export const READY = 1;
/** It could not. */
export const FAILED = 2;
/** It has read whose place it takes. Nobody else may take that place any more. */
export const BEGUN = 3;
/** To a spare: nobody needs it. Shorter than any start record. */
export const LEAVE = 4;

/** A message that is one word. */
export function word(word: number): Message {
  return { bytes: Uint8Array.of(word), attachments: [], transferList: [] };
}

/** Whether a spare was told to leave, where it may also be told what to become. */
export function isLeave(bytes: Uint8Array): boolean {
  return bytes.length === 1 && bytes[0] === LEAVE;
}

/** In a spare: imports modules and says so. One that cannot ends. */
export async function prepare(channel: Channel, modules: readonly string[]): Promise<void> {
  try {
    await loadModules(modules, "its functions, before they are needed");
  } catch (error) {
    sayFailed(channel, error);
    await channel.flush();
    runtime.exit(1);
  }
  channel.send(word(READY));
}

/** In a spare: says that it is one no longer. Resolves when that cannot be lost any more. */
export async function sayBegun(channel: Channel): Promise<void> {
  channel.send(word(BEGUN));
  await channel.flush();
}

/** The error in a FAILED message. */
export function readFailure(bytes: Uint8Array): unknown {
  try {
    const decoder = new Decoder(bytes);
    decoder.u8();
    return decoder.value();
  } catch (error) {
    return error;
  }
}

function sayFailed(channel: Channel, error: unknown): void {
  const encoder = new Encoder("process"); // nothing rides beside it, also from a thread
  encoder.u8(FAILED);
  try {
    encoder.value(error, "error");
  } catch {
    encoder.value(describeError(error), "error");
  }
  channel.send(seal(encoder));
}
