/**
 * A pipeline: three processes work on one large file at the same time. The first reads it in pieces,
 * the second hides the last part of every address in it, the third compresses the result and writes
 * it. Between them are queues of at most four pieces: whoever is too fast waits, so that the file is
 * never in memory as a whole, however large it is.
 *
 * Each queue has one process that puts. It says with `shutdown` that this was all, and the loop of the
 * next stage is over after the last piece. When a stage fails, the parent shuts the queues down, and
 * nobody waits for it.
 *
 *     deno task example 18        node examples/18_pipeline.ts [megabytes]
 */

import { createHash } from "node:crypto";
import { closeSync, createReadStream, createWriteStream, openSync, readSync } from "node:fs";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { currentProcess, Process, Queue } from "../mod.ts";
import { timed } from "./helpers/time.ts";

const PIECE = 256 * 1024;
const AT_MOST = 4;
const MEGABYTE = 1_000_000;
const NEW_LINE = 10;

export type Pieces = Queue<Uint8Array>;

/** What a stage says of itself at its end. */
export interface Report {
  stage: string;
  pid: number;
  bytes: number;
}

export async function read(file: string, out: Pieces, reports: Queue<Report>): Promise<void> {
  let bytes = 0;
  for (const piece of piecesOf(file)) {
    await out.put(piece); // waits while four are there
    bytes += piece.length;
  }
  out.shutdown();
  await reports.put({ stage: "read", pid: currentProcess().pid!, bytes });
}

export async function hide(from: Pieces, out: Pieces, reports: Queue<Report>): Promise<void> {
  let bytes = 0;
  for await (const piece of from) {
    const hidden = hideAddresses(piece);
    await out.put(hidden);
    bytes += hidden.length;
  }
  out.shutdown();
  await reports.put({ stage: "hide", pid: currentProcess().pid!, bytes });
}

export async function compress(from: Pieces, file: string, reports: Queue<Report>): Promise<void> {
  // A queue is an async iterable, as streams are: what is slow to write is not got from it.
  await pipeline(Readable.from(from), createGzip(), createWriteStream(file));
  await reports.put({ stage: "compress", pid: currentProcess().pid!, bytes: statSync(file).size });
}

/** `10.1.2.3` becomes `10.1.2.0`. */
function hideAddresses(piece: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(piece);
  return new TextEncoder().encode(text.replace(/\b(\d+\.\d+\.\d+)\.\d+\b/g, "$1.0"));
}

/** The file in pieces that end with a line, so that no address and no letter is cut in two. */
function* piecesOf(file: string): Generator<Uint8Array> {
  const handle = openSync(file, "r");
  try {
    const buffer = new Uint8Array(PIECE);
    let left = 0;
    for (;;) {
      const end = left + readSync(handle, buffer, left, PIECE - left, null);
      if (end === 0) return;
      const line = buffer.lastIndexOf(NEW_LINE, end - 1) + 1;
      const cut = line > 0 && end === PIECE ? line : end;
      yield buffer.slice(0, cut);
      buffer.copyWithin(0, cut, end);
      left = end - cut;
    }
  } finally {
    closeSync(handle);
  }
}

function writeLog(file: string, bytes: number): void {
  let lines = "";
  for (let i = 0; lines.length < MEGABYTE; i++) {
    const address = [10, i % 7, i % 251, i * 13 % 256].join(".");
    lines += `${address} GET /page/${i * 7919 % 10_007} ${200 + i % 5} ${i * 31 % 9973} ms\n`;
  }
  writeFileSync(file, "");
  for (let size = 0; size < bytes; size += lines.length) writeFileSync(file, lines, { flag: "a" });
}

/** Runs the three stages; returns what they say. */
async function run(input: string, output: string): Promise<Report[]> {
  const [raw, hidden]: Pieces[] = [new Queue(AT_MOST), new Queue(AT_MOST)];
  const reports = new Queue<Report>();
  const stages = [
    new Process({ target: read, args: [input, raw, reports] }),
    new Process({ target: hide, args: [raw, hidden, reports] }),
    new Process({ target: compress, args: [hidden, output, reports] }),
  ];
  for (const stage of stages) stage.start();
  await Promise.all(stages.map(async (stage) => {
    if (await stage.join() !== 0) { for (const queue of [raw, hidden]) queue.shutdown(); }
  }));
  if (stages.some(({ exitCode }) => exitCode !== 0)) throw new Error("a stage has failed");
  return await Promise.all(stages.map(() => reports.get()));
}

/** Whether the file that was written holds what this process finds out by itself. */
async function isRight(input: string, output: string): Promise<boolean> {
  const expected = createHash("sha256");
  for (const piece of piecesOf(input)) expected.update(hideAddresses(piece));
  const written = createHash("sha256");
  await pipeline(createReadStream(output), createGunzip(), async (bytes) => {
    for await (const piece of bytes) written.update(piece);
  });
  return expected.digest("hex") === written.digest("hex");
}

async function main(megabytes: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "pipeline-"));
  try {
    const [input, output] = [join(folder, "requests.log"), join(folder, "requests.log.gz")];
    writeLog(input, megabytes * MEGABYTE);
    console.log(`${statSync(input).size} bytes, in pieces of ${PIECE}, pid ${process.pid}`);
    const reports = await timed("Three stages", () => run(input, output));
    for (const { stage, pid, bytes } of reports) {
      console.log(`  ${stage.padEnd(8)}  pid ${pid}  ${bytes} bytes`);
    }
    const right = await isRight(input, output);
    console.log(`Decompressed again, the hash is ${right ? "the same" : "another one"}.`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) await main(Number(process.argv[2] ?? 64));
