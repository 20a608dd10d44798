/**
 * Layer 1, runtime. One handle that keeps an isolate alive while anybody needs it. All sockets,
 * ports and children of ours are unreferenced; this count is what holds a program open.
 *
 * @module
 */

import { soon } from "./soon.ts";

const NEVER_MS = 0x3fff_ffff;
/** After so many handles the next ones are kept until the next turn: somebody calls again and again. */
const OFTEN = 32;
let users = 0;
let handles = 0;
let letGo: (() => void) | null = null;

/** Keeps this isolate alive until the returned function is called; calling it again does nothing. */
export function keepAlive(): () => void {
  if (users++ === 0 && letGo === null) {
    handles++;
    letGo = hold();
  }
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    if (--users > 0) return;
    if (handles < OFTEN) release();
    else soon(release);
  };
}

function release(): void {
  if (users > 0) return;
  letGo?.();
  letGo = null;
}

function hold(): () => void {
  if ("Deno" in globalThis) {
    // Deno's first timer loads its Node layer, 6 ms of a child's start; an open port costs nothing.
    const { port1 } = new MessageChannel();
    port1.onmessage = () => {};
    return () => port1.close();
  }
  const timer = setInterval(() => {}, NEVER_MS);
  return () => clearInterval(timer);
}
