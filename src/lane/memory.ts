/**
 * Layer 5, lane. The memory of a lane: an anonymous file that parent and child map, or a
 * `SharedArrayBuffer` between threads. Owns the file's descriptor in this process.
 *
 * @module
 */

import { add, load } from "../memory/atomics.ts";
import { mappedExtent, pages, sharedExtent } from "../memory/place.ts";
import type { Extent } from "../memory/place.ts";
import { runtime } from "../runtime/mod.ts";
import { sharedPages } from "../runtime/pages.ts";
import { DIRECTION, FREE_AT, KEY_AT, LANE_BYTES, PAGE, RING } from "./layout.ts";
import type { RingMemory } from "./ring.ts";

/** How a child reaches the memory. */
export interface LaneAddress {
  readonly pid: number;
  readonly file: number;
  readonly key: number;
  /** Between threads, the memory itself. */
  readonly buffer: SharedArrayBuffer | null;
}

const NO_FILE = -1;

/** The memory of a lane. */
export class LaneMemory implements RingMemory {
  readonly root: Extent;
  #file: number;

  private constructor(root: Extent, file: number) {
    this.root = root;
    this.#file = file;
  }

  /** Makes memory for a child; `null` where there is none that it could share. */
  static make(thread: boolean): LaneMemory | null {
    if (!thread && sharedPages() === null) return null;
    let file = NO_FILE;
    try {
      if (!thread) file = pages().create("manycore-lane", LANE_BYTES);
      const root = thread
        ? sharedExtent(0, new SharedArrayBuffer(LANE_BYTES))
        : mappedExtent(file, 0, LANE_BYTES);
      root.words[FREE_AT] = LANE_BYTES / PAGE;
      root.words[DIRECTION.TO_CHILD + RING.ASLEEP] = 1;
      root.words[DIRECTION.TO_PARENT + RING.ASLEEP] = 1;
      root.words[KEY_AT] = crypto.getRandomValues(new Int32Array(1))[0] | 1;
      return new LaneMemory(root, file);
    } catch {
      if (file !== NO_FILE) pages().close(file);
      return null; // no memory, or no descriptors: messages go over the channel as before
    }
  }

  /** Reaches the memory that the parent has made; `null` if this isolate cannot. */
  static reach({ pid, file, key, buffer }: LaneAddress): LaneMemory | null {
    if (buffer !== null) return new LaneMemory(sharedExtent(0, buffer), NO_FILE);
    const own = sharedPages()?.open(`/proc/${pid}/fd/${file}`);
    if (typeof own !== "number") return null;
    try {
      if (pages().size(own) >= LANE_BYTES) {
        const root = mappedExtent(own, 0, LANE_BYTES);
        if (load(root.words, KEY_AT) === key) return new LaneMemory(root, own);
      }
    } catch {
      // It cannot be mapped.
    }
    pages().close(own);
    return null;
  }

  /** Where it is. */
  get address(): LaneAddress {
    const { buffer, words } = this.root;
    const key = words[KEY_AT];
    const shared = this.#file === NO_FILE ? buffer as SharedArrayBuffer : null;
    return { pid: runtime.pid(), file: this.#file, key, buffer: shared };
  }

  grow(bytes: number): { page: number; buffer: ArrayBufferLike } | null {
    if (this.#file === NO_FILE) return null; // between threads, large messages move beside it
    try {
      const page = add(this.root.words, FREE_AT, bytes / PAGE);
      pages().extend(this.#file, page * PAGE + bytes);
      return { page, buffer: mappedExtent(this.#file, page * PAGE, bytes).buffer };
    } catch {
      return null;
    }
  }

  reach(page: number, bytes: number): ArrayBufferLike {
    return mappedExtent(this.#file, page * PAGE, bytes).buffer;
  }

  release(page: number, bytes: number): void {
    pages().release(this.#file, page * PAGE, bytes);
  }

  /** Gives the descriptor back. What is mapped can still be read. */
  close(): void {
    if (this.#file !== NO_FILE) pages().close(this.#file);
    this.#file = NO_FILE;
  }
}
