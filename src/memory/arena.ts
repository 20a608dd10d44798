/**
 * Layer 2, memory. An arena: the memory of the shared objects that one isolate makes, until its pages
 * are used up, and this isolate's end of it. Owns the extents and the counts of references;
 * `allocator.ts` hands the memory out.
 *
 * ```text
 * Layout      offset 0: MAGIC, KEY, END in pages, DEATHS, then the table of agents (`layout.ts`)
 *             then extents: slabs of equal slots, or the data of one object (a region)
 *             a slot: REFERENCES, PAGE and PAGES of its region or 0, HOLDERS; then the object
 *             HOLDERS: where the slab has one bit for each agent of the table: whether it has the object
 * States      of REFERENCES: FREE ──maker takes it──▶ 1 ──attach──▶ 2 … ──drop──▶ 0
 *             0 ──the maker collects it: cas──▶ FREE
 * Invariants  A1 only the maker turns 0 into FREE and FREE into 1: no lock is needed to allocate.
 *             A2 whoever attaches was given a reference in transit, which is dropped only later.
 *             A3 the pages of a region are never used for another object: a thread that was given
 *                up and still writes can harm nothing but what it had.
 *             A4 this isolate's end of an arena of another's is closed when nobody here has a block
 *                of it, unless it was lent: it stays then, as others may be about to open the descriptor.
 *             A5 an agent has one reference for each of its bits, however many blocks of the object:
 *                it is counted before the bit is set, and the bit is cleared before it is dropped.
 *             A6 the bits of an agent that has ended are the maker's to clear (`Allocator.takeBack`),
 *                or belong to whoever takes its place in the table: with the references.
 * Failure     An isolate that ends, killed or not, leaves its bits, and the maker takes its references
 *             back. One that is killed between the two steps of A5, or after it sent a message that is
 *             not yet read, leaves one reference for good. Memory of an arena ends with its last user.
 * ```
 *
 * @module
 */

import { add, and, load, or, store } from "./atomics.ts";
import type { Words } from "./atomics.ts";
import { AGENT, MAX_AGENTS } from "./layout.ts";
import { mappedExtent, pages, sharedExtent } from "./place.ts";
import type { Extent } from "./place.ts";

/** Where the words live: in a `SharedArrayBuffer`, or in pages that other processes map. */
export type PlaceName = "mapped" | "shared";

/** A piece of the arena with slots of one size. */
export interface Slab extends Extent {
  /** How many blocks this isolate has of each slot, by the {@link UNIT} that it begins with. */
  readonly blocks: Uint32Array;
}

/** One object's memory. Whoever has it may use it; it is given back when nobody has it. */
export interface Block {
  /** The arena that it lies in. */
  readonly arena: Arena;
  /** The slab around it. */
  readonly slab: Slab;
  /** Its memory, as words. */
  readonly words: Int32Array<ArrayBufferLike>;
  /** The first word of the object. */
  readonly at: number;
  /** The object's own pages, if it has some. */
  readonly region: Extent | null;
  /** What this isolate remembers of the object; its class's own. */
  view: unknown;
}

/** Where an arena is, for another isolate. */
export interface ArenaAddress {
  /** Names the arena. */
  readonly key: number;
  /** A process that has it open, and its descriptor there; for mapped arenas. */
  readonly pid: number;
  readonly file: number;
  /** Its beginning, for an arena in a `SharedArrayBuffer`. */
  readonly root: SharedArrayBuffer | null;
}

/** Where a block is in its arena, for another isolate. */
export interface BlockAddress {
  /** The slab, in bytes from the beginning of the arena. */
  readonly slab: number;
  /** The first word of the object, from the beginning of the slab. */
  readonly at: number;
  /** The slab and the region, for an arena in a `SharedArrayBuffer`. */
  readonly buffers: readonly SharedArrayBuffer[];
}

const MAGIC = 0x6d63_6131;
/** The word that says how many pages the arena has. */
const END = 2;
/** With so many pages, 4 TiB, an arena is used up. What its objects still take stays far from 2^31. */
const MOST_PAGES = 2 ** 30;
/** The word that counts the deaths of its users. */
export const DEATHS_AT = 3;
const PAGE = 4096;

