/**
 * Layer 10, pool. Takes in what is asked of a pool: checks what is to be called, and encodes arguments
 * when they are given. Owns the encoder for that. Code of the user's that runs meanwhile, such as a
 * getter, may ask for more.
 *
 * @module
 */

import { Encoder } from "../wire/encode.ts";
import type { Route } from "../wire/encode.ts";
import { Call } from "./call.ts";
import type { TaskOptions } from "./call.ts";
import { encodeAhead } from "./encoded.ts";
import type { Encoded } from "./encoded.ts";

/** Stands for options that nobody gave: such calls are checked once per function. */
export const NO_OPTIONS: Readonly<Record<never, never>> = Object.freeze({});

/** Where calls come in. */
export class Intake {
  readonly #route: Route;
  /** `null` while it is used. */
  #scratch: Encoder | null = null;
  // deno-lint-ignore ban-types
  readonly #plain = new WeakMap<Function, Call>();

  /** Where they go. */
  constructor(route: Route) {
    this.#route = route;
  }

  /** Checks a function and its options. */
  call(action: string, fn: unknown, star: boolean, options: TaskOptions): Call {
    const isPlain = options === NO_OPTIONS && typeof fn === "function";
    const known = isPlain ? this.#plain.get(fn) : undefined;
    if (known?.star === star) return known;
    const scratch = this.#take();
    try {
      const call = new Call(action, fn, star, options, scratch);
      if (isPlain) this.#plain.set(fn, call);
      return call;
    } finally {
      this.#scratch = scratch;
    }
  }

  /** Encodes arguments ahead of their message. */
  encode(args: unknown, transfer?: readonly object[]): Encoded {
    const scratch = this.#take();
    try {
      return encodeAhead(scratch, args, "args", transfer);
    } finally {
      this.#scratch = scratch;
    }
  }

  /** Has something written, to see whether it can be. */
  tryOut(write: (encoder: Encoder) => void): void {
    const scratch = this.#take();
    try {
      write(scratch);
    } finally {
      scratch.reset();
      this.#scratch = scratch;
    }
  }

  #take(): Encoder {
    const scratch = this.#scratch ?? new Encoder(this.#route);
    this.#scratch = null;
    return scratch;
  }
}
