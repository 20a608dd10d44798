/**
 * The layout of the memory with room for two agents only, for `park/table.ts`: whoever comes third
 * must look for a slot to use again.
 *
 * @module
 */

export { AGENT, agentId, generationOf, LIFE, slotOf } from "../../src/memory/layout.ts";

export const MAX_AGENTS = 2;
