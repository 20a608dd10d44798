/**
 * Layer 4, park. The table of agents in the root of an arena: who uses the arena, who of them lives.
 * Owns the words STATE to PARENT of a slot; see `memory/layout.ts`.
 *
 * ```text
 * States      FREE ──join: cas──▶ joining, generation + 1 ──signed──▶ ALIVE ──leave──▶ LEFT ──join──▶ …
 *                                   │──found dead: cas──▶ DEAD ──join──▶ ALIVE, generation + 1
 * Invariants  T1 an id stands for one agent: its slot's generation changes when the slot is reused.
 *             T2 an agent that is DEAD or LEFT never becomes ALIVE again; if it still runs, as a thread
 *                that could not be stopped, it finds out before its next wait ends.
 *             T3 nobody joins at a slot while the maker has claimed it: the maker sets CLAIMED before it
 *                looks at STATE, who joins looks at it after it has taken STATE, and puts it back.
 * ```
 *
 * Whether a process or thread lives, the operating system says, by the time at which it began; that
 * is asked at most every {@link FRESH_MS} milliseconds. Where it cannot say, an agent counts as alive.
 * The isolate that started a child says so as well, as soon as it comes to its event loop, and is the
 * only one to say where nobody can ask. Whoever is the first to know lets all others look.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import type { Arena } from "../memory/arena.ts";
import { DEATHS_AT, TABLE_AT } from "../memory/arena.ts";
import { add, cas, load, store } from "../memory/atomics.ts";
import { AGENT, agentId, generationOf, LIFE, MAX_AGENTS, slotOf } from "../memory/layout.ts";
import { threadBegan, threadNumber, threadRuns } from "../runtime/liveness.ts";
import { runtime } from "../runtime/mod.ts";
import { isolateNumbers } from "./isolate.ts";

/** How long the answer that an agent lives is believed. */
const FRESH_MS = 20;

/** The first word of an agent's slot. */
export function wordOf(slot: number): number {
  return TABLE_AT + AGENT.LENGTH * slot;
}

/** This isolate's view of the agents of an arena. */
export class AgentTable {
  readonly #words: Int32Array<ArrayBufferLike>;
  readonly #asked = new Map<number, number>();
  readonly #onDeath: () => void;

  /** @param onDeath Called when this isolate is the first to find out that another has ended. */
  constructor(arena: Arena, onDeath: () => void) {
    this.#words = arena.root.words;
    this.#onDeath = onDeath;
  }

