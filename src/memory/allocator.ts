/**
 * Layer 2, memory. Hands out the memory of this isolate's own arena. Slots of equal size are cut
 * from slabs; a slot that nobody refers to any more is found when it is dropped here, or, if the
 * last reference was elsewhere, by looking through the slabs when the free ones are used up.
 *
 * @module
 */

import { SLAB_BYTES, SLOT } from "./arena.ts";
import type { Arena, Block } from "./arena.ts";
import { cas, store } from "./atomics.ts";
import type { Words } from "./atomics.ts";
import type { Extent } from "./place.ts";

const MIN_SLOT_WORDS = 16; // a cache line
const SLAB_WORDS = SLAB_BYTES / 4;
const FREE = -1;

/** What an object has beside its own words. */
export interface Extra {
  /** Bytes of pages of its own. */
  readonly regionBytes?: number;
  /** In a `SharedArrayBuffer`: the most bytes of a region that is empty at first and can grow. */
  readonly growTo?: number;
  /** Gives back what the object has taken of the arena since: called when nobody has it any more. */
  readonly onFree?: (arena: Arena, words: Words, at: number) => void;
}

/** Allocates in an arena that this isolate has made. */
export class Allocator {
  readonly #arena: Arena;
  readonly #classes = new Map<number, SizeClass>();
  readonly #classOf = new Map<Extent, SizeClass>();

  constructor(arena: Arena) {
    this.#arena = arena;
    arena.onUnused = (slab, slot) => this.#classOf.get(slab)?.free(slab, slot);
  }

  /**
   * Takes memory for an object, all zero.
   *
   * @param words The object's own words, at most 8,000.
   */
  allocate(words: number, { regionBytes = 0, growTo = 0, onFree }: Extra = {}): Block {
    let size = MIN_SLOT_WORDS;
    while (size < words + SLOT.LENGTH) size *= 2;
    let slots = this.#classes.get(size);
    if (slots === undefined) {
      slots = new SizeClass(size, this.#arena, this.#classOf);
      this.#classes.set(size, slots);
    }
    const { slab, slot } = slots.take(onFree);
    const region = regionBytes > 0
      ? this.#arena.grow(regionBytes)
      : growTo > 0 && this.#arena.place === "shared"
      ? this.#arena.growable(growTo)
      : null;
    return this.#arena.hold(slab, slot, region);
  }
}

/** Slots of one size. */
class SizeClass {
  readonly #words: number;
  readonly #arena: Arena;
  readonly #classOf: Map<Extent, SizeClass>;
  readonly #slabs: Extent[] = [];
  readonly #free: { slab: Extent; slot: number }[] = [];
  readonly #onFree = new Map<Extent, Map<number, NonNullable<Extra["onFree"]>>>();

  constructor(words: number, arena: Arena, classOf: Map<Extent, SizeClass>) {
    this.#words = words;
    this.#arena = arena;
    this.#classOf = classOf;
  }

  /** Takes a slot; its words are zero but for REFERENCES. */
  take(onFree: Extra["onFree"]): { slab: Extent; slot: number } {
    if (this.#free.length === 0) {
      this.#collect();
      // At least a quarter must be free, or looking through all of them would not be worth it.
      if (4 * this.#free.length <= this.#slabs.length * this.#perSlab()) this.#addSlab();
    }
    const place = this.#free.pop()!;
    place.slab.words.fill(0, place.slot + 1, place.slot + this.#words);
    if (onFree !== undefined) {
      let ofSlab = this.#onFree.get(place.slab);
      if (ofSlab === undefined) this.#onFree.set(place.slab, ofSlab = new Map());
      ofSlab.set(place.slot, onFree);
    }
    store(place.slab.words, place.slot, 1); // A1
    return place;
  }

  /** Takes note of a slot that nobody refers to. */
  free(slab: Extent, slot: number): void {
    const { words } = slab;
    if (!cas(words, slot, 0, FREE)) return; // it was collected, and maybe taken again
    const page = words[slot + SLOT.PAGE];
    if (page !== 0) this.#arena.forget(page, words[slot + SLOT.PAGES]);
    const ofSlab = this.#onFree.get(slab);
    ofSlab?.get(slot)?.(this.#arena, words, slot + SLOT.LENGTH);
    ofSlab?.delete(slot);
    this.#free.push({ slab, slot });
  }

  #perSlab(): number {
    return Math.floor(SLAB_WORDS / this.#words);
  }

  #addSlab(): void {
    const slab = this.#arena.addSlab();
    this.#slabs.push(slab);
    this.#classOf.set(slab, this);
    for (let i = this.#perSlab() - 1; i >= 0; i--) {
      const slot = i * this.#words;
      store(slab.words, slot, FREE);
      this.#free.push({ slab, slot });
    }
  }

  #collect(): void {
    for (const slab of this.#slabs) {
      for (let i = 0; i < this.#perSlab(); i++) this.free(slab, i * this.#words);
    }
  }
}
