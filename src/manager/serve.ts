/**
 * Layer 12, manager. What runs in the process of a server. It listens, then reaches its program at a
 * socket that exists only until then: that connection is the program's own.
 *
 * @module
 */

import { writeSized } from "../pool/items.ts";
import { authKey } from "../process/auth_key.ts";
import { dial } from "../remote/dial.ts";
import type { Address } from "../remote/address.ts";
import { ignoreInterrupts } from "../runtime/interrupts.ts";
import { flushOutput } from "../runtime/flush_output.ts";
import { runtime } from "../runtime/mod.ts";
import type { Channel } from "../runtime/mod.ts";
import { Encoder } from "../wire/encode.ts";
import { seal } from "../wire/envelope.ts";
import { register } from "../wire/functions/mod.ts";
import { ServerHost } from "./host.ts";
import type { HostOptions } from "./host.ts";
import { END, SAY } from "./messages.ts";
import type { Source } from "./registry.ts";

/** What a server's process is told. */
export interface ServeOrder {
  /** Where its program waits for it. */
  readonly reply: Address;
  /** Where it listens; by itself, if that is left out. */
  readonly address: Address | undefined;
  /** The key that a user gave. */
  readonly key: Uint8Array<ArrayBuffer> | null;
  readonly thread: boolean;
  readonly name: string;
  readonly makes: HostOptions["makes"];
  readonly types: readonly [string, Source, readonly string[] | null][];
}

/** What runs in a server's process. */
export async function serveManager(order: ServeOrder): Promise<void> {
  if (!order.thread) ignoreInterrupts();
  const types = new Map(
    order.types.map(([name, source, exposed]) => [name, { name, source, exposed }]),
  );
  const host = new ServerHost({ name: order.name, makes: order.makes, types });
  let failure: { error: unknown } | null = null;
  try {
    await host.listen(order.address, order.key ?? authKey(), order.key !== null);
  } catch (error) {
    failure = { error };
  }
  const channel = await dial(order.reply, authKey());
  if (failure !== null) {
    await sayFailed(channel, failure.error);
    return;
  }
  host.admit(channel, true, true);
  await host.over;
  if (!order.thread) await flushOutput();
  runtime.exit(0); // whatever timers its objects have left
}

async function sayFailed(channel: Channel, error: unknown): Promise<void> {
  const encoder = new Encoder("process", { once: true });
  encoder.u8(SAY.FAILED);
  writeSized(encoder, error, "error");
  encoder.u8(END);
  channel.open(() => {}, () => {});
  channel.send(seal(encoder));
  await channel.flush();
}

register(import.meta, { serveManager });
