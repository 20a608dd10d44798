/**
 * The library on real files: compresses and hashes them, first in this process alone, then in a
 * pool with one worker per processor, and compares.
 *
 * The lesson: send names, not bytes. A task is a path and a range; the worker reads the file itself
 * and returns a few numbers, so next to nothing travels between the processes.
 *
 *     deno task demo [FOLDER]        node examples/demo.ts [FOLDER]        bun examples/demo.ts [FOLDER]
 *
 * Without a folder it takes the files of the runtime that runs it.
 */

import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { cpuCount, Pool } from "../mod.ts";
import type { WorkerStats } from "../mod.ts";
import { type Block, defaultFolder, readableBlocks } from "./helpers/blocks.ts";
import { aligned, megabytes } from "./helpers/report.ts";
import { seconds } from "./helpers/time.ts";

/** Keeps a run within some ten seconds. */
const LIMITS = { files: 400, bytes: 100e6, blockBytes: 4e6 };
/** Less work than this is done before a pool is up. */
const LITTLE_MS = 300;

/** What became of a block. */
interface Packed {
  compressed: number;
  sha256: string;
}

/** Reads a block of a file, and returns how small it gets and its hash. */
export function pack({ path, offset, length }: Block): Packed {
  const bytes = read(path, offset, length);
  return {
    compressed: gzipSync(bytes).length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
}

function read(path: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const file = openSync(path, "r");
  try {
    for (let at = 0; at < length;) {
      const count = readSync(file, bytes, at, length - at, offset + at);
      if (count === 0) throw new Error(`${path} has become shorter`);
      at += count;
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}

async function main(folder: string): Promise<void> {
  const { blocks, files, bytes, limited } = readableBlocks(folder, LIMITS);
  // Long tasks first: a worker that begins one at the very end would keep all others waiting.
  blocks.sort((a, b) => b.length - a.length);
  for (const { path, offset, length } of blocks) read(path, offset, length); // now all are cached

  console.log(aligned([
    ["folder", folder],
    ["files", `${files}${limited ? ", and more that are left out" : ""}`],
    ["bytes", `${megabytes(bytes)} in ${blocks.length} blocks`],
  ]));

  let started = performance.now();
  const alone = blocks.map(pack);
  const serial = performance.now() - started;

  started = performance.now();
  await using pool = new Pool(cpuCount());
  const together = await pool.map(pack, blocks, { progress: true });
  const parallel = performance.now() - started;

  const compressed = together.reduce((sum, one) => sum + one.compressed, 0);
  console.log(aligned([
    ["compressed", `${megabytes(compressed)}, ${(100 * compressed / bytes).toFixed(1)} %`],
    ["serial", `${seconds(serial)}, ${megabytes(bytes / serial * 1000)}/s`],
    ["parallel", `${seconds(parallel)}, ${megabytes(bytes / parallel * 1000)}/s, with its start`],
    ["speed-up", `${(serial / parallel).toFixed(2)}× with ${cpuCount()} workers`],
  ]));
  const { workers } = pool.stats();
  console.log(aligned(shares(workers)));

  const same = alone.every(({ compressed, sha256 }, index) =>
    compressed === together[index].compressed && sha256 === together[index].sha256
  );
  console.log(aligned([["results", same ? "the same in both" : "DIFFERENT"]]));
  if (!same) process.exitCode = 1;
  const note = remark(serial, workers.reduce((sum, { busyMs }) => sum + busyMs, 0));
  if (note !== null) console.log(aligned([["note", note]]));
}

function shares(workers: WorkerStats[]): [string, string][] {
  const total = workers.reduce((sum, { busyMs }) => sum + busyMs, 0);
  return workers.map(({ name, pid, tasks, busyMs }) => {
    const share = total === 0 ? 0 : busyMs / total;
    const bar = "█".repeat(Math.round(20 * share));
    const percent = `${(100 * share).toFixed(0)} %`.padStart(5);
    return [name, `${percent} ${bar} ${tasks} blocks, ${seconds(busyMs)}, pid ${pid}`];
  });
}

/** What may have spoilt the comparison. */
function remark(serial: number, busy: number): string | null {
  if (serial < LITTLE_MS) return "so little is faster alone than a pool starts";
  if (busy < 1.5 * serial) return null;
  return `the same work took ${
    (busy / serial).toFixed(1)
  }× as long in the workers: other programs ` +
    "keep the processors busy";
}

if (import.meta.main) {
  const [folder = defaultFolder(LIMITS)] = process.argv.slice(2);
  try {
    await main(folder);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
