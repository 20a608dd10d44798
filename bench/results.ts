/**
 * What has been measured, and when: `results.json`, from which README.md and the charts are made.
 *
 * Each row has its own run. A run of some rows replaces those and leaves the others as they are.
 */

import type { ScalingPoint } from "./compare/contestant.ts";
import type { Printed } from "./program.ts";
import { BENCH_ROWS, type BenchRow, type Method } from "./rows.ts";
import type { Entrant } from "./contestants.ts";

const FILE = new URL("./results.json", import.meta.url);
const ROOT = new URL("../", import.meta.url);

/** Files that a run writes itself. */
const WRITTEN = /bench\/(README\.md|results\.json|charts\/.*\.svg)$/;

/** Somebody's figure in a row. */
export interface Figure {
  label: string;
  kind: Entrant["kind"];
  method?: Method;
  on?: string;
  /** Null when it failed; `error` says how. */
  value: number | null;
  /** Microseconds of processor time of both sides for one message, where it is measured. */
  cpu?: number;
  points?: ScalingPoint[];
  error?: string;
}

/** One call of `deno task bench`. */
export interface Run {
  command: string;
  date: string;
  commit: string;
  rounds: number;
  machine: string;
  load: string;
  versions: string[];
}

export interface MeasuredRow {
  run: string;
  figures: Figure[];
}

export interface Results {
  /** By the time at which they began. */
  runs: Record<string, Run>;
  /** By the key of the row. */
  rows: Record<string, MeasuredRow>;
}

export async function loadResults(): Promise<Results> {
  try {
    return JSON.parse(await Deno.readTextFile(FILE)) as Results;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { runs: {}, rows: {} };
    throw new Error(`${FILE.pathname} cannot be read: ${(error as Error).message}`);
  }
}

/** Puts figures in the place of the row's last ones. */
export function replaceRow(
  results: Results,
  key: string,
  id: string,
  run: Run,
  figures: Figure[],
): void {
  results.runs[id] = run;
  results.rows[key] = { run: id, figures };
}

/** Writes them down in the order of the rows, without rows and runs that are no more. */
export async function saveResults(results: Results): Promise<void> {
  const known = BENCH_ROWS.filter(({ key }) => results.rows[key] !== undefined);
  const rows = Object.fromEntries(known.map(({ key }) => [key, results.rows[key]]));
  const used = new Set(Object.values(rows).map(({ run }) => run));
  const runs = Object.fromEntries(
    Object.entries(results.runs).filter(([id]) => used.has(id)).sort(([a], [b]) => a < b ? -1 : 1),
  );
  await Deno.writeTextFile(FILE, `${JSON.stringify({ runs, rows }, null, 2)}\n`);
}

/** What stays of an entrant's samples in all rounds: the medians. */
export function figureOf(entrant: Entrant, taken: Printed[], error?: string): Figure {
  const { label, kind, method, on } = entrant;
  const who = { label, kind, ...(method && { method }), ...(on && { on }) };
  if (error !== undefined) return { ...who, value: null, error };
  const cpus = taken.flatMap(({ cpu }) => cpu === undefined ? [] : [cpu]);
  const points = taken[0].points?.map(({ workers }, index) => ({
    workers,
    rate: rounded(medianOf(taken.map((sample) => sample.points![index].rate))),
    speedUp: rounded(medianOf(taken.map((sample) => sample.points![index].speedUp))),
  }));
  return {
    ...who,
    value: rounded(medianOf(taken.map(({ value }) => value))),
    ...(cpus.length > 0 && { cpu: rounded(medianOf(cpus)) }),
    ...(points && { points }),
  };
}

/** Rows in which one of ours has no figure. */
export function failuresIn(results: Results, rows: readonly BenchRow[]): number {
  return rows.flatMap(({ key }) => results.rows[key]?.figures ?? [])
    .filter(({ kind, value }) => kind === "ours" && value === null).length;
}

/** The facts of a run that begins now. */
export async function describeRun(rounds: number, versions: string[]): Promise<Run> {
  const cpu = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const model = cpu.match(/^model name\s*: (.*)$/m)?.[1] ?? Deno.build.arch;
  const commit = (await git("rev-parse", "--short", "HEAD")).trim() || "unknown";
  const changed = (await git("--no-optional-locks", "status", "--porcelain")).split("\n")
    .some((line) => line !== "" && !WRITTEN.test(line));
  return {
    command: ["deno task bench", ...Deno.args].join(" "),
    date: new Date().toISOString().slice(0, 10),
    commit: changed ? `${commit} with changes` : commit,
    rounds,
    machine: `${navigator.hardwareConcurrency} cores, ${model}, ${Deno.build.os}`,
    load: Deno.loadavg().map((value) => value.toFixed(1)).join(" "),
    versions,
  };
}

async function git(...args: string[]): Promise<string> {
  try {
    const command = new Deno.Command("git", { args, cwd: ROOT, stderr: "null" });
    return new TextDecoder().decode((await command.output()).stdout);
  } catch {
    return "";
  }
}

function medianOf(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Five digits say all that is certain. */
function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
