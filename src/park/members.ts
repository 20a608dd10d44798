/**
 * Layer 4, park. The arenas that this isolate uses: its own, one for each place until it is used up,
 * and those of others that objects came from. It joins an arena when it first uses an object of it.
 *
 * It stays in an arena of another's for good, as the same agent: it may hold a lock there. But the
 * descriptor and the slabs go when it has no object of it any more, and come back with the next one.
 * So does all that it remembers, once nobody else is alive there. What it has passed on of another's
 * arena it keeps (`Arena.lend`): nobody says whether that has arrived.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { Allocator } from "../memory/allocator.ts";
import { Arena, DEATHS_AT } from "../memory/arena.ts";
import type { ArenaAddress, PlaceName } from "../memory/arena.ts";
import { load } from "../memory/atomics.ts";
import { LIFE, MAX_AGENTS } from "../memory/layout.ts";
import { runtime } from "../runtime/mod.ts";
import { Lines } from "./lines.ts";
import { Self } from "./self.ts";

/** This isolate in an arena. */
export interface Member {
  readonly arena: Arena;
  readonly self: Self;
  readonly lines: Lines;
}

interface Maker extends Member {
  readonly allocator: Allocator;
  /** See `AgentTable.claimEnded`. */
  readonly done: Int32Array;
  /** What DEATHS of the arena was when it was looked who has ended. */
  deaths: number;
}

/** What stays of an arena: the agent, and those who wait, which hold the blocks that they wait for. */
interface Seat {
  readonly self: Self;
  readonly lines: Lines;
  member: WeakRef<Member> | null;
}

const own = new Map<PlaceName, Maker>();
/** Those of its arenas that are used up: objects in them are still in use. */
const former: Maker[] = [];
const byKey = new Map<number, Seat>();
let leaves = false;
/** A member lives as long as its arena, which its blocks hold. */
const byArena = new WeakMap<Arena, Member>();

/** This isolate's own arena in a place. */
export function ownArena(place: PlaceName): Maker {
  let maker = own.get(place);
  if (maker?.arena.isUsedUp) {
    former.push(maker);
    maker = undefined;
  }
  if (maker === undefined) {
    const arena = Arena.create(place);
    maker = {
      ...join(arena),
      allocator: new Allocator(arena),
      done: new Int32Array(MAX_AGENTS),
      deaths: 0,
    };
    own.set(place, maker);
  } else if (maker.deaths !== load(maker.arena.root.words, DEATHS_AT)) {
    takeBack(maker);
  }
  return maker;
}

/** Takes back what agents had that have ended. */
function takeBack(maker: Maker): void {
  const { self: { table }, allocator, arena, done } = maker;
  maker.deaths = load(arena.root.words, DEATHS_AT); // before: who ends meanwhile is found next time
  const ended = table.claimEnded(done);
  if (ended.length > 0) allocator.takeBack(ended);
  table.release(ended, done);
}

/**
 * The arena at an address.
 *
 * @throws {ProcessError} If nobody has it any more.
 */
export function memberOf(address: ArenaAddress): Member {
  const known = byKey.get(address.key)?.member?.deref();
  if (known !== undefined) return known;
  const arena = Arena.attach(address);
  if (arena !== null) return join(arena);
  throw new ProcessError(
    `Cannot use a shared object of process ${address.pid}: that process has ended, and its memory ` +
      "with it; keep the process that sends an object alive until the object has arrived",
  );
}

/** Takes note that a child has ended, and lets everybody who waits look again. */
export function isolateEnded(isolate: number, killed: boolean): void {
  const life = killed ? LIFE.DEAD : LIFE.LEFT;
  for (const [key, { self, member }] of byKey) {
    self.ended(isolate, life);
    // Who waits has an object.
    if (member!.deref() !== undefined || !self.isAlone()) continue;
    byKey.delete(key);
    self.forget();
  }
  own.forEach(takeBack);
  former.forEach(takeBack);
}

function join(arena: Arena): Member {
  const seat = byKey.get(arena.key) ?? sitDown(arena);
  const { self, lines } = seat;
  arena.agent = self.slot;
  const member = { arena, self, lines };
  seat.member = new WeakRef(member);
  byArena.set(arena, member);
  return member;
}

function sitDown(arena: Arena): Seat {
  if (!leaves) {
    leaves = true;
    runtime.onExit((stopped) => {
      if (stopped) return; // the parent says so
      for (const { self } of byKey.values()) self.leave();
    });
  }
  const self = new Self(arena);
  const seat: Seat = { self, lines: new Lines(self), member: null };
  byKey.set(arena.key, seat);
  return seat;
}