  /**
   * Takes a slot.
   *
   * @param host The agent whose bell is rung for this one, if it is not its own.
   * @throws {ProcessError} If all are taken.
   */
  join(host: number | null): number {
    // Asked first: an agent that is killed while it signs leaves its slot taken.
    const thread = threadNumber();
    const began = threadBegan(thread);
    for (const reuse of [false, true]) {
      for (let slot = 0; slot < MAX_AGENTS; slot++) {
        const word = wordOf(slot);
        const state = load(this.#words, word + AGENT.STATE);
        const life = state & LIFE.MASK;
        if (life === LIFE.ALIVE && !(reuse && !this.isAlive(agentId(slot, state >> LIFE.SHIFT)))) {
          continue;
        }
        if (reuse ? life === LIFE.FREE : state !== 0) continue;
        if (reuse && (load(this.#words, word + AGENT.CLAIMED) !== 0 || this.#runs(word) === true)) {
          continue; // what it has is still its own
        }
        const before = load(this.#words, word + AGENT.STATE);
        const generation = (before >> LIFE.SHIFT) + 1 & 0xfff || 1;
        const joining = generation << LIFE.SHIFT | LIFE.FREE;
        const ended = before & LIFE.MASK;
        if (before !== 0 && ended !== LIFE.LEFT && ended !== LIFE.DEAD) continue; // taken meanwhile
        if (!cas(this.#words, word + AGENT.STATE, before, joining)) continue;
        if (reuse && load(this.#words, word + AGENT.CLAIMED) !== 0) { // T3
          store(this.#words, word + AGENT.STATE, before);
          continue;
        }
        store(this.#words, word + AGENT.PARKED, 0);
        store(this.#words, word + AGENT.SEAT, host === null ? slot : slotOf(host));
        store(this.#words, word + AGENT.HOST, host ?? 0);
        this.#sign(word, thread, began);
        // Only now: whoever looks for a slot to reuse asks whether an agent that is ALIVE is.
        store(this.#words, word + AGENT.STATE, generation << LIFE.SHIFT | LIFE.ALIVE);
        return agentId(slot, generation);
      }
    }
    throw new ProcessError(
      `Cannot share this object: ${MAX_AGENTS} processes and threads use objects of the one that ` +
        "made it; share it with fewer, or make it in another process",
    );
  }

  /** The id that this isolate has already, from before it forgot the arena; `null` if it has none. */
  rejoin(): number | null {
    const { own } = isolateNumbers();
    for (const [slot, state] of this.#taken()) {
      if ((state & LIFE.MASK) !== LIFE.ALIVE) continue;
      const word = wordOf(slot);
      if (load(this.#words, word + AGENT.ISOLATE) !== own) continue;
      if (load(this.#words, word + AGENT.HOST) === 0) return agentId(slot, state >> LIFE.SHIFT);
    }
    return null;
  }

  /** Whether no other agent than this one lives, or is joining, as far as is known here. */
  isAlone(id: number): boolean {
    for (const [slot, state] of this.#taken()) {
      const life = state & LIFE.MASK;
      if ((life === LIFE.ALIVE || life === LIFE.FREE) && slot !== slotOf(id)) return false;
    }
    return true;
  }

  /** The slots that have ever been taken, with their STATE: those behind the first other one are none. */
  *#taken(): Generator<[slot: number, state: number]> {
    for (let slot = 0; slot < MAX_AGENTS; slot++) {
      const state = load(this.#words, wordOf(slot) + AGENT.STATE);
      if (state === 0) return;
      yield [slot, state];
    }
  }

  /** Whether the agent with this id may still act. */
  isAlive(id: number): boolean {
    const slot = slotOf(id);
    const word = wordOf(slot);
    const state = load(this.#words, word + AGENT.STATE);
    if (state >> LIFE.SHIFT !== generationOf(id) || (state & LIFE.MASK) !== LIFE.ALIVE) {
      return false;
    }
    const host = load(this.#words, word + AGENT.HOST);
    if (host !== 0) {
      if (this.isAlive(host)) return true;
      this.#found(id, this.wasKilled(host) ? LIFE.DEAD : LIFE.LEFT); // it ends with its host
      return false;
    }
    const thread = load(this.#words, word + AGENT.TID);
    const own = load(this.#words, word + AGENT.ISOLATE) === isolateNumbers().own;
    if (thread === 0 || own) return true;
    const now = performance.now();
    if (now - (this.#asked.get(id) ?? -FRESH_MS) < FRESH_MS) return true;
    if (threadRuns(thread, this.#began(word)) !== false) {
      // The slot may have been taken meanwhile: then the thread is another's.
      if (load(this.#words, word + AGENT.STATE) !== state) return false;
      this.#asked.set(id, now);
      return true;
    }
    this.#asked.delete(id);
    this.#found(id, LIFE.DEAD);
    return false;
  }

  /** Whether the agent with this id ended without leaving: it was killed. */
  wasKilled(id: number): boolean {
    if (this.isAlive(id)) return false;
    const state = load(this.#words, wordOf(slotOf(id)) + AGENT.STATE);
    return state >> LIFE.SHIFT === generationOf(id) && (state & LIFE.MASK) === LIFE.DEAD;
  }

  #found(id: number, life: typeof LIFE.LEFT | typeof LIFE.DEAD): void {
    if (this.end(id, life)) this.#onDeath();
  }

  /** Takes note that an agent has left or is dead. Returns whether that was news (T2). */
  end(id: number, life: typeof LIFE.LEFT | typeof LIFE.DEAD): boolean {
    const alive = generationOf(id) << LIFE.SHIFT | LIFE.ALIVE;
    const word = wordOf(slotOf(id)) + AGENT.STATE;
    if (load(this.#words, word) !== alive) return false;
    // Before as well: whoever sees that it is dead sees that something has changed.
    add(this.#words, DEATHS_AT, 1);
    if (!cas(this.#words, word, alive, alive & ~LIFE.MASK | life)) return false;
    add(this.#words, DEATHS_AT, 1);
    return true;
  }

  /**
   * Claims the slots of agents that have ended and run no more, until {@link release}. For the arena's
   * maker only.
   *
   * @param done The STATE of each slot with which nothing is left to do.
   */
  claimEnded(done: Int32Array): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < MAX_AGENTS; slot++) {
      const word = wordOf(slot);
      let state = load(this.#words, word + AGENT.STATE);
      if (state === done[slot]) continue;
      if ((state & LIFE.MASK) === LIFE.ALIVE) {
        if (this.isAlive(agentId(slot, state >> LIFE.SHIFT))) continue;
        state = load(this.#words, word + AGENT.STATE);
      }
      const life = state & LIFE.MASK;
      if (life !== LIFE.LEFT && life !== LIFE.DEAD) continue;
      store(this.#words, word + AGENT.CLAIMED, 1); // T3
      const ended = load(this.#words, word + AGENT.STATE) === state && this.#runs(word) === false;
      if (ended) slots.push(slot);
      else store(this.#words, word + AGENT.CLAIMED, 0);
    }
    return slots;
  }

  /** Lets others take claimed slots again, and notes that nothing is left to do there. */
  release(slots: readonly number[], done: Int32Array): void {
    for (const slot of slots) {
      done[slot] = load(this.#words, wordOf(slot) + AGENT.STATE);
      store(this.#words, wordOf(slot) + AGENT.CLAIMED, 0);
    }
  }

  /** Whether the thread of an agent that has ended runs on: it could not be stopped. Or is not known. */
  #runs(word: number): boolean | undefined {
    if (load(this.#words, word + AGENT.HOST) !== 0) return false; // there is none of its own
    return threadRuns(load(this.#words, word + AGENT.TID), this.#began(word));
  }

  /** The agents of an isolate, and of the threads that end with it. */
  idsOf(isolate: number): number[] {
    const ids: number[] = [];
    const ended = new Set([isolate]);
    for (let size = 0; size < ended.size;) { // threads may have threads
      size = ended.size;
      ids.length = 0;
      for (let slot = 0; slot < MAX_AGENTS; slot++) {
        const word = wordOf(slot);
        const state = load(this.#words, word + AGENT.STATE);
        if ((state & LIFE.MASK) !== LIFE.ALIVE) continue;
        const own = load(this.#words, word + AGENT.ISOLATE);
        if (!ended.has(own) && !ended.has(load(this.#words, word + AGENT.PARENT))) continue;
        ended.add(own);
        ids.push(agentId(slot, state >> LIFE.SHIFT));
      }
    }
    return ids;
  }

  #sign(word: number, thread: number, began: number): void {
    const { own, host } = isolateNumbers();
    store(this.#words, word + AGENT.ISOLATE, own);
    store(this.#words, word + AGENT.PARENT, host);
    store(this.#words, word + AGENT.PID, runtime.pid());
    store(this.#words, word + AGENT.TID, began < 0 ? 0 : thread);
    store(this.#words, word + AGENT.BEGAN_LOW, began % 0x4000_0000);
    store(this.#words, word + AGENT.BEGAN_HIGH, Math.floor(began / 0x4000_0000));
  }

  #began(word: number): number {
    return load(this.#words, word + AGENT.BEGAN_LOW) +
      load(this.#words, word + AGENT.BEGAN_HIGH) * 0x4000_0000;
  }
}
