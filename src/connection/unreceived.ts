/**
 * Layer 7, connection. Connections in messages that nobody will receive: who should have may end with
 * them in its pipe, and nothing else would close them. Owns which pipes of this isolate hold such
 * messages, and looks at them from time to time until they are received.
 *
 * @module
 */

import { hasNone } from "../channel/channel_words.ts";
import { SIDE } from "../channel/layout.ts";
import { isSideOpen } from "../channel/sides.ts";
import type { End } from "../park/end.ts";
import { later } from "../runtime/later.ts";
import { drop } from "./parts.ts";

const FIRST_LOOK_MS = 20;
const LONGEST_PAUSE_MS = 1000;

const carriers = new Set<End>();
let pauseMs = FIRST_LOOK_MS;
let isWaiting = false;

/** A message has gone into a pipe with something that has to be closed if nobody receives it. */
export function watchReceiver(end: End): void {
  if (end.block === null) return; // without the memory only its owner could take it out again
  carriers.add(end);
  if (isWaiting) return;
  pauseMs = FIRST_LOOK_MS;
  lookLater();
}

function lookLater(): void {
  isWaiting = true;
  later(pauseMs, () => {
    isWaiting = false;
    for (const end of carriers) if (isSettled(end)) carriers.delete(end);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    if (carriers.size > 0) lookLater();
  });
}

/** Whether all was received, or never will be: then it is dropped. */
function isSettled(end: End): boolean {
  try {
    if (end.now(hasNone, 0) !== 0) return true;
    if (end.now(isSideOpen, SIDE.TAKES) !== 0) return false;
  } catch {
    return true; // the pipe is spoilt, or its memory gone: nothing can be taken out
  }
  drop(end, null);
  return true;
}
