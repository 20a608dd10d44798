/**
 * Layer 7, connection. Which sides of channels this isolate has, and how often: each connection that
 * arrives has its own, but the channel counts the isolate once, however many there are.
 *
 * @module
 */

import { arriveSide, closeSide, landSide, openSide } from "../channel/sides.ts";
import type { Ticket } from "../channel/sides.ts";
import type { Side } from "../channel/layout.ts";
import { brokers } from "../park/brokers.ts";
import type { End } from "../park/end.ts";

/** How often each side is had here; those that are not are left out. */
const times = new Map<string, number>();

/** Has a side once more. */
export function have(end: End, side: Side): void {
  const key = keyOf(end, side);
  const before = times.get(key) ?? 0;
  if (before === 0) end.now(openSide, side);
  times.set(key, before + 1);
}

/** Has a side once more, by a reference that was on its way. */
export function receive(end: End, ticket: Ticket): void {
  const key = keyOf(end, ticket[0]);
  const before = times.get(key) ?? 0;
  end.now(before === 0 ? arriveSide : landSide, ticket);
  times.set(key, before + 1);
}

/** Has a side once less. Returns whether this isolate has it no longer. */
export function letGo(end: End, side: Side): boolean {
  const key = keyOf(end, side);
  const left = times.get(key)! - 1;
  if (left > 0) {
    times.set(key, left);
    return false;
  }
  times.delete(key);
  end.now(closeSide, side);
  return true;
}

function keyOf(end: End, side: Side): string {
  const { block } = end;
  if (block !== null) return `${block.arena.key} ${block.slab.offset} ${block.at} ${side}`;
  const { address, key, slab, at } = brokers()!.nameOf(end);
  return `${key} ${slab} ${at} ${side} ${address}`;
}
