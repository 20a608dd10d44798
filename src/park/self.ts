/**
 * Layer 4, park. This isolate as an agent of an arena: its bell, and how it rings those of others.
 * Owns the words BELL, PARKED and the address of its slot.
 *
 * ```text
 * Wake-up     of a sleeper: it sets BLOCKED, then sleeps unless BELL has changed since it enlisted.
 *             A ringer changes BELL, then looks at PARKED.
 *             of an event loop: it sets LISTENING, then enlists and tries. A ringer that finds
 *             LISTENING clears it and rings the socket: one ring, however many reasons.
 * Failure     An agent that is DEAD or LEFT is rung for nothing. A socket that is gone is forgotten.
 *             Who has no socket, as no descriptor is left, is rung for nothing as well: it looks by
 *             itself (`lines.ts`), and tries each time to get one.
 *             Who finds an agent dead rings everyone, as the isolate does that is told.
 * ```
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { DEATHS_AT } from "../memory/arena.ts";
import type { Arena } from "../memory/arena.ts";
import { add, and, awaitOn, load, or, pause, store } from "../memory/atomics.ts";
import { AGENT, generationOf, LIFE, MAX_AGENTS, PARKED, slotOf } from "../memory/layout.ts";
import { sleep, wake } from "../memory/place.ts";
import type { Extent } from "../memory/place.ts";
import { processors } from "../runtime/processors.ts";
import type { Agent, Sleeper } from "./agent.ts";
import { bellAddress, onBell, ringBell } from "./bell.ts";
import type { BellAddress } from "./bell.ts";
import { AgentTable, wordOf } from "./table.ts";

/** How long a wait looks before it sleeps: less than it takes to be woken. */
export const PATIENCE_MS = processors() > 1 ? 0.025 : 0;
/**
 * For how long after a success others count as awake. If this isolate had to wake somebody after a
 * longer pause, that one is not soon done, and may even need the processor that looking would keep.
 */
const AWAKE_MS = 0.3;

/** This isolate in one arena. */
export class Self implements Sleeper {
  readonly id: number;
  readonly slot: number;
  readonly seat: number;
  readonly table: AgentTable;
  /** Called, in its own turn of the event loop, when somebody has rung. */
  onRing: () => void = () => {};
  readonly #root: Extent;
  readonly #word: number;
  /** What STATE is as long as it may act. */
  readonly #alive: number;
  /** Where its bell is, as written into its slot. */
  #address: BellAddress | null = null;
  /** Ends what hears the bell. */
  #mute: () => void = () => {};
  #hasWoken = false;
  #lastSuccess = 0;

  constructor(arena: Arena) {
    this.#root = arena.root;
    this.table = new AgentTable(arena, () => this.ringEveryone());
    this.id = this.table.rejoin() ?? this.table.join(null);
    this.slot = this.seat = slotOf(this.id);
    this.#word = wordOf(this.slot);
    this.#alive = generationOf(this.id) << LIFE.SHIFT | LIFE.ALIVE;
    if (arena.place === "mapped") this.#mute = onBell(() => this.onRing());
  }

  now(): number {
    return performance.now();
  }

  pause(): void {
    pause();
  }

