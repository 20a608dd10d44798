/**
 * Layer 6, broker. This isolate's helper thread, as the isolate uses it: orders that are carried out
 * before it goes on, and calls to the brokers of others. Owns the calls under way.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { reservedPort } from "../runtime/broker_socket.ts";
import { runtime } from "../runtime/mod.ts";
import { failureIn, unusable } from "./failure.ts";
import { hasHelper, hearBlocked, LOOK_MS, lookAfterHelper, onNotice, order } from "./helper.ts";
import type { Notice, Order, Request } from "./messages.ts";

interface Call {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** What an answer comes to. */
export const CANCELLED: unique symbol = Symbol("cancelled");

const calls = new Map<number, Call>();
let watch: ReturnType<typeof setTimeout> | undefined;
/** Calls that do not block. */
let open = 0;
let address: string | null = null;
let failure: Error | null = null;
let offers = 0;
let lastId = 0;

onNotice(hear);

/** The address of this isolate's broker, if it has one. */
export function knownAddress(): string | null {
  return address;
}

/**
 * The address of this isolate's broker; starts it, and blocks until it listens.
 *
 * @throws {ProcessError} If it cannot.
 */
export function brokerAddress(): string {
  if (address === null) carryOut(["listen", reservedPort()], () => address !== null);
  return address!;
}

/**
 * Has the helper serve memory, and blocks until it does: requests may come any moment.
 *
 * @throws {ProcessError} If it cannot.
 */
export function serve(offer: Order): void {
  const before = offers;
  carryOut(offer, () => offers !== before);
}

/** Gives an order and blocks until it is carried out. One at a time: the answers have no numbers. */
function carryOut(what: Order, done: () => boolean): void {
  failure = null;
  order(what);
  while (!done()) {
    hearBlocked();
    if (failure === null) continue;
    const { message } = failure as Error;
    throw new ProcessError(
      `Cannot share this object with another process: its broker, a thread of process ` +
        `${runtime.pid()}, says: ${message}`,
      { cause: failure },
    );
  }
}

/** Asks a broker, without blocking. */
export function call(
  broker: string,
  make: (id: number) => Request,
  onSent?: (id: number) => void,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const release = runtime.keepAlive();
    const id = ++lastId;
    const over = () => {
      release();
      if (--open === 0) clearTimeout(watch);
    };
    if (open++ === 0) watchLater();
    calls.set(id, {
      resolve: (value) => (over(), resolve(value)),
      reject: (error) => (over(), reject(error)),
    });
    try {
      order(["ask", broker, make(id)]);
      onSent?.(id);
    } catch (error) {
      calls.delete(id);
      over();
      reject(error);
    }
  });
}

/** Asks a broker, and blocks until it answers. */
export function callBlocked(broker: string, make: (id: number) => Request): unknown {
  const id = ++lastId;
  let outcome: { value: unknown } | { error: Error } | null = null;
  calls.set(id, {
    resolve: (value) => outcome = { value },
    reject: (error) => outcome = { error },
  });
  try {
    order(["ask", broker, make(id)]);
    while (outcome === null) hearBlocked();
  } finally {
    calls.delete(id);
  }
  const settled = outcome as { value: unknown } | { error: Error };
  if ("error" in settled) throw settled.error;
  return settled.value;
}

/** Tells a broker that this isolate ends by itself. Waits for its answer, but not for long. */
export function sayGoodbye(broker: string): void {
  if (!hasHelper()) return;
  const id = ++lastId;
  let heard = false;
  const done = () => void (heard = true);
  calls.set(id, { resolve: done, reject: done });
  order(["ask", broker, ["bye", id]]);
  const end = performance.now() + LOOK_MS;
  try {
    for (let left = LOOK_MS; !heard && left > 0; left = end - performance.now()) hearBlocked(left);
  } catch {
    // Without a helper the broker hears of the end all the same: by the end of the connection.
  }
}

/** Looks after the helper as long as there are calls. */
function watchLater(): void {
  watch = setTimeout(() => {
    try {
      lookAfterHelper();
      watchLater();
    } catch (error) {
      rejectAll(error as Error);
    }
  }, LOOK_MS);
}

function rejectAll(error: Error): void {
  const lost = [...calls.values()];
  calls.clear();
  for (const call of lost) call.reject(error);
}

function hear(notice: Notice): void {
  switch (notice[0]) {
    case "address":
      return void (address = notice[1]);
    case "offered":
      return void offers++;
    case "failed":
      return void (failure = failureIn(notice[1]));
    case "crashed":
      failure = failureIn(notice[1]);
      return rejectAll(
        unusable(`the thread that does this has failed: ${failure.message}`, failure),
      );
    case "alive":
      return;
  }
  const call = calls.get(notice[1]);
  if (call === undefined) return;
  calls.delete(notice[1]);
  if (notice[0] === "result") call.resolve(notice[2]);
  else if (notice[0] === "cancelled") call.resolve(CANCELLED);
  else call.reject(failureIn(notice[2]));
}
