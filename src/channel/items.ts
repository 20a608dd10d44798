/**
 * Layer 5, channel. Values as items: written once, at the call that sends them, and read once, by
 * whoever takes them. Owns the encoders.
 *
 * @module
 */

import { ProcessError, ProtocolError } from "../errors.ts";
import { Decoder } from "../wire/decode.ts";
import { Encoder } from "../wire/encode.ts";
import type { Route } from "../wire/encode.ts";
import { appendModules, isMarked, mentionsOf, modulesOf, modulesStart } from "../wire/envelope.ts";
import { isInternalModule } from "../wire/classes.ts";
import { loadForMessage } from "../wire/functions/awaited.ts";
import { missingFrom } from "../wire/functions/resolve.ts";
import { BUFFER, BYTES } from "../wire/tags.ts";
import { movePorts } from "../wire/transfer.ts";
import type { End } from "../park/end.ts";
import { CHANNEL, letPutEnd, tryTake } from "./channel_words.ts";
import type { Taker } from "./taking.ts";
import { TRAILER } from "./rings.ts";

/** Takes what nobody will take any more, so that the connections in it do not stay open for ever. */
export function dropItems(end: End, beside: Beside | null): void {
  if (end.block === null) return; // the items of a broker end with its process
  const taker: Taker = { take: (bytes) => dropItem(bytes, beside) };
  // One that saw the channel open, and full, would find room.
  end.now(letPutEnd, 0);
  while (end.now(tryTake, taker) === CHANNEL.DONE);
}

/** Closes the connections in an item that nobody will read. Runs nothing of the user's. */
export function dropItem(bytes: Uint8Array, beside: Beside | null = null): void {
  try {
    if (!modulesOf(bytes).some(isInternalModule)) return;
    new Decoder(bytes, isMarked(bytes) ? takeBeside(bytes, beside) : []).drop();
  } catch {
    // It is no item, or what came beside it is elsewhere.
  }
}

/** The way for what an item cannot carry: see `runtime/side_port.ts`. */
export interface Beside {
  /** Whether it can be used here. */
  readonly isHere: boolean;
  send(objects: readonly unknown[], transfer: readonly object[]): void;
  take(): unknown[] | null;
}

/** Looks for what came beside an item that is there: it was sent before. */
const BESIDE_LOOKS = 1000;

let lastBeside = 0;
const spare: Record<Route, Encoder | null> = {
  process: new Encoder("process", { once: true, inline: true }),
  thread: null,
};

/**
 * Writes a value down.
 *
 * @returns The encoder that holds it: an item, until {@link dispatched} or {@link withdrawn}.
 * @throws {SerializationError} If it cannot travel.
 */
export function writeItem(
  route: Route,
  value: unknown,
  what: string,
  transfer?: readonly object[],
  beside: Beside | null = null,
): Encoder {
  const encoder = spare[route] ?? new Encoder(route, { once: true, inline: true });
  spare[route] = null; // writing a value may run code that sends another one
  try {
    encoder.value(value, what, transfer);
    const { attachments } = encoder;
    const marked = attachments.length > 0 && beside !== null;
    if (marked) {
      const number = lastBeside = (lastBeside + 1) >>> 0;
      encoder.u32(number);
      beside.send([number, ...attachments], encoder.transferList);
      movePorts(encoder.transferList);
    }
    appendModules(encoder, marked);
  } catch (error) {
    withdrawn(encoder);
    throw error;
  }
  return encoder;
}

/** An encoder of which nothing is written; `null` if it is in use. Ends with {@link withdrawn}. */
export function borrowEncoder(): Encoder | null {
  const encoder = spare.process;
  spare.process = null;
  return encoder;
}

/** The item has been copied to where it is going. */
export function dispatched(encoder: Encoder): void {
  encoder.sent();
  spare[encoder.route] = encoder;
}

/** The item goes nowhere. */
export function withdrawn(encoder: Encoder): void {
  encoder.reset();
  spare[encoder.route] = encoder;
}

/** An item that has been taken, and the value in it. */
export class Arrival implements Taker {
  #value: unknown;
  #error: { thrown: unknown } | null = null;
  /** An item that cannot be read before modules are imported. */
  #sealed: { bytes: Uint8Array; modules: string[] } | null = null;
  readonly #beside: Beside | null;
  #attachments: readonly unknown[] = [];

  constructor(beside: Beside | null = null) {
    this.#beside = beside;
  }

  take(bytes: Uint8Array): void {
    try {
      const modules = missingFrom(mentionsOf(bytes));
      if (isMarked(bytes)) this.#attachments = takeBeside(bytes, this.#beside);
      if (modules.length === 0) this.#read(bytes);
      else this.#sealed = { bytes: bytes.slice(), modules };
    } catch (thrown) {
      this.#error = { thrown };
    }
  }

  takeInPlace(bytes: Uint8Array): boolean {
    const plain = bytes[0] === BYTES || bytes[0] === BUFFER;
    if (!plain || isMarked(bytes) || modulesStart(bytes) !== bytes.length - TRAILER) return false;
    this.take(bytes);
    return true;
  }

  /** Whether the value is at hand. */
  get isRead(): boolean {
    const sealed = this.#sealed;
    // What was not known when it came may have been imported or registered since.
    if (sealed !== null && missingFrom(mentionsOf(sealed.bytes)).length === 0) {
      this.#sealed = null;
      this.#tryToRead(sealed.bytes);
    }
    return this.#sealed === null;
  }

  /** The value. */
  value(): unknown {
    if (this.#error !== null) throw this.#error.thrown;
    if (this.#sealed !== null) {
      throw new ProcessError(
        `Cannot take this item while the thread is blocked: ${this.#sealed.modules.join(", ")} ` +
          "must be imported first; take the item without blocking, or import it in this program and " +
          "have it register its functions: register(import.meta, { … })",
      );
    }
    return this.#value;
  }

  /** The value, after the modules that it needs have been imported. */
  async valueLater(): Promise<unknown> {
    if (this.#sealed !== null) {
      const { bytes, modules } = this.#sealed;
      try {
        await loadForMessage(modules);
      } catch (error) {
        this.drop();
        throw error;
      }
      this.#sealed = null;
      this.#read(bytes);
    }
    return this.value();
  }

  /** Gives it up unread. */
  drop(): void {
    if (this.#sealed !== null) new Decoder(this.#sealed.bytes, this.#attachments).drop();
    this.#sealed = null;
  }

  #tryToRead(bytes: Uint8Array): void {
    try {
      this.#read(bytes);
    } catch (thrown) {
      this.#error = { thrown };
    }
  }

  #read(bytes: Uint8Array): void {
    this.#value = new Decoder(bytes, this.#attachments).value();
  }
}

function takeBeside(bytes: Uint8Array, beside: Beside | null): readonly unknown[] {
  const end = modulesStart(bytes);
  const number = new Decoder(bytes.subarray(end - 4, end)).u32();
  for (let looks = 0; looks < BESIDE_LOOKS; looks++) {
    const came = beside?.take();
    if (came?.[0] === number) return came.slice(1); // others belong to items that never came
  }
  throw new ProtocolError(
    "Cannot receive this message: the objects that belong to it did not come; the end of the pipe " +
      "must be used in one thread only",
  );
}
