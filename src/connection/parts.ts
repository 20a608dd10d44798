/**
 * Layer 7, connection. What a connection is made of: its sides of one or two channels, how they are
 * opened and closed, and how they cross to another isolate.
 *
 * @module
 */

import { dropItem, dropItems } from "../channel/items.ts";
import { SIDE } from "../channel/layout.ts";
import type { Side } from "../channel/layout.ts";
import { dropSide, isSideOpen, PASSING, sendSide } from "../channel/sides.ts";
import type { Ticket } from "../channel/sides.ts";
import type { End } from "../park/end.ts";
import { readEnd, writeEnd } from "../park/travel.ts";
import { sidePort } from "../runtime/side_port.ts";
import type { SidePort } from "../runtime/side_port.ts";
import type { WireInput, WireOutput } from "../wire/classes.ts";
import { wasMoved } from "../wire/transfer.ts";
import { have, letGo, receive } from "./hold.ts";

/** What a connection is made of. */
export interface Parts {
  readonly reader: End | null;
  readonly writer: End | null;
  /** Between threads: the way for buffers and ports. */
  readonly port: SidePort | null;
}

const READS = 1;
const WRITES = 2;
const HAS_PORT = 4;

/**
 * The number of a reference for which there was no ticket left: the sender has the side until the
 * message has been read, or will never be.
 */
const KEPT = 1;

/** Has the sides from now on. */
export function openParts(parts: Parts): void {
  for (const { end, side } of sidesOf(parts)) have(end, side);
}

/** Has them no longer. */
export function closeParts(parts: Parts): void {
  for (const { end, side } of sidesOf(parts)) close(end, side, parts.port);
  parts.port?.close();
}

/** Appends the parts of a connection, with a reference to each side. */
export function writeParts(output: WireOutput, parts: Parts): void {
  const port = output.route === "thread" && parts.port?.isHere ? parts.port.port : null;
  output.u8((parts.reader ? READS : 0) | (parts.writer ? WRITES : 0) | (port ? HAS_PORT : 0));
  for (const { end, side } of sidesOf(parts)) {
    const ticket: Ticket = [side, output.once ? PASSING : newNumber()];
    const sent = end.now(sendSide, ticket) !== 0;
    if (!sent) have(end, side);
    output.hold(() => sent ? void end.now(dropSide, ticket) : close(end, side, null));
    writeEnd(output, end);
    output.varint(sent ? ticket[1] : KEPT);
  }
  // An end can be in a message twice: its port comes twice then, and moves once.
  if (port !== null) output.varint(output.attach(port, !output.isAttached(port)));
}

/** Reads the parts of a connection, which has its sides from now on. */
export function readParts(input: WireInput): Parts {
  const flags = input.u8();
  const readSide = (side: Side): End => {
    const end = readEnd(input);
    const number = input.varint();
    if (number === KEPT) have(end, side);
    else receive(end, [side, number]);
    return end;
  };
  const reader = flags & READS ? readSide(SIDE.TAKES) : null;
  const writer = flags & WRITES ? readSide(SIDE.PUTS) : null;
  if (!(flags & HAS_PORT)) return { reader, writer, port: null };
  const port = input.attachment(input.varint());
  return { reader, writer, port: sidePort(port, wasMoved, input.timesAttached(port)) };
}

/** Has a side no longer. */
function close(end: End, side: Side, port: SidePort | null): void {
  try {
    if (!letGo(end, side) || end.block === null) return;
    if (end.now(isSideOpen, SIDE.TAKES) === 0) drop(end, side === SIDE.TAKES ? port : null);
  } catch {
    // Its owner has ended, and the pipe with it.
  }
}

/** A number that nobody else has. */
function newNumber(): number {
  return Math.max(KEPT + 1, crypto.getRandomValues(new Uint32Array(1))[0] >>> 1);
}

function* sidesOf({ reader, writer }: Parts): Generator<{ end: End; side: Side }> {
  if (reader !== null) yield { end: reader, side: SIDE.TAKES };
  if (writer !== null) yield { end: writer, side: SIDE.PUTS };
}

/** Closes the connections in messages of a socket that nobody will receive. */
export function dropMessages(messages: Iterable<Uint8Array>): void {
  for (const bytes of messages) dropItem(bytes);
}

/**
 * Closes the connections in messages that nobody will receive. Who sent them cannot read those that
 * came with objects beside them: those are at the other end of the port.
 */
export function drop(end: End, port: SidePort | null): void {
  try {
    dropItems(end, port);
  } catch {
    // Its memory cannot be mapped, or its owner has ended.
  }
}
