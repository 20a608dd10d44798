/**
 * Layer 2, memory. The words of everything that agents share below the primitives: the table of
 * agents of an arena, and the wait set that stands in every object on which one can wait. Numbers
 * here are indexes of 32-bit words, relative to where the structure begins.
 *
 * @module
 */

/** How many isolates can use the objects of one arena at a time. */
export const MAX_AGENTS = 256;

/** How often to look whether a gate has opened (`channel/gate.ts`): whoever is past it is soon gone. */
export const GATE_LOOKS = 100;

/**
 * An agent of the table: an isolate, or a stand-in for an isolate that cannot map the arena.
 *
 * | word | name   | values                                   | written by           | slept on |
 * | ---- | ------ | ---------------------------------------- | -------------------- | -------- |
 * | 0    | STATE  | generation << 2 \| FREE, ALIVE, LEFT, DEAD | itself, its survivors | no       |
 * | 1    | BELL   | counts up, wraps around                  | whoever rings        | yes      |
 * | 2    | PARKED | BLOCKED \| LISTENING                      | itself, ringers clear LISTENING | no |
 * | 3    | SEAT   | the slot whose bell is rung for this one | itself, once         | no       |
 */
export const AGENT = {
  STATE: 0,
  BELL: 1,
  PARKED: 2,
  SEAT: 3,
  /** Operating-system process and thread, and when the thread began, so that a number that is used again is not taken for it. */
  PID: 4,
  TID: 5,
  BEGAN_LOW: 6,
  BEGAN_HIGH: 7,
  /** Which isolate this is within its program; and the one that started it, for a thread. */
  ISOLATE: 8,
  PARENT: 9,
  /** Where the bell's socket is: see `park/bell.ts`. */
  ADDRESS_LOW: 10,
  ADDRESS_HIGH: 11,
  /** Of a stand-in: the agent that acts for it. */
  HOST: 12,
  /** Not 0 while the arena's maker takes back what the agent had: nobody takes the slot meanwhile. */
  CLAIMED: 13,
  /** One cache line, so that agents do not disturb each other. */
  LENGTH: 16,
} as const;

/** The lower bits of {@link AGENT}.STATE. */
export const LIFE = { FREE: 0, ALIVE: 1, LEFT: 2, DEAD: 3, MASK: 3, SHIFT: 2 } as const;

/** {@link AGENT}.PARKED: how an agent that waits is reached. */
export const PARKED = {
  /** It sleeps on its bell: wake it. */
  BLOCKED: 1,
  /** It awaits in its event loop: ring its socket, once. */
  LISTENING: 2,
} as const;

/** The words of a wait set: see `park/wait_set.ts`. */
export const WAIT_SET = {
  /** At least how many bits are set. */
  COUNT: 0,
  /** The slot after the one that was woken last. */
  CURSOR: 1,
  /** One bit for each agent. */
  BITS: 2,
  LENGTH: 2 + MAX_AGENTS / 32,
} as const;

/** Bits of an agent's id that hold its slot, plus one so that no id is 0. */
const SLOT_BITS = 9;
const GENERATIONS = 0xfff;

/** What stands in a word for an agent: never 0, and not used again for a long time. */
export function agentId(slot: number, generation: number): number {
  return (generation & GENERATIONS) << SLOT_BITS | (slot + 1);
}

/** The slot of the agent with this id. */
export function slotOf(id: number): number {
  return (id & ((1 << SLOT_BITS) - 1)) - 1;
}

/** The generation of the agent with this id. */
export function generationOf(id: number): number {
  return id >>> SLOT_BITS;
}
