/**
 * Layer 6, broker. This isolate's helper thread, as the isolate sees it. Owns the calls under way.
 * The helper starts with the first object that needs it.
 *
 * @module
 */

import { ProcessError } from "../errors.ts";
import { load, sleepOn } from "../memory/atomics.ts";
import { runtime } from "../runtime/mod.ts";
import { whyNoPages } from "../runtime/pages.ts";
import { startHelper } from "../runtime/helper_thread.ts";
import type { HelperPort } from "../runtime/helper_thread.ts";
import type { Notice, Order, Request } from "./messages.ts";

/** How long a helper may take to start. */
const START_MS = 30_000;
const LOOK_MS = 1000;

interface Call {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** What an answer comes to. */
export const CANCELLED: unique symbol = Symbol("cancelled");

const bell = new Int32Array(new SharedArrayBuffer(4));
const calls = new Map<number, Call>();
let helper: HelperPort | null = null;
let address: string | null = null;
let asked = false;
let offers = 0;
let lastId = 0;

/** Gives the helper an order. */
export function order(what: Order): void {
  if (helper === null) {
    try {
      helper = startHelper(new URL("../broker_thread.ts", import.meta.url), bell.buffer);
    } catch (error) {
      throw new ProcessError(
        `Cannot share this object between processes: ${whyNoPages()}, and the thread that would do ` +
          `without it cannot start: ${(error as Error).message}`,
        { cause: error },
      );
    }
    helper.onMessage((message) => hear(message as Notice));
  }
  helper.post(what);
}

/** The address of this isolate's broker, if it has one. */
export function knownAddress(): string | null {
  return address;
}

/** The address of this isolate's broker; starts it, and blocks until it listens. */
export function brokerAddress(): string {
  if (!asked) order(["listen"]);
  asked = true;
  const end = performance.now() + START_MS;
  while (address === null) {
    if (performance.now() > end) {
      throw new ProcessError(
        `Cannot share this object with another process: the broker did not start in ${START_MS} ms`,
      );
    }
    hearBlocked();
  }
  return address;
}

/** Has the helper serve memory, and blocks until it does: requests may come any moment. */
export function serve(offer: Order): void {
  const before = offers;
  order(offer);
  while (offers === before) hearBlocked();
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
    calls.set(id, {
      resolve: (value) => (release(), resolve(value)),
      reject: (error) => (release(), reject(error)),
    });
    order(["ask", broker, make(id)]);
    onSent?.(id);
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
  order(["ask", broker, make(id)]);
  while (outcome === null) hearBlocked();
  const settled = outcome as { value: unknown } | { error: Error };
  if ("error" in settled) throw settled.error;
  return settled.value;
}

/** Tells a broker that this isolate ends by itself. Waits for its answer, but not for long. */
export function sayGoodbye(broker: string): void {
  if (helper === null) return;
  const id = ++lastId;
  let heard = false;
  const done = () => void (heard = true);
  calls.set(id, { resolve: done, reject: done });
  order(["ask", broker, ["bye", id]]);
  for (const end = performance.now() + LOOK_MS; !heard && performance.now() < end;) hearBlocked();
}

/** Takes what has arrived, or waits for it. */
function hearBlocked(): void {
  const seen = load(bell, 0);
  const message = helper!.take();
  if (message !== undefined) hear(message as Notice);
  else sleepOn(bell, 0, seen, LOOK_MS);
}

function hear(notice: Notice): void {
  if (notice[0] === "address") return void (address = notice[1]);
  if (notice[0] === "offered") return void offers++;
  const call = calls.get(notice[1]);
  calls.delete(notice[1]);
  if (notice[0] === "result") call?.resolve(notice[2]);
  else if (notice[0] === "cancelled") call?.resolve(CANCELLED);
  else call?.reject(new ProcessError(`Cannot use a shared object: ${notice[2]}`));
}
