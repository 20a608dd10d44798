/**
 * Layer 1, runtime. Errors that nobody catches, in a child: its parent is to hear of them. Code of the
 * user's that listens for such errors itself decides what becomes of them, and is not asked twice.
 *
 * @module
 */

const IS_DENO = "Deno" in globalThis;
const EXCEPTION = "uncaughtException";
const REJECTION = "unhandledRejection";

/**
 * Calls back with each error that nobody catches. The runtime does not end for it any more: that is
 * left to the caller.
 */
export function onUncaught(callback: (error: unknown) => void): void {
  if (IS_DENO) return onEvents(callback);
  process.on(EXCEPTION, (error) => {
    if (process.listenerCount(EXCEPTION) === 1) callback(error);
  });
  process.on(REJECTION, (reason) => {
    if (process.listenerCount(REJECTION) > 1) return;
    if (process.listenerCount(EXCEPTION) === 1) return callback(reason);
    // What would have become of it without a listener.
    (process.emit as (...event: unknown[]) => void).call(process, EXCEPTION, reason, REJECTION);
  });
}

function onEvents(callback: (error: unknown) => void): void {
  const listen = (
    event: Event & { error?: unknown; reason?: unknown },
    ...listeners: string[]
  ): void => {
    if (event.defaultPrevented || listeners.some((name) => process.listenerCount(name) > 0)) return;
    event.preventDefault();
    // A listener that comes after this one may still say that it has dealt with it.
    let dealtWith = false;
    event.preventDefault = () => void (dealtWith = true);
    queueMicrotask(() => {
      if (!dealtWith) callback(event.type === "error" ? event.error : event.reason);
    });
  };
  addEventListener("error", (event) => listen(event, EXCEPTION));
  addEventListener("unhandledrejection", (event) => listen(event, EXCEPTION, REJECTION));
}
