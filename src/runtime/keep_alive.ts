/**
 * Layer 1, runtime. One timer that keeps an isolate alive while anybody needs it. All sockets,
 * ports and children of ours are unreferenced; this count is what holds a program open.
 *
 * @module
 */

const NEVER_MS = 0x3fff_ffff;
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Keeps this isolate alive until the returned function is called; calling it again does nothing. */
export function keepAlive(): () => void {
  if (users++ === 0) timer = setInterval(() => {}, NEVER_MS);
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    if (--users === 0) clearInterval(timer);
  };
}
