/**
 * Reads access logs of a web server, packed or not, and says which answers were given, which paths are
 * asked for most, and which requests took longest. A file is a task; a worker unpacks it piece by
 * piece, so that no file is in memory as a whole, and returns its counts. They are added up here. A
 * file that is damaged is reported, and the others count; the exit code is 1 then.
 *
 *     deno run -A examples/apps/log_analyser.ts [FILE.gz]…
 *     node examples/apps/log_analyser.ts …        bun examples/apps/log_analyser.ts …
 *
 * Lines are in the common format of Apache and nginx, if possible with the seconds at their end:
 *
 *     10.0.0.1 - - [01/Mar/2024:10:00:00 +0000] "GET /shop?item=7 HTTP/1.1" 200 5120 0.034
 *
 * Without a file it writes a few logs into a temporary folder, and removes that at the end.
 */

import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { pipeline } from "node:stream";
import { createGunzip, gzipSync } from "node:zlib";
import { Pool } from "../../mod.ts";
import { aligned } from "../helpers/report.ts";
import { seconds } from "../helpers/time.ts";

const SHOWN = 5;
const DAYS = [1, 2, 3, 4, 5, 6];
/** Requests on the first day; on the second twice as many, and so on. */
const SAMPLE = 10_000;
const LINE = /"[A-Z]+ ([^ "?]+)[^"]*" (\d{3}) (?:\d+|-)(?:.* (\d+\.\d+))?\s*$/;

/** What is in one log, or in several. */
interface Counts {
  requests: number;
  /** Lines that are no requests. */
  others: number;
  /** Milliseconds of work. */
  ms: number;
  statuses: Map<string, number>;
  paths: Map<string, number>;
  /** The slowest first, not more than are shown. */
  slowest: [seconds: number, path: string][];
}

function nothing(): Counts {
  return { requests: 0, others: 0, ms: 0, statuses: new Map(), paths: new Map(), slowest: [] };
}

/** Runs in a worker, with one file. */
export async function analyse(file: string): Promise<Counts> {
  const started = performance.now();
  const counts = nothing();
  const bytes = createReadStream(file);
  // An error of the file is one of what is unpacked from it, too: the loop throws it.
  const text = file.endsWith(".gz") ? pipeline(bytes, createGunzip(), () => {}) : bytes;
  let rest = "";
  for await (const piece of text.setEncoding("utf8")) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    for (const line of lines) count(counts, line);
  }
  if (rest !== "") count(counts, rest);
  counts.ms = performance.now() - started;
  return counts;
}

function count(counts: Counts, line: string): void {
  const match = line.match(LINE);
  if (match === null) counts.others++;
  else {
    const [, path, status, took] = match;
    counts.requests++;
    increase(counts.statuses, status, 1);
    increase(counts.paths, path, 1);
    if (took !== undefined) keepSlowest(counts.slowest, Number(took), path);
  }
}

function increase(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function keepSlowest(slowest: Counts["slowest"], took: number, path: string): void {
  if (slowest.length === SHOWN && took <= slowest[SHOWN - 1][0]) return;
  slowest.push([took, path]);
  slowest.sort(([a], [b]) => b - a).splice(SHOWN);
}

/** Adds the counts of one log to those of others. */
function merge(all: Counts, one: Counts): void {
  all.requests += one.requests;
  all.others += one.others;
  all.ms += one.ms;
  for (const [status, times] of one.statuses) increase(all.statuses, status, times);
  for (const [path, times] of one.paths) increase(all.paths, path, times);
  for (const [took, path] of one.slowest) keepSlowest(all.slowest, took, path);
}

/** Runs in a worker: writes the log of a day, the same one every time. */
export function writeSample(file: string, day: number, requests: number): void {
  let state = day;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const lines = Array.from({ length: requests }, () => {
    const status = random() < 0.95 ? 200 : random() < 0.8 ? 404 : 500;
    const path = `/page/${Math.floor(40 * random() ** 3)}?user=${Math.floor(1000 * random())}`;
    const took = (0.01 / (1 - random()) ** 0.6).toFixed(3);
    const asked = `[0${day}/Mar/2024:10:00:00 +0000] "GET ${path} HTTP/1.1"`;
    return `10.0.0.${day} - - ${asked} ${status} 99 ${took}\n`;
  });
  writeFileSync(file, gzipSync(lines.join("") + "the server was stopped\n"));
}

async function writeSamples(pool: Pool, folder: string): Promise<string[]> {
  const files = DAYS.map((day) => join(folder, `access-${day}.log.gz`));
  await pool.starmap(writeSample, DAYS.map((day, i) => [files[i], day, day * SAMPLE]));
  return files;
}

/** Analyses all files and shows the result; returns how many could not be read. */
async function analyseAll(pool: Pool, files: string[]): Promise<number> {
  const started = performance.now();
  const results = await pool.map(analyse, files, { chunkSize: 1, settle: true, progress: true });
  const all = nothing();
  results.forEach((result, i) => {
    if (result.status === "fulfilled") merge(all, result.value);
    else console.log(`${basename(files[i])} is left out: ${result.reason.message}`);
  });
  show(all);
  const took = performance.now() - started;
  console.log(aligned([["took", `${seconds(took)}, for ${seconds(all.ms)} of work`]]));
  return results.filter(({ status }) => status === "rejected").length;
}

function show({ requests, others, statuses, paths, slowest }: Counts): void {
  const busiest = [...paths].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const rows = (label: string, texts: string[]) =>
    texts.map((text, i): [string, string] => [i === 0 ? label : "", text]);
  console.log(aligned([
    ["requests", `${requests}, and ${others} other lines`],
    ...rows("statuses", [...statuses].sort().map(([status, times]) => `${status}  ${times}`)),
    ...rows("busiest", busiest.slice(0, SHOWN).map(([path, times]) => `${times}  ${path}`)),
    ...rows("slowest", slowest.map(([took, path]) => `${took.toFixed(3)} s  ${path}`)),
  ]));
}

async function main(given: string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "logs-"));
  try {
    await using pool = new Pool();
    const files = given.length > 0 ? given : await writeSamples(pool, folder);
    const failed = await analyseAll(pool, files);
    if (failed > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) await main(process.argv.slice(2));