  patience(): number {
    if (!this.#hasWoken) return PATIENCE_MS;
    this.#hasWoken = false;
    return performance.now() - this.#lastSuccess < AWAKE_MS ? PATIENCE_MS : 0;
  }

  succeeded(): void {
    this.#lastSuccess = performance.now();
  }

  bell(): number {
    return load(this.#root.words, this.#word + AGENT.BELL);
  }

  sleep(seen: number, ms: number): void {
    const { words } = this.#root;
    or(words, this.#word + AGENT.PARKED, PARKED.BLOCKED);
    if (this.bell() === seen) sleep(this.#root, this.#word + AGENT.BELL, seen, ms);
    and(words, this.#word + AGENT.PARKED, ~PARKED.BLOCKED);
    this.refuseIfEnded();
  }

  /** Throws in a thread that counts as ended and runs on, because it could not be stopped. */
  refuseIfEnded(): void {
    if (this.isAlive(this.id)) return;
    throw new ProcessError("Cannot wait any longer: this thread was terminated");
  }

  seatOf(slot: number): number {
    return load(this.#root.words, wordOf(slot) + AGENT.SEAT);
  }

  ring(seat: number): void {
    const { words } = this.#root;
    const word = wordOf(seat);
    add(words, word + AGENT.BELL, 1);
    if (word === this.#word) return queueMicrotask(() => this.onRing());
    const parked = load(words, word + AGENT.PARKED);
    if (parked === 0) return;
    this.#hasWoken = true;
    if (this.#root.address === 0) return wake(this.#root, word + AGENT.BELL);
    if (parked & PARKED.BLOCKED) wake(this.#root, word + AGENT.BELL);
    if (parked & PARKED.LISTENING) {
      if (!(and(words, word + AGENT.PARKED, ~PARKED.LISTENING) & PARKED.LISTENING)) return;
      ringBell(load(words, word + AGENT.ADDRESS_LOW), load(words, word + AGENT.ADDRESS_HIGH));
    }
  }

  isAlive(id: number): boolean {
    if (id !== this.id) return this.table.isAlive(id);
    return load(this.#root.words, this.#word + AGENT.STATE) === this.#alive;
  }

  wasKilled(id: number): boolean {
    return id !== this.id && this.table.wasKilled(id);
  }

  /** Changes with every death in the arena, before {@link ringEveryone} says so. */
  deaths(): number {
    return load(this.#root.words, DEATHS_AT);
  }

  /** Says that rings shall reach the event loop. A bell that could not be hung is tried again. */
  listen(): void {
    const { words, address } = this.#root;
    const bell = address === 0 ? null : bellAddress();
    if (bell !== null && bell !== this.#address) {
      this.#address = bell;
      store(words, this.#word + AGENT.ADDRESS_LOW, bell[0]);
      store(words, this.#word + AGENT.ADDRESS_HIGH, bell[1]);
    }
    or(words, this.#word + AGENT.PARKED, PARKED.LISTENING);
  }

  /** Says that rings need not reach the event loop any more. */
  unlisten(): void {
    and(this.#root.words, this.#word + AGENT.PARKED, ~PARKED.LISTENING);
  }

  /** Whether its bell can be awaited: in a `SharedArrayBuffer`. */
  get canAwait(): boolean {
    return this.#root.address === 0;
  }

  /** In a `SharedArrayBuffer`: resolves when the bell is no longer `seen`; `null` if it is not now. */
  awaitBell(seen: number): Promise<unknown> | null {
    return awaitOn(this.#root.words, this.#word + AGENT.BELL, seen);
  }

  /** An agent for an isolate that cannot map the arena: this one waits in its place. */
  standIn(): Agent & { end(life: typeof LIFE.LEFT | typeof LIFE.DEAD): void } {
    const id = this.table.join(this.id);
    return {
      id,
      slot: slotOf(id),
      seat: this.slot,
      seatOf: (slot) => this.seatOf(slot),
      ring: (seat) => this.ring(seat),
      isAlive: (other) => this.isAlive(other),
      wasKilled: (other) => this.wasKilled(other),
      end: (life) => {
        if (this.table.end(id, life)) this.ringEveryone();
      },
    };
  }

  /** Whether nobody else uses the arena, or is about to. */
  isAlone(): boolean {
    return this.table.isAlone(this.id);
  }

  /** Hears nothing any more: nobody waits, and the arena is forgotten here. The slot stays its own. */
  forget(): void {
    this.#mute();
    wake(this.#root, this.#word + AGENT.BELL); // whoever awaits it finds nobody waiting, and ends
  }

  /** Takes note that an isolate has ended, and wakes everybody to look. */
  ended(isolate: number, life: typeof LIFE.LEFT | typeof LIFE.DEAD): void {
    let news = false;
    for (const id of this.table.idsOf(isolate)) news = this.table.end(id, life) || news;
    if (news) this.ringEveryone();
  }

  /** Says that this isolate ends. */
  leave(): void {
    if (this.table.end(this.id, LIFE.LEFT)) this.ringEveryone();
  }

  /** Wakes everybody who waits for anything in this arena. */
  ringEveryone(): void {
    for (let slot = 0; slot < MAX_AGENTS; slot++) {
      if (load(this.#root.words, wordOf(slot) + AGENT.PARKED) !== 0) this.ring(slot);
    }
  }
}
