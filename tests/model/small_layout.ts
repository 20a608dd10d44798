/**
 * The layout of the memory with room for 32 agents only, so that looking through a wait set takes
 * two loads, not nine: fewer points at which agents can be interleaved, and the same code.
 *
 * @module
 */

import { WAIT_SET as FULL } from "../../src/memory/layout.ts";

export { AGENT, agentId, generationOf, LIFE, PARKED, slotOf } from "../../src/memory/layout.ts";

export const MAX_AGENTS = 32;
export const GATE_LOOKS = 1;

export const WAIT_SET = { ...FULL, LENGTH: FULL.BITS + MAX_AGENTS / 32 } as const;
