/**
 * Agents that put into channels and take from them, and rings whose payload are words of the model.
 *
 * The payload is written and read with steps, so that a taker that comes too early finds rubbish. What
 * an agent remembers of a channel (`channel/remembered.ts`) are words as well: agents are run from
 * their beginning again and again.
 *
 * @module
 */

import assert from "node:assert/strict";
import { CHANNEL, putItem, takeItem } from "../../src/channel/channel_words.ts";
import type { Taker } from "../../src/channel/taking.ts";
import type { Remembered } from "../../src/channel/remembered.ts";
import type { Item, Rings } from "../../src/channel/rings.ts";
import type { Block } from "../../src/memory/arena.ts";
import { add, load, store } from "../../src/memory/atomics.ts";
import { block as blockOn } from "../../src/park/block.ts";
import type { NowOperation, WaitOperation } from "../../src/park/operation.ts";
import { ModelAgent, note, NOTES, NOWHERE, OBJECT } from "./agents.ts";
import { call } from "./replay.ts";
import { DEATHS_AT } from "./small_arena.ts";
import { AT, CHANNEL_WORDS, ITEM_BYTES, ringAt, ringBytes } from "./small_channel.ts";

export const AGENTS = 3;
/** Notes: the items that were put, as far as their putters know; and those that were taken. */
export const PUT = NOTES;
export const TAKEN = NOTES + 1;
/** The deaths that somebody has found. */
const FOUND = NOTES + 2;
/** What the agents remember: CHANGES and DEATHS of each side. */
export const REMEMBERED = CHANNEL_WORDS;
export const WORDS = CHANNEL_WORDS + 4 * AGENTS;
/** Added to the item that a take has brought. */
export const ITEM = 16;

const ARENA = { root: { words: NOWHERE } };

/** An isolate that uses a channel. */
export class ChannelAgent extends ModelAgent {
  readonly block: Block;

  constructor(slot: number, rings: Pick<Rings, keyof Rings> = new ModelRings()) {
    super(slot);
    const at = OBJECT + REMEMBERED + 4 * slot;
    const view: Remembered = { rings: rings as Rings, changes: pair(at), deaths: pair(at + 2) };
    this.block = { words: NOWHERE, at: OBJECT, view, arena: ARENA } as unknown as Block;
  }

  /** Runs an operation that may wait. */
  await<A>(operation: WaitOperation<A>, argument: A, timeout = Infinity): number {
    return call(() => blockOn(operation, this.block, this, argument, timeout));
  }

  /** Runs an operation that does not wait. */
  do<A>(operation: NowOperation<A>, argument: A): number {
    return call(() => operation(NOWHERE, OBJECT, this, argument, this.block));
  }

  put(value: number, timeout = Infinity, units = 1): number {
    const result = this.await(putItem, itemOf(value, units), timeout);
    if (result === CHANNEL.DONE) note((words) => words[PUT] |= 1 << value);
    return result;
  }

  /** Returns {@link ITEM} and the item, or how else it ended. */
  take(timeout = Infinity): number {
    const result = call(() => {
      const taker = new OneItem();
      const end = blockOn(takeItem, this.block, this, taker, timeout);
      return end === CHANNEL.DONE ? ITEM + taker.value : end;
    });
    if (result >= ITEM) note((words) => taken(words, result - ITEM));
    return result;
  }

  /** Takes so many items. Returns them, as the digits of a number. */
  takeAll(count: number): number {
    let digits = 0;
    for (let turn = 0; turn < count; turn++) {
      const result = this.take();
      assert.ok(result >= ITEM, `a take gave ${result}`);
      digits = 10 * digits + result - ITEM;
    }
    return digits;
  }

  /** Puts these items, one after the other. */
  putAll(...values: number[]): number {
    for (const value of values) assert.equal(this.put(value), CHANNEL.DONE);
    return values.length;
  }
}

/** An isolate that finds the deaths of others, as `park/table.ts` does. */
export class SideAgent extends ChannelAgent {
  override isAlive(id: number): boolean {
    if (super.isAlive(id)) return true;
    const bit = id & ((1 << 9) - 1);
    if (note((words) => words[FOUND] >> bit & 1) !== 0) return false;
    add(NOWHERE, DEATHS_AT, 1);
    const isNews = note((words) => {
      const was = words[FOUND] >> bit & 1;
      words[FOUND] |= 1 << bit;
      return was ^ 1;
    });
    if (isNews !== 0) add(NOWHERE, DEATHS_AT, 1);
    return false;
  }
}

/** The rings of a channel as words: an item is its length and its value. */
export class ModelRings implements Pick<Rings, keyof Rings> {
  make(ring: number): boolean {
    store(NOWHERE, OBJECT + AT.RINGS + ring, 1);
    return true;
  }

  /** What has been discarded reads as 0. */
  discard(ring: number): void {
    for (let at = 0; ring !== 0 && at < ringBytes(ring); at += 4) this.#set(ring, at, 0);
  }

  write(ring: number, position: number, { buffer, length }: Item): void {
    this.#set(ring, position, length);
    this.#set(ring, position + 4, buffer[0]);
  }

  window(): null {
    return null;
  }

  lengthAt(ring: number, position: number): number {
    return load(NOWHERE, wordOf(ring, position));
  }

  read(ring: number, position: number): Uint8Array {
    return Uint8Array.of(load(NOWHERE, wordOf(ring, position + 4)));
  }

  release(): void {}

  #set(ring: number, position: number, value: number): void {
    store(NOWHERE, wordOf(ring, position), value);
  }
}

/** Rings that make an item known before it is written. */
export class EarlyRings extends ModelRings {
  override write(ring: number, position: number, item: Item): void {
    store(NOWHERE, OBJECT + AT.TAILS + ring, position + ITEM_BYTES);
    super.write(ring, position, item);
  }
}

export class OneItem implements Taker {
  value = 0;

  take(bytes: Uint8Array): void {
    this.value = bytes[0];
  }
}

/** An item that takes so many times {@link ITEM_BYTES} in a ring. */
export function itemOf(value: number, units = 1): Item {
  return { buffer: Uint8Array.of(value), length: ITEM_BYTES * units - 4 };
}

/** Takes note of an item that was taken. */
export function taken(words: Int32Array, value: number): number {
  if (value === 0) throw new Error("half an item was taken");
  if ((words[TAKEN] >> value & 1) !== 0) throw new Error(`item ${value} was taken twice`);
  return words[TAKEN] |= 1 << value;
}

function wordOf(ring: number, position: number): number {
  return OBJECT + AT.FIRST_RING + ringAt(ring) + ((position & ringBytes(ring) - 1) >>> 2);
}

/** Two words of what an agent remembers. They are no points at which others act. */
function pair(at: number): [number, number] {
  const word = (side: number) => ({
    get: () => note((words) => words[at + side]),
    set: (value: number) => void note((words) => words[at + side] = value),
  });
  return Object.defineProperties([0, 0] as [number, number], { 0: word(0), 1: word(1) });
}
