/**
 * The entry point of every child, process or thread. Reaches the parent, learns who it is, and
 * runs what the start record says: a target, an instance of a class that extends `Process`, or the
 * loop of a pool's worker. A spare gets a record that says what to import, and later a second one.
 * Nobody imports this file; `process/start_child.ts` names it by URL.
 *
 * A child ends with its parent: the channel's end is the parent's death.
 *
 * @module
 */

import { describeError } from "./process/report.ts";
import { identity } from "./process/family.ts";
import { activeChildren, reviveInstance } from "./process/process.ts";
import type { Process } from "./process/process.ts";
import { isLeave, prepare, sayBegun } from "./process/spare_words.ts";
import { readStartRecord } from "./process/start_record.ts";
import { runWorker } from "./pool/worker.ts";
import type { Inbox } from "./pool/worker.ts";
import { flushOutput } from "./runtime/flush_output.ts";
import { runtime } from "./runtime/mod.ts";
import type { ParentLink } from "./runtime/mod.ts";
import { Decoder } from "./wire/decode.ts";
import { modulesOf } from "./wire/envelope.ts";
import { failImport, loadModules } from "./wire/functions/mod.ts";
import { calledRemotely } from "./wire/remote_error.ts";

/** How long the parent may take to read what a worker ends for. */
const LAST_WORDS_MS = 1000;
const inbox: Inbox = { deliver: () => {}, lastWords: () => Promise.resolve() };

const link = await runtime.parentChannel();
if (link === null) {
  await runtime.writeError(
    "This file is the entry point of child processes; run your own program instead\n",
  );
  runtime.exit(2);
}
runtime.onUncaught((error) => failImport(error) || void fail(error));
void readOrder(link).then((order) => order && runChild(order)).catch(fail);

/** What a child that is no worker runs. */
interface Order {
  target: (...args: unknown[]) => unknown;
  args: unknown[];
  /** Those of an instance, whose class is the target; `null` for a function. */
  fields: object | null;
  /** Ends what keeps the child alive until the target has returned. */
  release: () => void;
}

/** Reads the start record, or two; in a worker also does what it says, and returns `null`. */
async function readOrder(link: ParentLink): Promise<Order | null> {
  const { channel, thread } = link;
  const release = runtime.keepAlive();
  let parentIsAlive = true;
  // What follows the start record before a worker listens waits here: its pool may close at once.
  const early: { bytes: Uint8Array; attachments: readonly unknown[] }[] = [];
  let arrived = () => {};
  inbox.deliver = (bytes, attachments) => {
    early.push({ bytes, attachments });
    arrived();
  };
  channel.open((bytes, attachments) => inbox.deliver(bytes, attachments), () => {
    parentIsAlive = false;
    runtime.exit(1);
  });
  if (link.first !== null) early.unshift({ bytes: link.first, attachments: [] });
  link.first = null; // `link` is kept
  const nextRecord = async () => {
    if (early.length === 0) await new Promise<void>((resolve) => arrived = resolve);
    const { bytes, attachments } = early.shift()!;
    if (isLeave(bytes)) runtime.exit(0);
    const decoder = new Decoder(bytes, attachments);
    return { bytes, decoder, kind: readStartRecord(decoder, () => parentIsAlive) };
  };
  let record = await nextRecord();
  if (record.kind === "spare") {
    await prepare(channel, modulesOf(record.bytes));
    record = await nextRecord();
    await sayBegun(channel);
  }
  const { bytes, decoder, kind } = record;
  if (kind === "worker") {
    await loadModules(modulesOf(bytes)).catch(() => {});
    const working = runWorker(channel, inbox, decoder, thread); // holds on until it is told to stop
    for (const message of early) inbox.deliver(message.bytes, message.attachments);
    await working;
    return null;
  }
  await loadModules(modulesOf(bytes));
  const target = decoder.value() as Order["target"];
  const args = decoder.value() as unknown[];
  const fields = kind === "instance" ? decoder.value() as object : null;
  return { target, args, fields, release };
}

/** A function of its own, as what it sees is kept until the target returns: not the record. */
async function runChild({ target, args, fields, release }: Order): Promise<void> {
  const instance = fields && reviveInstance(target as unknown as typeof Process, fields);
  await calledRemotely(instance === null ? target : instance.run.bind(instance), true, args);
  release(); // from here on only what the target leaves open keeps the child alive
}

async function fail(error: unknown): Promise<void> {
  runtime.setExitCode(1); // Bun may end before it comes to the exit below
  const patience = new Promise<void>((resolve) => setTimeout(resolve, LAST_WORDS_MS));
  try {
    // What the user's code has made of the error, or of its output, may throw: it ends all the same.
    await Promise.allSettled([report(error), Promise.race([inbox.lastWords(error), patience])]);
    if (await waitForChildren()) await flush();
  } finally {
    runtime.exit(1);
  }
}

/** Shows an error behind what was printed before it; at once where nothing is on its way. */
async function report(error: unknown): Promise<void> {
  const flushed = flush();
  if (flushed !== null) await flushed;
  await runtime.writeError(`Process ${identity().name}:\n${describeError(error)}\n`);
}

function flush(): Promise<unknown> | null {
  return link!.thread ? null : flushOutput();
}

/**
 * Waits for its children that are no daemons, as a child that has not failed does. The daemons end
 * with the exit.
 *
 * @returns Whether there were any to wait for.
 */
async function waitForChildren(): Promise<boolean> {
  const others = activeChildren().filter((child) => !child.daemon);
  if (others.length === 0) return false;
  await Promise.all(others.map((child) => child.sentinel));
  await waitForChildren(); // what was started meanwhile
  return true;
}
