/**
 * Layer 1, runtime. Exit codes of children: `-N` after signal N, as Python counts.
 *
 * @module
 */

import type { StopSignal } from "./types.ts";

/** The same on every system; other signals are not, so the runtime is asked for them. */
const STOP_NUMBERS: Record<StopSignal, number> = { SIGKILL: 9, SIGTERM: 15 };

/** The exit code of a child that was ended by one of ours. */
export function stopCode(signal: StopSignal): number {
  return -STOP_NUMBERS[signal];
}

/** The numbers of signals by which somebody ends a process: SIGHUP, SIGINT, SIGKILL, SIGTERM. */
const ENDING = [1, 2, 9, 15];

/** Whether a child was ended from outside, which is no fault of its program. */
export function wasEnded(code: number): boolean {
  return ENDING.includes(-code);
}

/** Turns what a runtime reports about a finished process into an exit code. */
export function exitCodeOf(
  code: number | null | undefined,
  signalNumber: number | null | undefined,
): number {
  return signalNumber ? -signalNumber : code ?? 1;
}
