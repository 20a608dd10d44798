/**
 * Layer 7, connection. The public Pipe.
 *
 * @module
 */

import { CHANNEL_WORDS } from "../channel/layout.ts";
import { CHANNEL_EXTRA, initChannel } from "../channel/make.ts";
import type { End } from "../park/end.ts";
import { getStartMethod } from "../park/start_method.ts";
import type { StartMethod } from "../park/start_method.ts";
import { makeEnd } from "../park/travel.ts";
import { sidePorts } from "../runtime/side_port.ts";
import type { SidePort } from "../runtime/side_port.ts";
import { show } from "../show.ts";
import { wasMoved } from "../wire/transfer.ts";
import { connect } from "./connection.ts";
import type { Connection } from "./connection.ts";

/** The ring that a pipe grows to for room: 1 MiB. A longer message gets a ring that it fits into. */
const GROWS = 9;

/** Options of {@link Pipe}. */
export interface PipeOptions {
  /** Whether both ends send and receive. Default `true`. */
  duplex?: boolean;
}

/**
 * Makes a pipe: two ends, and what one sends the other receives. Give one of them to a process.
 *
 * A sender waits when about 1 MiB has not been received.
 *
 * @param options `duplex: false` makes the first end receive only and the second end send only.
 * @returns The two ends. `S` is what the first one sends, `R` what it receives.
 * @example
 * ```ts
 * import { Pipe, Process } from "@manycore/multiprocessing";
 * import type { Connection } from "@manycore/multiprocessing";
 *
 * export async function double(connection: Connection<number, number>) {
 *   for await (const x of connection) await connection.send(2 * x);
 * }
 *
 * if (import.meta.main) {
 *   const [here, there] = Pipe<number>();
 *   const child = new Process({ target: double, args: [there] });
 *   child.start();
 *   there.close(); // the child has it now
 *   await here.send(21);
 *   console.log(await here.recv()); // 42
 *   here.close(); // ends the child's loop
 *   await child.join();
 * }
 * ```
 */
// deno-lint-ignore no-explicit-any
export function Pipe<S = any, R = S>(
  options?: PipeOptions,
): [Connection<S, R>, Connection<R, S>] {
  return makePipe(getStartMethod(), options);
}

/** Makes a pipe for the children of a start method. */
export function makePipe<S, R>(
  method: StartMethod,
  options: PipeOptions = {},
): [Connection<S, R>, Connection<R, S>] {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot make a pipe from ${show(options)}: give { duplex: false }, or nothing`,
    );
  }
  const { duplex = true } = options;
  if (typeof duplex !== "boolean") {
    throw new TypeError(`Cannot make a pipe with duplex ${String(duplex)}: give true or false`);
  }
  const toFirst = makeChannel(method);
  const toSecond = duplex ? makeChannel(method) : null;
  const [one, two]: (SidePort | null)[] = method === "thread" ? sidePorts(wasMoved) : [null, null];
  return [
    connect({ reader: toFirst, writer: toSecond, port: one }),
    connect({ reader: toSecond, writer: toFirst, port: two }),
  ];
}

function makeChannel(method: StartMethod): End {
  const end = makeEnd(method, CHANNEL_WORDS, CHANNEL_EXTRA);
  const { words, at, arena } = end.block;
  initChannel(words, at, { items: 0, grows: GROWS, sided: true }, arena.place);
  return end;
}