/** The word of an arena with which its table of agents begins. */
export const TABLE_AT = 16;
/** The words before an object. */
export const SLOT = { REFERENCES: 0, PAGE: 1, PAGES: 2, HOLDERS: 3, LENGTH: 4 } as const;
/** Words of the smallest slot: a cache line. All begin at a multiple of it. */
export const UNIT = 16;
/** Words of a set of agents. */
export const HOLDERS_WORDS: number = MAX_AGENTS / 32;
/** Bytes of a slab: one size, so that an offset is enough to map one. */
export const SLAB_BYTES = 256 * 1024;

const ROOT_BYTES = toPages(4 * (TABLE_AT + AGENT.LENGTH * MAX_AGENTS)) * PAGE;

/** Drops the references of blocks that nobody has. Holds their arenas until it has done so. */
const dropped = new FinalizationRegistry<() => void>((drop) => drop());
/** Closes the descriptors of arenas of others that nobody can reach. */
const unreachable = new FinalizationRegistry<number>((file) => pages().close(file));
const lent = new Set<Arena>();

/** One end of an arena. */
export class Arena {
  /** Where its words live. */
  readonly place: PlaceName;
  /** Names the arena in messages. */
  readonly key: number;
  /** The extent with the table of agents. */
  readonly root: Extent;
  /** The descriptor of the file in this process; -1 in a `SharedArrayBuffer`. */
  readonly file: number;
  /** Told of a slot that nobody refers to any more; set by the maker's allocator. */
  onUnused: ((slab: Slab, slot: number) => void) | null = null;
  /** This isolate's slot in the table; set when it joins, before it has a block. */
  agent = -1;
  readonly #slabs = new Map<number, Slab>();

  private constructor(place: PlaceName, key: number, root: Extent, file: number) {
    this.place = place;
    this.key = key;
    this.root = root;
    this.file = file;
  }

  /** Makes an arena. */
  static create(place: PlaceName): Arena {
    const key = crypto.getRandomValues(new Uint32Array(1))[0] >>> 1;
    const file = place === "mapped" ? pages().create("manycore", ROOT_BYTES) : -1;
    const root = file >= 0
      ? mappedExtent(file, 0, ROOT_BYTES)
      : sharedExtent(0, new SharedArrayBuffer(ROOT_BYTES));
    root.words[1] = key;
    root.words[END] = ROOT_BYTES / PAGE;
    store(root.words, 0, MAGIC);
    return new Arena(place, key, root, file);
  }

  /** Reaches an arena that another isolate made; `null` if nobody has it open any more. */
  static attach({ key, pid, file, root }: ArenaAddress): Arena | null {
    if (root !== null) return new Arena("shared", key, sharedExtent(0, root), -1);
    const own = pages().open(`/proc/${pid}/fd/${file}`);
    if (typeof own === "string") return null;
    const extent = pages().size(own) >= ROOT_BYTES ? mappedExtent(own, 0, ROOT_BYTES) : null;
    // The numbers may belong to another process or file by now.
    if (extent !== null && load(extent.words, 0) === MAGIC && extent.words[1] === key) {
      const arena = new Arena("mapped", key, extent, own);
      unreachable.register(arena, own);
      return arena;
    }
    pages().close(own);
    return null;
  }

  /** Whether new objects belong into another arena: pages have numbers, which are not used again (A3). */
  get isUsedUp(): boolean {
    return load(this.root.words, END) > MOST_PAGES;
  }

  /** Adds memory to the arena, all zero. */
  grow(bytes: number): Extent {
    const offset = this.#reserve(bytes);
    const length = toPages(bytes) * PAGE;
    if (this.file < 0) return sharedExtent(offset, new SharedArrayBuffer(length));
    pages().extend(this.file, offset + length);
    return mappedExtent(this.file, offset, length);
  }

  /** Adds a `SharedArrayBuffer` to the arena that is empty and can grow. */
  growable(maxBytes: number): Extent {
    const offset = this.#reserve(PAGE);
    return sharedExtent(offset, new SharedArrayBuffer(0, { maxByteLength: maxBytes }));
  }

