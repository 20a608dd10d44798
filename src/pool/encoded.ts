/**
 * Layer 10, pool. Arguments that were encoded when they were submitted, ahead of their message. Short
 * ones lie side by side in pages: a buffer for each of a million calls would cost more than the calls.
 *
 * @module
 */

import type { Message } from "../wire/encode.ts";
import type { Encoder } from "../wire/encode.ts";

const PAGE_BYTES = 32 * 1024;
/** Longer ones have a buffer of their own. */
const SHORT = 1024;
const NO_MODULES: readonly string[] = [];
const NOTHING: readonly object[] = [];

let page = new Uint8Array(PAGE_BYTES);
let used = 0;

/** What was encoded may be sent again, as long as anybody has it. */
const forgotten = new FinalizationRegistry<readonly (() => void)[]>((holds) => {
  for (const release of holds) release();
});

/** A value that was encoded ahead of its message. */
export class Encoded {
  /** Where its bytes lie. */
  readonly page: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Modules that its functions come from. */
  readonly modules: readonly string[];
  /** Whether a worker has it, and may not have read it. */
  sent = false;
  readonly #beside: Message | null;
  #holds: readonly (() => void)[];

  constructor(
    page: Uint8Array,
    start: number,
    end: number,
    modules: readonly string[],
    beside: Message | null,
  ) {
    this.page = page;
    this.start = start;
    this.end = end;
    this.modules = modules;
    this.#beside = beside;
    this.#holds = beside?.holds ?? [];
    if (this.#holds.length > 0) forgotten.register(this, this.#holds, this);
  }

  /** What rides beside the bytes, to a thread. */
  get attachments(): readonly unknown[] {
    return this.#beside?.attachments ?? NOTHING;
  }

  /** What of it moves. */
  get transferList(): readonly object[] {
    return this.#beside?.transferList ?? NOTHING;
  }

  /** Whether it refers to something that is kept for it. */
  get holds(): boolean {
    return this.#holds.length > 0;
  }

  /** Hands over what is to be called when the value has been read: it is sent for the last time. */
  takeHolds(): readonly (() => void)[] {
    const holds = this.#holds;
    if (holds.length > 0) forgotten.unregister(this);
    this.#holds = [];
    return holds;
  }

  /** It is not sent any more: what it refers to need not be kept. */
  release(): void {
    for (const release of this.takeHolds()) release();
  }
}

/** Encodes a value ahead of its message. */
export function encodeAhead(
  encoder: Encoder,
  value: unknown,
  path: string,
  transfer?: readonly object[],
): Encoded {
  encoder.value(value, path, transfer);
  const modules = encoder.modules.size === 0 ? NO_MODULES : [...encoder.modules];
  const { length } = encoder;
  if (length <= SHORT && encoder.isPlain) {
    if (used + length > PAGE_BYTES) {
      page = new Uint8Array(PAGE_BYTES);
      used = 0;
    }
    encoder.copyTo(page, used);
    encoder.sent();
    used += length;
    return new Encoded(page, used - length, used, modules, null);
  }
  const message = encoder.take();
  const { bytes } = message;
  return new Encoded(bytes, 0, bytes.length, modules, message);
}
