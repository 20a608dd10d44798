/**
 * Layer 1, runtime. Errors that nobody catches, in a child: its parent is to hear of them. Code of the
 * user's that listens for such errors itself decides what becomes of them, and is not asked twice.
 *
 * In Node and Bun a listener is needed, which others would count: reporters of errors end the process
 * only if nobody else listens. So it goes as soon as another one comes, and comes back when the last
 * one has gone. Bun does not say when one goes: there it stays away, and the runtime ends the child.
 *
 * @module
 */

const IS_DENO = "Deno" in globalThis;
const EXCEPTION = "uncaughtException";
const REJECTION = "unhandledRejection";
/** Node's `domain` has a listener, by this name, wherever there is another one. */
const OF_DOMAINS = "domainUncaughtExceptionClear";

type Listener = (...args: unknown[]) => void;

/** As far as it is used here. */
interface Emitter {
  listeners(event: string): Listener[];
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
}

/**
 * Calls back with each error that nobody catches. The runtime does not end for it any more: that is
 * left to the caller.
 */
export function onUncaught(callback: (error: unknown) => void): void {
  if (IS_DENO) onEvents(callback);
  else listenAlone(process as unknown as Emitter, (error) => callback(error));
}

function listenAlone(emitter: Emitter, own: Listener): void {
  const isOther = (listener: unknown) =>
    listener !== own && (listener as Listener).name !== OF_DOMAINS;
  const set = (event: string, wanted: boolean) => {
    if (emitter.listeners(event).includes(own) === wanted) return;
    if (wanted) emitter.on(event, own);
    else emitter.off(event, own);
  };
  const arrange = () => {
    const alone = !emitter.listeners(EXCEPTION).some(isOther);
    set(EXCEPTION, alone);
    // A rejection that nobody listens for becomes an exception.
    set(REJECTION, alone && !emitter.listeners(REJECTION).some(isOther));
  };
  arrange();
  emitter.on("newListener", (event, listener) => {
    if (event !== EXCEPTION && event !== REJECTION || !isOther(listener)) return;
    if (event === EXCEPTION) set(EXCEPTION, false);
    set(REJECTION, false);
  });
  emitter.on("removeListener", (event, listener) => {
    // Later: one that listens once goes before it is called, and may look who else is there.
    if ((event === EXCEPTION || event === REJECTION) && isOther(listener)) queueMicrotask(arrange);
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
