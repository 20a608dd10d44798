/**
 * Layer 8, shared. Pieces of shared memory: pages with a name, or a `SharedArrayBuffer` for the
 * threads of this process. Owns the names that this isolate has made and must remove when it ends.
 *
 * ```text
 * States  named ──unlink()──▶ nameless        the memory stays as long as somebody maps it
 *         mapped ──close()──▶ unmapped        for this object only, both in any order
 * S1 only who made a name removes it unasked, when it ends; who attaches never does.
 * S2 the file's length is the size: nothing of ours is in the file, so any program can attach.
 * ```
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { runtime } from "../runtime/mod.ts";
import { sharedPages, whyNoPages } from "../runtime/pages.ts";
import type { Mapping, Pages } from "../runtime/pages.ts";
import { newName, pathOf } from "./segment_names.ts";

/** Shared memory, mapped here. */
export interface Segment {
  readonly name: string;
  /** `null` in a `SharedArrayBuffer`. */
  readonly mapping: Mapping | null;
  readonly buffer: ArrayBufferLike;
}

const TRIES = 100;

/** Names that this isolate has made. */
const made = new Set<string>();
let exitHook = false;

/** Makes shared memory with a name, or with a new one for `null`. */
export function createSegment(name: string | null, size: number): Segment {
  const pages = pagesOrThrow("make shared memory");
  for (let left = name === null ? TRIES : 1; left > 0; left--) {
    const chosen = name ?? newName(pages);
    const file = pages.open(pathOf(chosen), true);
    if (typeof file === "number") return fill(pages, chosen, file, size);
    if (file === "exists" && name === null) continue;
    throw new ProcessError(
      `Cannot make shared memory with the name ${JSON.stringify(chosen)}: ` +
        (file === "exists"
          ? "the name exists; attach to it without { create }, or choose another name"
          : file === "denied"
          ? "the operating system does not permit it; look at the rights of /dev/shm"
          : "the operating system refuses it; look whether /dev/shm is there and has room"),
    );
  }
  throw new ProcessError(`Cannot make shared memory: ${TRIES} random names exist; give a name`);
}

/** Attaches to shared memory by its name. */
export function openSegment(name: string): Segment {
  const pages = pagesOrThrow(`attach to the shared memory ${JSON.stringify(name)}`);
  const file = pages.open(pathOf(name));
  if (typeof file === "string") {
    throw new ProcessError(
      `Cannot attach to the shared memory ${JSON.stringify(name)}: ` +
        (file === "missing"
          ? "there is none with this name; make it with { create: true }, and keep it until " +
            "everybody has attached: unlink() and the end of the process that made it remove it"
          : file === "denied"
          ? "it belongs to another user"
          : "the operating system refuses it; look whether it is a regular file in /dev/shm"),
    );
  }
  try {
    const size = pages.size(file);
    if (size > 0) return map(pages, name, file, size);
  } finally {
    pages.close(file);
  }
  throw new ProcessError(
    `Cannot attach to the shared memory ${JSON.stringify(name)}: it has no bytes; wait until the ` +
      "program that makes it has finished",
  );
}

/** Gives the memory back; every view of it is empty from then on. */
export function closeSegment({ mapping }: Segment): void {
  if (mapping !== null) sharedPages()!.unmap(mapping);
}

/** Removes a name. */
export function unlinkSegment(name: string): void {
  made.delete(name);
  if (sharedPages()!.unlink(pathOf(name))) return;
  throw new ProcessError(
    `Cannot unlink the shared memory ${JSON.stringify(name)}: there is none with this name any ` +
      "more, or it belongs to another user; unlink it once",
  );
}

function fill(pages: Pages, name: string, file: number, size: number): Segment {
  try {
    pages.resize(file, size);
    const segment = map(pages, name, file, size);
    made.add(name);
    if (!exitHook) runtime.onExit(removeMade);
    exitHook = true;
    return segment;
  } catch (cause) {
    pages.unlink(pathOf(name));
    throw new ProcessError(
      `Cannot make shared memory of ${size} bytes: ${(cause as Error).message}; ask for less`,
      { cause },
    );
  } finally {
    pages.close(file);
  }
}

function map(pages: Pages, name: string, file: number, size: number): Segment {
  const mapping = pages.map(file, 0, size);
  return { name, mapping, buffer: mapping.buffer };
}

function removeMade(): void {
  for (const name of made) sharedPages()!.unlink(pathOf(name)); // S1
}

function pagesOrThrow(action: string): Pages {
  const pages = sharedPages();
  if (pages !== null) return pages;
  throw new ProcessError(
    `Cannot ${action}: this process cannot map shared pages, because ${whyNoPages()}; use a Value ` +
      'or a SharedArray, which work everywhere, or getContext("thread").SharedMemory between threads',
  );
}