  /** Reaches memory that any user of a mapped arena has added. */
  reach(page: number, bytes: number): Extent {
    return mappedExtent(this.file, page * PAGE, bytes);
  }

  /** Adds a slab. Only the arena's maker may call this. */
  addSlab(): Slab {
    return this.#noteSlab(this.grow(SLAB_BYTES));
  }

  /** Gives the pages of a region back (A3). */
  forget(page: number, count: number): void {
    if (this.file >= 0) pages().release(this.file, page * PAGE, count * PAGE);
  }

  /** Makes this isolate's end of a slot whose REFERENCES count it already. */
  hold(slab: Slab, slot: number, region: Extent | null): Block {
    const { words } = slab;
    if (slab.blocks[slot / UNIT]++ === 0) {
      const bit = 1 << (this.agent & 31);
      // A6: with the reference of the agent that was in our place.
      if (or(words, this.#holderWord(words, slot), bit) & bit) add(words, slot, -1);
    } else {
      add(words, slot, -1); // A5
    }
    const block = { arena: this, slab, words, at: slot + SLOT.LENGTH, region, view: null };
    if (region !== null) {
      store(words, slot + SLOT.PAGES, toPages(region.words.byteLength));
      store(words, slot + SLOT.PAGE, region.offset / PAGE);
    }
    // Views of a region may outlive the block.
    dropped.register(region?.buffer ?? block, () => {
      if (--slab.blocks[slot / UNIT] > 0) return;
      and(words, this.#holderWord(words, slot), ~(1 << (this.agent & 31))); // A5
      this.#drop(slab, slot);
    });
    return block;
  }

  /** Reaches a block that another isolate has; `handedOver` if its reference in transit is ours now. */
  attachBlock({ slab: offset, at, buffers }: BlockAddress, handedOver = false): Block {
    let slab = this.#slabs.get(offset);
    if (slab === undefined) {
      slab = this.#noteSlab(
        this.file < 0
          ? sharedExtent(offset, buffers[0])
          : mappedExtent(this.file, offset, SLAB_BYTES),
      );
    }
    const slot = at - SLOT.LENGTH;
    if (!handedOver) add(slab.words, slot, 1); // A2
    const page = load(slab.words, slot + SLOT.PAGE);
    const bytes = load(slab.words, slot + SLOT.PAGES) * PAGE;
    const region = page === 0
      ? null
      : this.file < 0
      ? sharedExtent(page * PAGE, buffers[1])
      : mappedExtent(this.file, page * PAGE, bytes);
    return this.hold(slab, slot, region);
  }

  /** Where a block is, for another isolate. */
  addressOf({ slab, at, region }: Block): BlockAddress {
    const buffers = [slab, region].filter((extent) => extent !== null && this.file < 0)
      .map((extent) => extent!.buffer as SharedArrayBuffer);
    return { slab: slab.offset, at, buffers };
  }

  /** Adds a reference for a message in transit; the returned function drops it, once. */
  keep({ slab, at }: Block): () => void {
    const slot = at - SLOT.LENGTH;
    add(slab.words, slot, 1);
    let kept = true;
    return () => {
      if (kept) this.#drop(slab, slot);
      kept = false;
    };
  }

  /** Keeps the descriptor open from now on: others were told of it, and nobody says when they came. */
  lend(): void {
    if (this.file >= 0) lent.add(this);
  }

  /** Takes a range of the arena: every user may, and none of them takes the same. */
  #reserve(bytes: number): number {
    return add(this.root.words, END, toPages(bytes)) * PAGE;
  }

  #noteSlab(extent: Extent): Slab {
    const slab = { ...extent, blocks: new Uint32Array(SLAB_BYTES / 4 / UNIT) };
    this.#slabs.set(slab.offset, slab);
    return slab;
  }

  #holderWord(words: Words, slot: number): number {
    return words[slot + SLOT.HOLDERS] + (this.agent >> 5);
  }

  #drop(slab: Slab, slot: number): void {
    if (add(slab.words, slot, -1) === 1) this.onUnused?.(slab, slot);
  }
}

function toPages(bytes: number): number {
  return Math.ceil(bytes / PAGE);
}
