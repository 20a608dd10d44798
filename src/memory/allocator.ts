/**
 * Layer 2, memory. Hands out the memory of this isolate's own arena. Slots of equal size are cut
 * from slabs; a slot that nobody refers to any more is found when it is dropped here, when what an
 * agent had is taken back that has ended, or, if the last reference was elsewhere, by looking through
 * the slabs when the free ones are used up.
 *
 * @module
 */

import { HOLDERS_WORDS, SLAB_BYTES, SLOT, UNIT } from "./arena.ts";
import type { Arena, Block, Slab } from "./arena.ts";
import { add, and, cas, load, store } from "./atomics.ts";
import type { Words } from "./atomics.ts";

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
  readonly #classOf = new Map<Slab, SizeClass>();

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
    let size = UNIT;
    while (size < words + SLOT.LENGTH) size *= 2;
    let slots = this.#classes.get(size);
    if (slots === undefined) {
      slots = new SizeClass(size, this.#arena, this.#classOf);
      this.#classes.set(size, slots);
    }
    // First: it may fail, and a slot that was taken would be lost.
    const region = regionBytes > 0
      ? this.#arena.grow(regionBytes)
      : growTo > 0 && this.#arena.place === "shared"
      ? this.#arena.growable(growTo)
      : null;
    const { slab, slot } = slots.take(onFree);
    return this.#arena.hold(slab, slot, region);
  }

  /** Drops the references of agents that have ended and run no more, by their slots in the table (A6). */
  takeBack(agents: readonly number[]): void {
    const bits = new Map<number, number>();
    for (const agent of agents) {
      bits.set(agent >> 5, (bits.get(agent >> 5) ?? 0) | 1 << (agent & 31));
    }
    for (const slots of this.#classes.values()) slots.takeBack([...bits]);
  }
}

/** Slots of one size. */
class SizeClass {
  readonly #words: number;
  readonly #arena: Arena;
  readonly #classOf: Map<Slab, SizeClass>;
  readonly #slabs: Slab[] = [];
  readonly #free: { slab: Slab; slot: number }[] = [];
  readonly #onFree = new Map<Slab, Map<number, NonNullable<Extra["onFree"]>>>();

  constructor(words: number, arena: Arena, classOf: Map<Slab, SizeClass>) {
    this.#words = words;
    this.#arena = arena;
    this.#classOf = classOf;
  }

  /** Takes a slot; its words are zero but for REFERENCES. */
  take(onFree: Extra["onFree"]): { slab: Slab; slot: number } {
    if (this.#free.length === 0) {
      this.#collect();
      // At least a quarter must be free, or looking through all of them would not be worth it.
      if (4 * this.#free.length <= this.#slabs.length * this.#perSlab()) this.#addSlab();
    }
    const place = this.#free.pop()!;
    place.slab.words.fill(0, place.slot + 1, place.slot + this.#words);
    store(place.slab.words, place.slot + SLOT.HOLDERS, this.#holdersOf(place.slot));
    if (onFree !== undefined) {
      let ofSlab = this.#onFree.get(place.slab);
      if (ofSlab === undefined) this.#onFree.set(place.slab, ofSlab = new Map());
      ofSlab.set(place.slot, onFree);
    }
    store(place.slab.words, place.slot, 1); // A1
    return place;
  }

  /** Takes note of a slot that nobody refers to. */
  free(slab: Slab, slot: number): void {
    const { words } = slab;
    if (!cas(words, slot, 0, FREE)) return; // it was collected, and maybe taken again
    const page = words[slot + SLOT.PAGE];
    if (page !== 0) this.#arena.forget(page, words[slot + SLOT.PAGES]);
    const ofSlab = this.#onFree.get(slab);
    ofSlab?.get(slot)?.(this.#arena, words, slot + SLOT.LENGTH);
    ofSlab?.delete(slot);
    this.#free.push({ slab, slot });
  }

  /** Drops the references that some agents have: words of a set, each with its place there. */
  takeBack(agents: readonly (readonly [at: number, bits: number])[]): void {
    for (const slab of this.#slabs) {
      const { words } = slab;
      for (let i = 0; i < this.#perSlab(); i++) {
        const slot = i * this.#words;
        const holders = this.#holdersOf(slot);
        for (const [at, bits] of agents) {
          const had = load(words, holders + at) & bits;
          if (had === 0) continue;
          and(words, holders + at, ~had); // A5
          for (let left = had; left !== 0; left &= left - 1) add(words, slot, -1);
        }
        if (load(words, slot) === 0) this.free(slab, slot);
      }
    }
  }

  /** Sets of agents stand behind the slots. */
  #holdersOf(slot: number): number {
    return this.#perSlab() * this.#words + slot / this.#words * HOLDERS_WORDS;
  }

  #perSlab(): number {
    return Math.floor(SLAB_WORDS / (this.#words + HOLDERS_WORDS));
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
